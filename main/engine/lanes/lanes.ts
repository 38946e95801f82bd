/** Data-parallel training on the CPU: the learner that owns the lanes, itself the first of them. */
import { setImmediate } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { AppError } from '../../../preload/errors'
import { refusalOf } from '../../../preload/refusals.mjs'
import type { Model } from '../../models/model'
import { copyInto, copyOf, type Optimizer } from '../../optimizers/optimizer'
import { SharedVectors } from '../../optimizers/shared-vectors'
import type { Learner, LearnerOptions, LearnerState, StepInput, StepSums } from '../engine'
import { whyUnplanned } from '../onnx/bound-plan'
import { givenBack } from '../onnx/bound-session'
import { Barrier } from './barrier'
import { compileGradient, type LaneGradient } from './gradient'
import { kept } from './kept'
import type { LaneData, LaneMessage } from './lane'
import { batchArrays, createLaneMemory, type LaneMemory, type LaneSizes } from './lane-memory'
import { Lane, type LanePlan, publishEnd, publishGoingOn, publishMeasure, publishStep } from './lane-work'
import { trusted } from './trust'

export class LaneLearner implements Learner {
  readonly draws = true
  private readonly vectors: LearnerState
  private failure: Error | undefined
  /** What the lanes do now. */
  private running: Promise<unknown> = Promise.resolve()
  private released: Promise<void> | undefined

  private constructor(
    private readonly plan: LanePlan,
    private readonly optimizer: Optimizer,
    private readonly lane: Lane,
    private readonly threads: readonly LaneThread[],
  ) {
    this.vectors = SharedVectors.of(plan.memory.vectors).state
    for (const { failure } of threads) void failure.then((error) => (this.failure ??= error))
  }

  /** @throws AppError `engine/lane-failed` if a lane cannot be made, or `system/…` where the system refuses what it needs */
  static async create({ model, batch, lanes }: LearnerOptions): Promise<LaneLearner> {
    const { size, entries } = model.layout
    const share = Math.ceil(batch / lanes)
    const sizes = { lanes, batch, share, noiseSize: model.noiseSize, parts: model.parts }
    const planned = (await whyUnplanned()) === null
    const compiled = await kept(`${model.name}: gradient`, { share, planned }, () =>
      compileGradient(model, share, planned),
    )
    const { gradient, memory } = withMemory(sizes, model, compiled)
    let plan: LanePlan = {
      ...sizes,
      measured: model.measuredFirst,
      drawn: { images: model.images, noiseSize: model.noiseSize, noiseUniforms: model.noiseUniforms ?? 0 },
      optimizer: model.optimizer.name,
      gradient,
      entries: entries.map(({ name, offset, size }) => ({ name, offset, size })),
      size,
      memory,
    }
    const threads: LaneThread[] = []
    let created: Promise<Lane> | undefined
    try {
      const { gradient, first } = await trusted(model, plan)
      plan = { ...plan, gradient }
      created = Lane.create(plan, 0, first)
      // the system may refuse a thread
      while (threads.length < lanes - 1) threads.push(startThread({ plan, index: threads.length + 1 }))
      const [lane] = await Promise.all([created, ...threads.map(({ ready }) => ready)])
      return new LaneLearner(plan, model.optimizer, lane, threads)
    } catch (error) {
      abandon(plan)
      await ends(threads)
      await created?.then((lane) => lane.release()).catch(() => {})
      throw laneFailed(error)
    }
  }

  /** Whether the lanes follow plans; they compute the graphs as they are otherwise. */
  get planned(): boolean {
    return this.plan.gradient.plans.length > 0
  }

  load(state: LearnerState): void {
    copyInto(this.vectors, state)
  }

  async step(input: StepInput): Promise<StepSums> {
    const scale = this.optimizer.scale(input.learningRate, input.step, input.count)
    const { plan } = this
    const { partWeights, ...batch } = input
    if (typeof partWeights !== 'function')
      return this.take(plan.parts, () => publishStep(plan, scale, { ...batch, partWeights }))
    // what is found to measure it is part of the step's work
    const measured = await this.take(plan.measured, () => publishMeasure(plan, batch))
    return this.take(plan.parts, () => publishGoingOn(plan, scale, { ...batch, partWeights: partWeights(measured) }))
  }

  /** All lanes do what is published, after what they do now. */
  private take(names: readonly string[], publish: () => void): Promise<StepSums> {
    if (this.released) return Promise.reject(givenBack())
    const found = this.running.then(() => this.compute(names, publish))
    this.running = found.catch(() => undefined)
    return found
  }

  /** The sums of these parts that each lane found, added up. */
  private async compute(names: readonly string[], publish: () => void): Promise<StepSums> {
    const { parts } = this.plan
    await this.listen()
    publish()
    try {
      await this.lane.step(() => this.listen())
    } catch (error) {
      this.failure ??= asError(error)
    }
    if (this.lane.failed) this.failure ??= await Promise.race(this.threads.map(({ failure }) => failure))
    this.check()
    // a row for each lane
    const { sums } = batchArrays(this.plan.memory, this.plan)
    const total = (part: number) => sums.filter((_, at) => at % parts.length === part).reduce((a, b) => a + b, 0)
    return Object.fromEntries(names.map((name, part) => [name, total(part)]))
  }

  async state(): Promise<LearnerState> {
    return copyOf(this.vectors)
  }

  /** After what the lanes do now. */
  async release(): Promise<void> {
    await (this.released ??= this.end())
  }

  private async end(): Promise<void> {
    await this.running
    publishEnd(this.plan)
    try {
      this.check()
      await this.lane.step(() => this.listen())
    } catch {
      // The others wait for a lane that is no more.
      abandon(this.plan)
    }
    await ends(this.threads)
    await this.lane.release()
  }

  /** Lets what others have said to this thread arrive: it would compute, or wait for a lane, without a pause. */
  private async listen(): Promise<void> {
    await setImmediate()
    this.check()
  }

  /** @throws AppError if a lane has failed */
  private check(): void {
    if (this.failure !== undefined) throw laneFailed(this.failure)
  }
}

/**
 * The lanes' memory; where there is none that has room for plans of calls, without these.
 * @throws AppError if there is not even memory for that
 */
function withMemory(
  sizes: LaneSizes,
  model: Model,
  gradient: LaneGradient,
): { gradient: LaneGradient; memory: LaneMemory } {
  try {
    return { gradient, memory: createLaneMemory(sizes, model, gradient) }
  } catch (error) {
    if (!(error instanceof RangeError) || gradient.plans.length === 0) throw laneFailed(error)
    return withMemory(sizes, model, { ...gradient, plans: [] })
  }
}

interface LaneThread {
  readonly worker: Worker
  /** The lane waits for its first step. Rejects if it never will. */
  readonly ready: Promise<void>
  /** Why it is of no use any more: it failed, or its thread has ended. */
  readonly failure: Promise<Error>
  /** Its thread is no more. */
  readonly ended: Promise<void>
}

/** Milliseconds that lanes may take to come to the end of what they do. */
const patience = 10_000

/** No lane waits for another any more: each ends when it comes to the barrier. */
function abandon(plan: LanePlan): void {
  new Barrier(plan.memory.barrier, plan.lanes).abandon()
}

/**
 * Waits until all threads have ended by themselves. Ended from outside, one in the middle of a call of ONNX Runtime
 * takes the whole process with it: that is for threads that never come back from it.
 */
async function ends(threads: readonly LaneThread[]): Promise<void> {
  const late = setTimeout(() => threads.forEach(({ worker }) => void worker.terminate()), patience)
  await Promise.all(threads.map(({ ended }) => ended))
  clearTimeout(late)
}

function startThread(workerData: LaneData): LaneThread {
  const worker = new Worker(new URL('./lane.js', import.meta.url), { workerData })
  const failure = new Promise<Error>((resolve) => {
    worker.on('message', (message: LaneMessage) => {
      if (message.type === 'failed') resolve(new Error(message.error))
    })
    worker.on('error', (error) => resolve(asError(error)))
    worker.on('exit', (code) => resolve(new Error(`The thread of a training lane ended (exit code ${code}).`)))
  })
  const ended = new Promise<void>((resolve) => worker.once('exit', () => resolve()))
  const ready = new Promise<void>((resolve, reject) => {
    worker.once('message', (message: LaneMessage) => {
      if (message.type === 'ready') resolve()
    })
    void failure.then(reject)
  })
  return { worker, ready, failure, ended }
}

function laneFailed(cause: unknown): AppError {
  const refusal = refusalOf(cause)
  return new AppError(
    refusal?.code ?? 'engine/lane-failed',
    `A training thread stopped working${refusal ? `: ${refusal.reason}` : ''}; what was saved last is kept.`,
    refusal?.remedy ?? 'Continue the run from its last saved step; if it happens again, train with fewer threads.',
    { cause },
  )
}

function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown))
}
