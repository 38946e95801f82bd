/**
 * One lane of data-parallel training: a thread with a one-thread session over its share of every batch.
 *
 * A step has two halves. Each lane computes its share's gradient; then each lane adds up all lanes' gradients over its
 * own range of the parameters, in a fixed order, and updates that range. All else is shared memory.
 */
import { updatesInPlace } from '../optimizers/in-place'
import { vectorNames } from '../optimizers/optimizer'
import { type SharedMemory, SharedVectors, type Update, width } from '../optimizers/shared-vectors'
import type { Model } from '../vlae/model'
import { Barrier } from './barrier'
import type { BatchInput, StepInput } from './engine'
import { type SessionOptions, SessionProgram } from './session'
import type { CompiledModel } from './trace/compile'

/** What all lanes of a learner share. */
export interface LanePlan {
  readonly lanes: number
  readonly batch: number
  /** Rows of the batch that a lane computes: the last lanes may have padding. */
  readonly share: number
  readonly noiseSize: number
  /** Of the loss, by name. */
  readonly parts: readonly string[]
  /** The name of the optimizer that updates in place. */
  readonly optimizer: string
  /** gradientStep for `share` rows. */
  readonly gradient: CompiledModel
  /** measuringStep for `share` rows, of a model that measures first. */
  readonly measuring: CompiledModel | null
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
  readonly images: SharedArrayBuffer
  readonly labels: SharedArrayBuffer
  readonly noise: SharedArrayBuffer
  /** The state, and each lane's gradient. */
  readonly vectors: SharedMemory
  /** The sums of all parts for each lane. */
  readonly sums: SharedArrayBuffer
}

export function createLaneMemory(
  lanes: number,
  batch: number,
  { noiseSize, parts, optimizer, layout: { size } }: Model,
): LaneMemory {
  const shared = (bytes: number) => new SharedArrayBuffer(bytes)
  return {
    barrier: shared(Barrier.bytes),
    step: shared(8 * (2 + optimizer.scalars.length)),
    partWeights: shared(4 * parts.length),
    failed: shared(4),
    images: shared(batch * 784),
    labels: shared(batch),
    noise: shared(4 * batch * noiseSize),
    vectors: SharedVectors.create(size, vectorNames(optimizer), lanes).shared,
    sums: shared(4 * parts.length * lanes),
  }
}

/** What lanes are told to do. */
const todo = { step: 0, measure: 1, end: 2 } as const

/** Writes a step where the lanes read it. @param scale of the optimizer */
export function publishStep(memory: LaneMemory, scale: readonly number[], batch: StepInput): void {
  new Float32Array(memory.partWeights).set(batch.partWeights)
  publish(memory, [todo.step, batch.count, ...scale], batch)
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
  readonly #barrier: Barrier
  readonly #step: Float64Array
  readonly #failed: Int32Array
  readonly #shared: { readonly parameters: Float32Array; readonly gradient: Float32Array }
  readonly #update: Update
  // ONNX Runtime takes no tensors over shared memory: a lane computes on copies of its own.
  readonly #inputs
  readonly #parameters: Float32Array
  readonly #gradient: Float32Array
  readonly #outputs: Record<string, Float32Array>

  private constructor(
    private readonly plan: LanePlan,
    private readonly index: number,
    private readonly program: SessionProgram,
    private readonly measuring: SessionProgram | null,
  ) {
    const { memory, share, noiseSize, parts, size, entries } = plan
    this.#barrier = new Barrier(memory.barrier, plan.lanes)
    this.#step = new Float64Array(memory.step)
    this.#failed = new Int32Array(memory.failed)
    const vectors = SharedVectors.of(memory.vectors)
    this.#shared = { parameters: vectors.state.parameters, gradient: vectors.gradients[index]! }
    this.#update = updatesInPlace[plan.optimizer]!(vectors)
    this.#parameters = new Float32Array(size)
    this.#gradient = new Float32Array(size)
    const views = (prefix: string, flat: Float32Array) =>
      entries.map(({ name, offset, size }) => [`${prefix}/${name}`, flat.subarray(offset, offset + size)] as const)
    this.#inputs = {
      ...Object.fromEntries(views('parameters', this.#parameters)),
      images: new Uint8Array(share * 784),
      labels: new Uint8Array(share),
      noise: new Float32Array(share * noiseSize),
      weights: new Float32Array(share),
      partWeights: new Float32Array(parts.length),
    }
    this.#outputs = {
      ...Object.fromEntries(views('gradients', this.#gradient)),
      sums: new Float32Array(parts.length),
    }
  }

  static async create(plan: LanePlan, index: number, options: SessionOptions = { threads: 1 }): Promise<Lane> {
    const { gradient, measuring } = plan
    const first = measuring && (await SessionProgram.create(measuring, options))
    return new Lane(plan, index, await SessionProgram.create(gradient, options), first)
  }

  /**
   * Takes part in one step, or in measuring a batch. Returns false if there is none because training ended, or was abandoned.
   * Where any lane fails none updates: the state stays that of the step before.
   * @throws what this lane failed with
   */
  async step(whileWaiting?: () => void | Promise<void>): Promise<boolean> {
    if (!(await this.#barrier.pass(whileWaiting))) return false
    const [what, count, ...scale] = this.#step as unknown as [number, number, ...number[]]
    if (what === todo.end) return false
    let failure: { error: unknown } | undefined
    try {
      await this.#compute(count, what === todo.measure)
    } catch (error) {
      // The others must not wait for ever.
      failure = { error }
      Atomics.store(this.#failed, 0, 1)
    }
    if (!(await this.#barrier.pass(whileWaiting))) return false
    if (what === todo.step && !this.failed) this.#update(scale, this.#border(this.index), this.#border(this.index + 1))
    if (!(await this.#barrier.pass(whileWaiting))) return false
    if (failure) throw failure.error
    return true
  }

  /** Whether any lane has failed. */
  get failed(): boolean {
    return Atomics.load(this.#failed, 0) !== 0
  }

  async release(): Promise<void> {
    await this.measuring?.release()
    await this.program.release()
  }

  /** This lane's share of the gradient and the sums, or of the sums only. */
  async #compute(count: number, onlySums: boolean): Promise<void> {
    const { memory, share, noiseSize, batch } = this.plan
    const { images, labels, noise, weights, partWeights } = this.#inputs
    const first = Math.min(this.index * share, batch)
    const rows = Math.max(0, Math.min(share, batch - first))
    images.set(new Uint8Array(memory.images, first * 784, rows * 784))
    labels.set(new Uint8Array(memory.labels, first, rows))
    noise.set(new Float32Array(memory.noise, 4 * first * noiseSize, rows * noiseSize))
    weights.fill(0).fill(1, 0, Math.max(0, Math.min(rows, count - first)))
    partWeights.set(new Float32Array(memory.partWeights))
    this.#parameters.set(this.#shared.parameters)
    const sums = this.#outputs['sums']!
    if (onlySums) await this.measuring!.run(this.#inputs, { sums })
    else {
      await this.program.run(this.#inputs, this.#outputs)
      this.#shared.gradient.set(this.#gradient)
    }
    new Float32Array(memory.sums, 4 * sums.length * this.index, sums.length).set(sums)
  }

  /** Where the range of the parameters that lane `index` updates begins. */
  #border(index: number): number {
    const { lanes, size } = this.plan
    return index === lanes ? size : width * Math.floor((size * index) / lanes / width)
  }
}
