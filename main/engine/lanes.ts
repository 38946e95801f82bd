/** Data-parallel training on the CPU: the learner that owns the lanes, itself the first of them. */
import { once } from 'node:events'
import { setImmediate } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { AppError } from '../../preload/errors'
import { scale } from '../vlae/adam-scale'
import { createModel } from '../vlae/create'
import type { Learner, LearnerOptions, LearnerState, StepInput, StepSums } from './engine'
import type { LaneData, LaneMessage } from './lane'
import { createLaneMemory, Lane, type LanePlan, publishStep } from './lane-work'
import { gradientStep, stateNames } from './step'
import { compile } from './trace/compile'

export class LaneLearner implements Learner {
  #failure: string | undefined

  private constructor(
    private readonly plan: LanePlan,
    private readonly lane: Lane,
    private readonly threads: readonly Worker[],
  ) {
    for (const thread of threads) {
      thread.on('message', (message: LaneMessage) => {
        if (message.type === 'failed') this.#failure = message.error
      })
      thread.on('error', (error) => (this.#failure = error.stack ?? error.message))
      thread.on('exit', (code) => (this.#failure ??= `A training lane ended by itself (exit code ${code}).`))
    }
  }

  static async create({ model: settings, batch, lanes }: LearnerOptions): Promise<LaneLearner> {
    const model = createModel(settings)
    const { size, entries } = model.layout
    const share = Math.ceil(batch / lanes)
    const { fn, inputs } = gradientStep(model, share)
    const plan: LanePlan = {
      lanes,
      batch,
      share,
      noiseSize: model.noiseSize,
      gradient: compile(fn, inputs),
      entries: entries.map(({ name, offset, size }) => ({ name, offset, size })),
      size,
      memory: createLaneMemory(lanes, batch, model.noiseSize, size),
    }
    const threads = Array.from({ length: lanes - 1 }, (_, i) => {
      const workerData: LaneData = { plan, index: i + 1 }
      return new Worker(new URL('./lane.js', import.meta.url), { workerData })
    })
    const [lane] = await Promise.all([Lane.create(plan, 0), ...threads.map((thread) => once(thread, 'message'))])
    return new LaneLearner(plan, lane, threads)
  }

  load(state: LearnerState): void {
    for (const name of stateNames) new Float32Array(this.plan.memory[name]).set(state[name])
  }

  async step(input: StepInput): Promise<StepSums> {
    const { memory, lanes } = this.plan
    const { count, klWeight } = input
    publishStep(memory, { count, klWeight, ...scale(input.learningRate, input.step), end: 0 }, input)
    await this.lane.step(() => this.#check())
    if (this.#failure) await this.#check()
    const sums = new Float32Array(memory.sums)
    const total = (part: number) => {
      let sum = 0
      for (let lane = 0; lane < lanes; lane++) sum += sums[3 * lane + part]!
      return sum
    }
    return { reconstruction: total(0), klZ1: total(1), klZ2: total(2) }
  }

  async state(): Promise<LearnerState> {
    const copy = (name: (typeof stateNames)[number]) => new Float32Array(this.plan.memory[name]).slice()
    return { parameters: copy('parameters'), firstMoment: copy('firstMoment'), secondMoment: copy('secondMoment') }
  }

  async release(): Promise<void> {
    for (const thread of this.threads) thread.removeAllListeners('exit')
    const ended = this.threads.map((thread) => once(thread, 'exit'))
    publishStep(this.plan.memory, { count: 0, klWeight: 0, stepSize: 0, epsilon: 0, end: 1 })
    if (this.#failure) await Promise.all(this.threads.map((thread) => thread.terminate()))
    else await this.lane.step()
    await Promise.all(ended)
    await this.lane.release()
  }

  /** Lets what the threads have said arrive. @throws AppError if one of them failed. */
  async #check(): Promise<void> {
    await setImmediate()
    if (!this.#failure) return
    throw new AppError(
      'engine/lane-failed',
      'A training thread stopped working; what was saved last is kept.',
      'Continue the run from its last saved step; if it happens again, train with fewer threads.',
      { details: this.#failure },
    )
  }
}
