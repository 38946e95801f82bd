/**
 * One lane of data-parallel training: a thread with a one-thread session over its share of every batch.
 *
 * A step has two halves. Each lane computes its share's gradient; then each lane adds up all lanes' gradients over its
 * own range of the parameters, in a fixed order, and updates that range. All else is shared memory.
 */
import { imageSize } from '../../../preload/images'
import type { Model } from '../../models/model'
import { updatesInPlace } from '../../optimizers/in-place'
import { entryOf } from '../../optimizers/named'
import { vectorNames } from '../../optimizers/optimizer'
import { type SharedMemory, SharedVectors, type Update, width } from '../../optimizers/shared-vectors'
import type { BatchInput, StepInput } from '../engine'
import { bindSession, type BoundSession } from '../onnx/bound-session'
import type { CompiledModel, CompiledParts } from '../trace/compile'
import { sizeOf } from '../trace/graph'
import { Barrier } from './barrier'

/** Floats. */
const cacheLine = 16

/** What all lanes of a learner share. */
export interface LanePlan {
  readonly lanes: number
  readonly batch: number
  /** Rows of the batch that a lane computes: the last lanes may have padding. */
  readonly share: number
  readonly noiseSize: number
  /** Of the loss, by name; and those of them that are measured before a step. */
  readonly parts: readonly string[]
  readonly measured: readonly string[]
  /** The name of the optimizer that updates in place. */
  readonly optimizer: string
  /** gradientStep for `share` rows; where there is something to measure, in two parts, the first of which does that. */
  readonly gradient: CompiledModel | CompiledParts
  /** Where each parameter lies in the flat vectors. */
  readonly entries: readonly { readonly name: string; readonly offset: number; readonly size: number }[]
  readonly size: number
  readonly memory: LaneMemory
}

/** All of it is the same memory in every thread. */
export interface LaneMemory {
  readonly barrier: SharedArrayBuffer
  /** What to do (see `todo`), the count of images, and the optimizer's numbers of the step. */
  readonly step: SharedArrayBuffer
  /** How much each part of the loss counts in it. */
  readonly partWeights: SharedArrayBuffer
  /** Not 0 once a lane could not compute its gradient. */
  readonly failed: SharedArrayBuffer
  /** Of all lanes' shares, as are the labels and the noise: behind the batch are rows that count for nothing. */
  readonly images: SharedArrayBuffer
  readonly labels: SharedArrayBuffer
  readonly noise: SharedArrayBuffer
  /** The state, and each lane's gradient. */
  readonly vectors: SharedMemory
  /** The sums of all parts for each lane, or of those that are measured, at the places of the first ones. */
  readonly sums: SharedArrayBuffer
}

export function createLaneMemory(
  lanes: number,
  batch: number,
  { noiseSize, parts, optimizer, layout: { size } }: Model,
): LaneMemory {
  const shared = (bytes: number) => new SharedArrayBuffer(bytes)
  const rows = lanes * Math.ceil(batch / lanes)
  return {
    barrier: shared(Barrier.bytes),
    step: shared(8 * (2 + optimizer.scalars.length)),
    partWeights: shared(4 * parts.length),
    failed: shared(4),
    images: shared(rows * imageSize),
    labels: shared(rows),
    noise: shared(4 * rows * noiseSize),
    vectors: SharedVectors.create(size, vectorNames(optimizer), lanes).shared,
    sums: shared(4 * parts.length * lanes),
  }
}

/** What lanes are told to do; `goOn`: a step from where measuring its batch has come to. */
const todo = { step: 0, measure: 1, goOn: 2, end: 3 } as const
type Todo = (typeof todo)[keyof typeof todo]

/** Writes a step where the lanes read it. @param scale of the optimizer */
export function publishStep(memory: LaneMemory, scale: readonly number[], batch: StepInput): void {
  new Float32Array(memory.partWeights).set(batch.partWeights)
  publish(memory, [todo.step, batch.count, ...scale], batch)
}

/** The same where the lanes have just measured the batch: it is there already, and part of the work done. */
export function publishGoingOn(memory: LaneMemory, scale: readonly number[], batch: StepInput): void {
  new Float32Array(memory.partWeights).set(batch.partWeights)
  new Float64Array(memory.step).set([todo.goOn, batch.count, ...scale])
}

/** The same for a batch that is only measured. */
export function publishMeasure(memory: LaneMemory, batch: BatchInput): void {
  publish(memory, [todo.measure, batch.count], batch)
}

function publish(memory: LaneMemory, numbers: readonly number[], batch: BatchInput): void {
  new Float64Array(memory.step).set(numbers)
  new Uint8Array(memory.images).set(batch.images)
  new Uint8Array(memory.labels).set(batch.labels)
  new Float32Array(memory.noise).set(batch.noise)
}

/** Tells the lanes that no step follows. */
export function publishEnd(memory: LaneMemory): void {
  new Float64Array(memory.step)[0] = todo.end
}

export class Lane {
  private readonly barrier: Barrier
  private readonly published: Float64Array
  private readonly failures: Int32Array
  private readonly update: Update
  private readonly weights: Float32Array

  private constructor(
    private readonly plan: LanePlan,
    private readonly index: number,
    weights: Float32Array,
    /** What is done first, where something is measured; and all else. */
    private readonly measuring: BoundSession | null,
    private readonly gradient: BoundSession,
  ) {
    const { memory } = plan
    this.barrier = new Barrier(memory.barrier, plan.lanes)
    this.published = new Float64Array(memory.step)
    this.failures = new Int32Array(memory.failed)
    this.update = entryOf(updatesInPlace, plan.optimizer)(SharedVectors.of(memory.vectors))
    this.weights = weights
  }

  static async create(plan: LanePlan, index: number): Promise<Lane> {
    const { memory, share, noiseSize, parts, measured, entries } = plan
    const vectors = SharedVectors.of(memory.vectors)
    const views = (prefix: string, flat: Float32Array) =>
      entries.map(({ name, offset, size }) => [`${prefix}/${name}`, flat.subarray(offset, offset + size)] as const)
    const weights = sharedFloats(share)
    const first = index * share
    const inputs = {
      ...Object.fromEntries(views('parameters', vectors.state.parameters)),
      images: new Uint8Array(memory.images, first * imageSize, share * imageSize),
      labels: new Uint8Array(memory.labels, first, share),
      noise: new Float32Array(memory.noise, 4 * first * noiseSize, share * noiseSize),
      weights,
      partWeights: new Float32Array(memory.partWeights),
    }
    const sums = new Float32Array(memory.sums, 4 * parts.length * index, parts.length)
    const gradient = Object.fromEntries(views('gradients', vectors.gradient(index)))
    if (!('kept' in plan.gradient)) {
      const whole = await bindSession(plan.gradient, inputs, { ...gradient, sums })
      return new Lane(plan, index, weights, null, whole)
    }
    const { first: before, rest, kept } = plan.gradient
    const between = sharedTogether(kept)
    const measuring = await bindSession(before, inputs, { ...between, measured: sums.subarray(0, measured.length) })
    return new Lane(plan, index, weights, measuring, await bindSession(rest, { ...inputs, ...between }, { ...gradient, sums })) // prettier-ignore
  }

  /**
   * Takes part in one step, or in measuring a batch. Returns false if there is none because training ended, or was abandoned.
   * Where any lane fails none updates: the state stays that of the step before.
   * @throws what this lane failed with
   */
  async step(whileWaiting?: () => void | Promise<void>): Promise<boolean> {
    if (!(await this.barrier.pass(whileWaiting))) return false
    const [what, count, ...scale] = this.published as unknown as [Todo, number, ...number[]]
    if (what === todo.end) return false
    let failure: { error: unknown } | undefined
    try {
      await this.compute(count, what)
    } catch (error) {
      // The others must not wait for ever.
      failure = { error }
      Atomics.store(this.failures, 0, 1)
    }
    if (!(await this.barrier.pass(whileWaiting))) return false
    if (what !== todo.measure && !this.failed) this.update(scale, this.border(this.index), this.border(this.index + 1))
    if (!(await this.barrier.pass(whileWaiting))) return false
    if (failure) throw failure.error
    return true
  }

  /** Whether any lane has failed. */
  get failed(): boolean {
    return Atomics.load(this.failures, 0) !== 0
  }

  async release(): Promise<void> {
    await this.measuring?.release()
    await this.gradient.release()
  }

  /** This lane's share of what is measured, of the gradient and the sums, or of both. */
  private async compute(count: number, what: Todo): Promise<void> {
    this.weights.fill(0).fill(1, 0, Math.max(0, Math.min(this.plan.share, count - this.index * this.plan.share)))
    if (what !== todo.goOn) await this.measuring?.run()
    if (what !== todo.measure) await this.gradient.run()
  }

  /** Where the range of the parameters that lane `index` updates begins. */
  private border(index: number): number {
    const { lanes, size } = this.plan
    return index === lanes ? size : width * Math.floor((size * index) / lanes / width)
  }
}

/** Arrays of these shapes in one memory, each where a cache line begins. */
export function sharedTogether(shapes: Readonly<Record<string, readonly number[]>>): Record<string, Float32Array> {
  let size = 0
  const places = Object.entries(shapes).map(([name, shape]) => {
    const [begin, length] = [size, sizeOf(shape)]
    size += cacheLine * Math.ceil(length / cacheLine)
    return { name, begin, end: begin + length }
  })
  const all = sharedFloats(size)
  return Object.fromEntries(places.map(({ name, begin, end }) => [name, all.subarray(begin, end)]))
}

/** Zeros in memory that never moves. */
function sharedFloats(size: number): Float32Array {
  return new Float32Array(new SharedArrayBuffer(4 * size))
}
