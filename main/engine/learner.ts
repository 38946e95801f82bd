/** Training with the whole step as one program: gradient and optimizer together, state swapped between two buffers. */
import { scale } from '../vlae/adam-scale'
import { createModel } from '../vlae/create'
import type { Model } from '../vlae/model'
import type { DataArray, Engine, Learner, LearnerOptions, LearnerState, Program, StepInput, StepSums } from './engine'
import { namedSums, stateNames, stateViews, trainingStep } from './step'

interface Buffer {
  readonly state: LearnerState
  /** `state` by the names of the program's inputs and outputs. */
  readonly views: Record<string, Float32Array>
}

export class WholeStepLearner implements Learner {
  readonly #sums: Float32Array
  #current: Buffer
  #next: Buffer

  private constructor(
    private readonly program: Program,
    private readonly model: Model,
  ) {
    this.#sums = new Float32Array(model.parts.length)
    this.#current = buffer(model)
    this.#next = buffer(model)
  }

  static async create(engine: Engine, { model: settings, batch }: LearnerOptions): Promise<WholeStepLearner> {
    const model = createModel(settings)
    const { fn, inputs } = trainingStep(model, batch)
    return new WholeStepLearner(await engine.prepare(fn, inputs), model)
  }

  load(state: LearnerState): void {
    for (const name of stateNames) this.#current.state[name].set(state[name])
  }

  async step(input: StepInput): Promise<StepSums> {
    const inputs = { ...this.#current.views, ...stepArrays(input) }
    await this.program.run(inputs, { ...this.#next.views, sums: this.#sums })
    ;[this.#current, this.#next] = [this.#next, this.#current]
    return namedSums(this.model, this.#sums)
  }

  async state(): Promise<LearnerState> {
    const { parameters, firstMoment, secondMoment } = this.#current.state
    return { parameters: parameters.slice(), firstMoment: firstMoment.slice(), secondMoment: secondMoment.slice() }
  }

  async release(): Promise<void> {
    await this.program.release()
  }
}

function buffer(model: Model): Buffer {
  const vector = () => new Float32Array(model.layout.size)
  const state = { parameters: vector(), firstMoment: vector(), secondMoment: vector() }
  return { state, views: stateViews(state, model) }
}

/** A batch and Adam's scalars as the inputs of trainingStep. */
export function stepArrays(input: StepInput): Record<string, DataArray> {
  const { images, labels, noise, count } = input
  const weights = new Float32Array(labels.length).fill(1, 0, count)
  const { stepSize, epsilon } = scale(input.learningRate, input.step)
  const scalars = { stepSize: Float32Array.of(stepSize), epsilon: Float32Array.of(epsilon) }
  return { images, labels, noise, weights, partWeights: Float32Array.from(input.partWeights), ...scalars }
}
