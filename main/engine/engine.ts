/**
 * What an engine is: it runs plain functions over tfjs tensors, fast, for inputs of fixed shapes.
 *
 * The functions are written once (main/models); an engine may run them eagerly or compile them.
 * Nothing random happens inside: noise comes in as an input.
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import type { Model, Numbers } from '../models/model'
import type { DrawKey } from '../models/noise'
import type { LearnerState } from '../optimizers/optimizer'

export type { LearnerState }

export type DataArray = Float32Array | Int32Array | Uint8Array

/** A tensor's shape and element type. `uint8` is seen as `int32` by tfjs, and crosses as bytes. */
export interface TensorSpec {
  readonly shape: readonly number[]
  readonly dtype: 'float32' | 'int32' | 'uint8'
}

/** Tensors, or their arrays or shapes, of which these are there by their names. */
export type Named<Name extends string, T> = Readonly<Record<Name, T>>

/** A pure function over tensors of these names. Whatever it allocates beside its results is the engine's to free. */
export type TensorFunction<Input extends string = string, Output extends string = string> = (
  inputs: Named<Input, Tensor>,
) => Named<Output, Tensor>

/** A function that gives a row for each row it is given, whatever the other rows are. */
export interface RowFunction {
  /** As `Engine.prepare` has it. */
  readonly name?: string
  readonly fn: TensorFunction
  /** Inputs that all rows have in common: parameters. */
  readonly whole: Readonly<Record<string, TensorSpec>>
  /** Inputs, and so all outputs, whose first dimension is the rows. */
  readonly rows: Readonly<Record<string, TensorSpec>>
  /** Of the inputs in common, some to try it with. */
  readonly example: () => Readonly<Record<string, Float32Array>>
}

/** A function made ready for inputs of fixed shapes. */
export interface Program<Input extends string = string, Output extends string = string> {
  /**
   * Arrays are row-major and have exactly their spec's number of elements.
   * @param into arrays to write results to, by output name; outputs without one are written to fresh arrays.
   */
  run(inputs: Named<Input, DataArray>, into?: Record<string, Float32Array>): Promise<Named<Output, Float32Array>>
  release(): Promise<void>
}

export interface Engine {
  /** Stable: `onnx-cpu`, `tfjs-cpu`. */
  readonly name: string
  /** The device that really computes, for a person: `CPU, 2 lanes`. */
  readonly device: string
  /** Why it trains slower than such a device could, if so: known once there is a learner. */
  readonly problem?: Error | null
  /** @param name that no other function has, of no model: what it is compiled to may then be kept for other processes */
  prepare<Input extends string, Output extends string>(
    fn: TensorFunction<NoInfer<Input>, Output>,
    inputs: Named<Input, TensorSpec>,
    name?: string,
  ): Promise<Program<Input, Output>>
  /** The same, where that can be computed faster if each row is known to be computed by itself. */
  prepareRows?(fn: RowFunction): Promise<Program>
  /** Makes ready to train; see Learner. */
  learner(options: LearnerOptions): Promise<Learner>
}

/** What a device is called besides where it is: if it computes with the app's own kernels, or a step as one graph. */
export const withKernels = ', kernels'
export const asOneGraph = ', as one graph'

/**
 * Version of the order in which the CPU's engine adds numbers up: one more whenever final weights are made anew
 * (test/fixtures/final-weights.json), since runs of before then go on with other last digits.
 */
export const arithmetic = 1

/** What computes a run, as its file has it. */
export interface Computing extends Pick<Engine, 'name' | 'device'> {
  readonly versions: Readonly<Record<string, string>>
}

/** The versions on which an engine's last digits depend, as run.json names them, and what they are called. */
const decisive: readonly (readonly [engines: RegExp, version: string, title: string])[] = [
  [/^onnx-/, 'onnxruntime', 'ONNX Runtime'],
  [/^onnx-cpu$/, 'arithmetic', 'arithmetic'],
  [/^tfjs-/, 'tfjs', 'TensorFlow.js'],
]

/** What gives a run other bits from now on for the same settings, in words for before and now; null if nothing does. */
export function otherBits(before: Computing, now: Computing): { readonly before: string; readonly now: string } | null {
  const versions = decisive.filter(
    ([engines, version]) => engines.test(now.name) && before.versions[version] !== now.versions[version],
  )
  const isAlike = [withKernels, asOneGraph].every((way) => before.device.includes(way) === now.device.includes(way))
  if (before.name === now.name && isAlike && versions.length === 0) return null
  const inWords = ({ name, device, versions: its }: Computing) =>
    `${name} (${[device, ...versions.map(([, version, title]) => `${title} ${its[version] ?? 'of before'}`)].join(', ')})`
  return { before: inWords(before), now: inWords(now) }
}

export interface LearnerOptions {
  readonly model: Model
  /** Images a step, the most that a StepInput holds. */
  readonly batch: number
  readonly lanes: number
}

/** One batch. Arrays hold `batch` rows; rows from `count` on are padding and count for nothing. */
export interface BatchInput {
  /** [batch, 784], grey levels 0–255. */
  readonly images: Uint8Array
  /** [batch], 0–9. */
  readonly labels: Uint8Array
  /** [batch, model.noiseSize], standard normal. */
  readonly noise: Float32Array
  readonly count: number
  /**
   * Where it is there, the noise is not drawn yet, nor are binary images of the grey ones: by `drawRows` with this key. Only
   * for a learner that draws.
   */
  readonly undrawn?: DrawKey
  readonly learningRate: number
  /** Steps that the optimizer's vectors have seen, this one included: from 1. */
  readonly step: number
}

/** A batch with how much each of the model's parts counts in what is minimised, in their order. */
export interface WeighedInput extends BatchInput {
  readonly partWeights: readonly number[]
}

export interface StepInput extends BatchInput {
  /** The weights, or what gives them of the whole batch's sums: of the parts, at least, that the model has `measuredFirst`. */
  readonly partWeights: readonly number[] | ((sums: StepSums) => readonly number[])
}

/** The model's parts by name, in their order: sums over the batch's images, nats. */
export type StepSums = Numbers

/**
 * Owns the parameters and the optimizer's state while a run trains.
 * A step goes down the gradient of the sum over the batch of the parts, each times its weight.
 */
export interface Learner {
  /** Whether batches may come undrawn. */
  readonly draws?: true
  load(state: LearnerState): void
  /**
   * Begins a step that will be asked for next, where that can be done. Until `step` is called with this very input all is
   * as if nothing had been begun.
   */
  ahead?(input: StepInput): void
  step(input: StepInput): Promise<StepSums>
  /** A copy of the state after the last step; from a device it takes a moment. */
  state(): Promise<LearnerState>
  release(): Promise<void>
}
