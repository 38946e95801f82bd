/** All tensors of a bound learner, where they are computed and the same numbers here. */
import { pairs } from '../../../preload/present'
import { entryOf, mapped } from '../../optimizers/named'
import { vectorNames } from '../../optimizers/optimizer'
import type { DataArray, LearnerOptions, LearnerState, TensorSpec } from '../engine'
import { prefixedViews, type StepFunction, updateStep } from '../step'
import { sizeOf } from '../trace/graph'
import type { Located } from './bound-session'
import type { Block, Place } from './place'

type Model = LearnerOptions['model']
type ParameterLayout = Model['layout']

/** One of the two states. */
export type Side = 0 | 1

interface Vector {
  readonly block: Block
  /** Its numbers here. */
  readonly array: Float32Array
}

/** By the names of a step function. */
export interface Tensors {
  readonly inputs: Readonly<Record<string, Located>>
  readonly outputs: Readonly<Record<string, Located>>
}

export class BoundMemory {
  /** Of its vectors: each parameter at such a place that kernels can read it in whole vectors of numbers. */
  readonly layout: ParameterLayout
  readonly sums: Vector
  /** What is given of a batch, with the numbers of the step. */
  readonly given: { readonly block: Block; readonly arrays: Readonly<Record<string, DataArray>> }
  private readonly states: readonly [Record<string, Vector>, Record<string, Vector>]
  private readonly gradients: Vector

  /** @param gradient `gradientStep` */
  constructor(
    place: Place,
    private readonly model: Model,
    gradient: StepFunction,
  ) {
    this.layout = spaced(model.layout)
    const vector = (size: number): Vector => {
      const block = place.block(4 * size)
      return { block, array: new Float32Array(block.here) }
    }
    const state = () =>
      Object.fromEntries(vectorNames(model.optimizer).map((name) => [name, vector(this.layout.size)] as const))
    this.states = [state(), state()]
    this.gradients = vector(this.layout.size)
    this.sums = vector(model.parts.length)
    const isGiven = ([name]: readonly [string, TensorSpec]) => !name.startsWith('parameters/')
    const isScale = ([name]: readonly [string, TensorSpec]) => name.startsWith('scale/')
    this.given = together(place, [
      ...Object.entries(gradient.inputs).filter(isGiven),
      ...Object.entries(updateStep(model, 1).inputs).filter(isScale),
    ])
  }

  /** Of gradientStep. */
  gradient(side: Side): Tensors {
    const parameters = entryOf(this.states[side], 'parameters')
    return {
      inputs: { ...this.inputs(), ...this.apart('parameters', parameters) },
      outputs: { ...this.apart('gradients', this.gradients), sums: all(this.sums) },
    }
  }

  /** Of updateStep, from one side to the other. */
  update(side: Side): Tensors {
    const [from, to] = [this.states[side], this.states[side === 0 ? 1 : 0]]
    return {
      inputs: { ...this.inputs(), ...mapped(from, all), gradients: all(this.gradients) },
      outputs: mapped(to, all),
    }
  }

  /** Begins to bring a state there. */
  write(side: Side, state: LearnerState): void {
    for (const [name, { block, array }] of Object.entries(this.states[side])) {
      for (const [to, from] of this.pairs(array, entryOf(state, name))) to.set(from)
      block.upload()
    }
  }

  /** Begins to bring a state here. @returns what gives a copy of it, once it is done */
  read(side: Side): () => LearnerState {
    const vectors = this.states[side]
    for (const { block } of Object.values(vectors)) block.download()
    return () =>
      mapped(vectors, ({ array }) => {
        const copy = new Float32Array(this.model.layout.size)
        for (const [from, to] of this.pairs(array, copy)) to.set(from)
        return copy
      }) as LearnerState & { parameters: Float32Array }
  }

  private inputs(): Record<string, Located> {
    return mapped(this.given.arrays, (array) => this.given.block.at(array))
  }

  /** A tensor for each parameter's part of a vector. */
  private apart(prefix: string, { block, array }: Vector): Record<string, Located> {
    return mapped(prefixedViews(prefix, array, this), (part) => block.at(part))
  }

  /** Of each parameter, its numbers in a vector of this layout, and in one of the model's. */
  private pairs(own: Float32Array, flat: Float32Array): [Float32Array, Float32Array][] {
    return pairs(this.layout.entries, this.model.layout.entries).map(([{ offset: at }, { offset, size }]) => [
      own.subarray(at, at + size),
      flat.subarray(offset, offset + size),
    ])
  }
}

function all({ block, array }: Vector): Located {
  return block.at(array)
}

/** Arrays one behind the other in one block. */
function together(place: Place, specs: readonly (readonly [string, TensorSpec])[]): BoundMemory['given'] {
  let bytes = 0
  const places = specs.map(([name, { shape, dtype }]) => {
    const [offset, length] = [bytes, sizeOf(shape)]
    bytes += whole((dtype === 'uint8' ? 1 : 4) * length)
    return [name, (memory: SharedArrayBuffer) => over[dtype](memory, offset, length)] as const
  })
  const block = place.block(bytes)
  return { block, arrays: Object.fromEntries(places.map(([name, array]) => [name, array(block.here)])) }
}

/** Arrays over memory. */
const over: Record<TensorSpec['dtype'], (...where: [SharedArrayBuffer, number, number]) => DataArray> = {
  float32: (...where) => new Float32Array(...where),
  int32: (...where) => new Int32Array(...where),
  uint8: (...where) => new Uint8Array(...where),
}

/** Bytes, rounded up to what CUDA aligns its own memory to. */
function whole(bytes: number): number {
  return 256 * Math.ceil(bytes / 256)
}

/** The same parameters, each at such a place. What lies between them is 0, as are its gradient and what is kept of it. */
function spaced({ entries }: ParameterLayout): ParameterLayout {
  let size = 0
  const apart = entries.map((entry) => {
    const offset = size
    size += whole(4 * entry.size) / 4
    return { ...entry, offset }
  })
  return { entries: apart, size }
}
