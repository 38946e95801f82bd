/** Training with the whole step as one program: gradient and optimizer together, state swapped between two buffers. */
import type { Model } from '../models/model'
import { copyInto, copyOf, freshState, type Optimizer } from '../optimizers/optimizer'
import type {
  BatchInput,
  DataArray,
  Engine,
  Learner,
  LearnerOptions,
  LearnerState,
  Program,
  StepInput,
  StepSums,
  WeighedInput,
} from './engine'
import { Guess } from './guess'
import { namedSums, trainingStep } from './step'

export class WholeStepLearner implements Learner {
  private readonly sums: Float32Array
  private current: LearnerState
  private next: LearnerState
  private readonly guess: Guess

  private constructor(
    private readonly program: Program,
    private readonly model: Model,
  ) {
    this.sums = new Float32Array(model.parts.length)
    this.current = zeros(model)
    this.next = zeros(model)
    this.guess = new Guess(model)
  }

  static async create(engine: Engine, { model, batch }: LearnerOptions): Promise<WholeStepLearner> {
    const { fn, inputs } = trainingStep(model, batch)
    return new WholeStepLearner(await engine.prepare(fn, inputs), model)
  }

  load(state: LearnerState): void {
    copyInto(this.current, state)
  }

  async step(input: StepInput): Promise<StepSums> {
    const guessed = this.guess.of(input)
    const sums = await this.take(guessed)
    const corrected = this.guess.corrected(guessed, input, sums)
    if (!corrected) return sums
    this.swap()
    return this.take(corrected)
  }

  async state(): Promise<LearnerState> {
    return copyOf(this.current)
  }

  async release(): Promise<void> {
    await this.program.release()
  }

  private async take(input: WeighedInput): Promise<StepSums> {
    const inputs = { ...this.current, ...stepArrays(input, this.model.optimizer) }
    await this.program.run(inputs, { ...this.next, sums: this.sums })
    this.swap()
    return namedSums(this.model.parts, this.sums)
  }

  private swap(): void {
    ;[this.current, this.next] = [this.next, this.current]
  }
}

function zeros({ layout, optimizer }: Model): LearnerState {
  return freshState(new Float32Array(layout.size), optimizer)
}

/** A batch and the optimizer's scalars as the inputs of trainingStep. */
export function stepArrays(input: WeighedInput, { scalars, scale }: Optimizer): Record<string, DataArray> {
  const partWeights = Float32Array.from(input.partWeights)
  const numbers = scale(input.learningRate, input.step, input.count).map((value, i) => [
    `scale/${scalars[i]}`,
    Float32Array.of(value),
  ])
  return { ...batchArrays(input), partWeights, ...Object.fromEntries(numbers) }
}

/** A batch as inputs of gradientStep. */
export function batchArrays({ images, labels, noise, count }: BatchInput): Record<string, DataArray> {
  return { images, labels, noise, weights: new Float32Array(labels.length).fill(1, 0, count) }
}
