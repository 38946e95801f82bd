/**
 * One lane of data-parallel training: a thread with a one-thread session over its share of every batch.
 *
 * A step has two halves. Each lane draws what is random in its share, and computes its gradient; then each lane adds up all lanes' gradients over its
 * own range of the parameters, in a fixed order, and updates that range. All else is shared memory.
 */
import { imageSize } from '../../../preload/images'
import { present } from '../../../preload/present'
import { type DrawKey, type Drawn, drawRows } from '../../models/noise'
import { updatesInPlace } from '../../optimizers/in-place'
import { entryOf } from '../../optimizers/named'
import { SharedVectors, type Update, width } from '../../optimizers/shared-vectors'
import type { BatchInput, DataArray, WeighedInput } from '../engine'
import { bindPlan } from '../onnx/bound-plan'
import { bindSession, type BoundSession } from '../onnx/bound-session'
import { sizeOf } from '../trace/graph'
import { Barrier } from './barrier'
import type { LaneGradient } from './gradient'
import { batchArrays, type LaneMemory, type LaneSizes } from './lane-memory'

/** What all lanes of a learner know. */
export interface LanePlan extends LaneSizes {
  /** Those of the loss' parts that are measured before a step. */
  readonly measured: readonly string[]
  readonly drawn: Drawn
  /** The name of the optimizer that updates in place. */
  readonly optimizer: string
  /** gradientStep for `share` rows. */
  readonly gradient: LaneGradient
  /** Where each parameter lies in the flat vectors. */
  readonly entries: readonly { readonly name: string; readonly offset: number; readonly size: number }[]
  readonly size: number
  readonly memory: LaneMemory
}

/** What lanes are told to do; `goOn`: a step from where measuring its batch has come to. */
const todo = { step: 0, measure: 1, goOn: 2, end: 3 } as const
type Todo = (typeof todo)[keyof typeof todo]

/** What lies in `LaneMemory.step`: what to do, a batch's count, whether it is to be drawn, of what; the optimizer's numbers. */
type Published = [what: Todo, count: number, undrawn: number, seed: number, step: number, ...scale: number[]]

function published(what: Todo, { count, undrawn }: BatchInput, scale: readonly number[] = []): Published {
  return [what, count, undrawn ? 1 : 0, undrawn?.seed ?? 0, undrawn?.step ?? 0, ...scale]
}

/** Writes a step where the lanes read it. @param scale of the optimizer */
export function publishStep(plan: LanePlan, scale: readonly number[], batch: WeighedInput): void {
  batchArrays(plan.memory, plan).partWeights.set(batch.partWeights)
  publish(plan, published(todo.step, batch, scale), batch)
}

/** The same where the lanes have just measured the batch: it is there already, and part of the work done. */
export function publishGoingOn(plan: LanePlan, scale: readonly number[], batch: WeighedInput): void {
  batchArrays(plan.memory, plan).partWeights.set(batch.partWeights)
  new Float64Array(plan.memory.step).set(published(todo.goOn, batch, scale))
}

/** The same for a batch that is only measured. */
export function publishMeasure(plan: LanePlan, batch: BatchInput): void {
  publish(plan, published(todo.measure, batch), batch)
}

function publish(plan: LanePlan, numbers: Published, batch: BatchInput): void {
  const { images, labels, noise } = batchArrays(plan.memory, plan)
  new Float64Array(plan.memory.step).set(numbers)
  images.set(batch.images)
  labels.set(batch.labels)
  if (!batch.undrawn) noise.set(batch.noise)
}

/** Tells the lanes that no step follows. */
export function publishEnd({ memory }: LanePlan): void {
  new Float64Array(memory.step)[0] = todo.end
}

/** What a lane computes, bound to where it lies. */
export interface BoundGradient {
  /** What is done first, where something is measured; and all else. */
  readonly measuring: BoundSession | null
  readonly rest: BoundSession
  /** The lane's share of the batch. */
  readonly rows: { readonly images: Uint8Array; readonly noise: Float32Array }
  /** 1 for each image of the lane's share, and 0 for padding. */
  readonly weights: Float32Array
}

/** Plans are followed, or the graphs computed; `graphs once`: once or twice, to compare. */
type How = 'plans' | 'graphs' | 'graphs once'

export async function bindGradient(plan: LanePlan, index: number, how: How): Promise<BoundGradient> {
  const { share, noiseSize, parts, measured, entries } = plan
  const { vectors: shared, places } = plan.memory
  const { models, plans, kept } = plan.gradient
  const own = present(places.lanes[index], `memory of lane ${index}`)
  const { memory } = shared
  const vectors = SharedVectors.of(shared)
  const batch = batchArrays(plan.memory, plan)
  const views = (prefix: string, flat: Float32Array) =>
    entries.map(({ name, offset, size }) => [`${prefix}/${name}`, flat.subarray(offset, offset + size)] as const)
  const rows = <T extends DataArray>(all: T, width: number) =>
    all.subarray(index * share * width, (index + 1) * share * width) as T
  const weights = new Float32Array(memory.buffer, own.weights, share)
  const drawn = { images: rows(batch.images, imageSize), noise: rows(batch.noise, noiseSize) }
  const inputs = {
    ...Object.fromEntries(views('parameters', vectors.state.parameters)),
    ...drawn,
    labels: rows(batch.labels, 1),
    weights,
    partWeights: batch.partWeights,
  }
  const sums = batch.sums.subarray(index * parts.length, (index + 1) * parts.length)
  const gradient = { ...Object.fromEntries(views('gradients', vectors.gradient(index))), sums }
  const bind = (part: number, inputs: Record<string, DataArray>, outputs: Record<string, Float32Array>) =>
    how === 'plans'
      ? bindPlan(present(plans[part], 'plan'), { memory, own: present(own.plans[part], 'memory'), inputs, outputs })
      : bindSession(present(models[part], 'model'), inputs, outputs, how === 'graphs once')
  if (models.length === 1) return { measuring: null, rest: await bind(0, inputs, gradient), rows: drawn, weights }
  const between = Object.fromEntries(
    Object.entries(kept).map(([name, shape]) => [
      name,
      new Float32Array(memory.buffer, entryOf(own.between, name), sizeOf(shape)),
    ]),
  )
  const measuring = await bind(0, inputs, { ...between, measured: sums.subarray(0, measured.length) })
  return { measuring, rest: await bind(1, { ...inputs, ...between }, gradient), rows: drawn, weights }
}

/** How all lanes compute. */
function usual({ gradient }: LanePlan): How {
  return gradient.plans.length > 0 ? 'plans' : 'graphs'
}

export async function releaseGradient({ measuring, rest }: BoundGradient): Promise<void> {
  await measuring?.release()
  await rest.release()
}

/** Writes which rows of a lane's share are images of a batch of so many. */
export function weigh(weights: Float32Array, first: number, count: number): void {
  weights.fill(0).fill(1, 0, Math.max(0, Math.min(weights.length, count - first)))
}

export class Lane {
  private readonly barrier: Barrier
  private readonly published: Float64Array
  private readonly failures: Int32Array
  private readonly update: Update

  private constructor(
    private readonly plan: LanePlan,
    private readonly index: number,
    private readonly gradient: BoundGradient,
  ) {
    const { memory } = plan
    this.barrier = new Barrier(memory.barrier, plan.lanes)
    this.published = new Float64Array(memory.step)
    this.failures = new Int32Array(memory.failed)
    this.update = entryOf(updatesInPlace, plan.optimizer)(SharedVectors.of(memory.vectors))
  }

  /** @param gradient what it computes with, if that is bound already */
  static async create(plan: LanePlan, index: number, gradient?: BoundGradient): Promise<Lane> {
    return new Lane(plan, index, gradient ?? (await bindGradient(plan, index, usual(plan))))
  }

  /**
   * Takes part in one step, or in measuring a batch. Returns false if there is none because training ended, or was abandoned.
   * Where any lane fails none updates: the state stays that of the step before.
   * @throws what this lane failed with
   */
  async step(whileWaiting?: () => void | Promise<void>): Promise<boolean> {
    if (!(await this.barrier.pass(whileWaiting))) return false
    const [what, count, undrawn, seed, step, ...scale] = this.published as unknown as Published
    if (what === todo.end) return false
    let failure: { error: unknown } | undefined
    try {
      if (undrawn !== 0 && what !== todo.goOn) this.draw(count, { seed, step })
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
    await releaseGradient(this.gradient)
  }

  /** What is random in this lane's share. Padding has none. */
  private draw(count: number, key: DrawKey): void {
    const { share, drawn } = this.plan
    const first = this.index * share
    drawRows(this.gradient.rows, drawn, key, Math.max(0, Math.min(share, count - first)), first)
  }

  /** This lane's share of what is measured, of the gradient and the sums, or of both. */
  private async compute(count: number, what: Todo): Promise<void> {
    const { measuring, rest, weights } = this.gradient
    weigh(weights, this.index * this.plan.share, count)
    if (what !== todo.goOn) await measuring?.run()
    if (what !== todo.measure) await rest.run()
  }

  /** Where the range of the parameters that lane `index` updates begins. */
  private border(index: number): number {
    const { lanes, size } = this.plan
    return index === lanes ? size : width * Math.floor((size * index) / lanes / width)
  }
}
