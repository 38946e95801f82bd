/** Training with the whole step as one program: gradient and optimizer together, state swapped between two buffers. */
import type { Model } from '../models/model'
import { entryOf } from '../optimizers/named'
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
} from './engine'
import { measurable, measuringStep, namedSums, ofFlat, trainingStep } from './step'

export class WholeStepLearner implements Learner {
  private readonly sums: Float32Array
  private current: LearnerState
  private next: LearnerState

  private constructor(
    private readonly program: Program,
    private readonly measuring: Program | null,
    private readonly model: Model,
  ) {
    this.sums = new Float32Array(model.parts.length)
    this.current = zeros(model)
    this.next = zeros(model)
  }

  static async create(engine: Engine, { model, batch }: LearnerOptions): Promise<WholeStepLearner> {
    const { fn, inputs } = trainingStep(model, batch)
    const first = ofFlat(measuringStep(model, batch), model)
    const measuring = model.measuredFirst.length > 0 ? await engine.prepare(first.fn, first.inputs) : null
    return new WholeStepLearner(await engine.prepare(fn, inputs), measuring, model)
  }

  load(state: LearnerState): void {
    copyInto(this.current, state)
  }

  async step(input: StepInput): Promise<StepSums> {
    const inputs = { ...this.current, ...stepArrays(input, this.model.optimizer) }
    await this.program.run(inputs, { ...this.next, sums: this.sums })
    ;[this.current, this.next] = [this.next, this.current]
    return namedSums(this.model.parts, this.sums)
  }

  async measure(input: BatchInput): Promise<StepSums> {
    const { parameters } = this.current
    const found = await measurable(this.measuring).run({ parameters, ...batchArrays(input) })
    return namedSums(this.model.measuredFirst, entryOf(found, 'sums'))
  }

  async state(): Promise<LearnerState> {
    return copyOf(this.current)
  }

  async release(): Promise<void> {
    await this.measuring?.release()
    await this.program.release()
  }
}

function zeros({ layout, optimizer }: Model): LearnerState {
  return freshState(new Float32Array(layout.size), optimizer)
}

/** A batch and the optimizer's scalars as the inputs of trainingStep. */
export function stepArrays(input: StepInput, { scalars, scale }: Optimizer): Record<string, DataArray> {
  const partWeights = Float32Array.from(input.partWeights)
  const numbers = scale(input.learningRate, input.step, input.count).map((value, i) => [
    `scale/${scalars[i]}`,
    Float32Array.of(value),
  ])
  return { ...batchArrays(input), partWeights, ...Object.fromEntries(numbers) }
}

/** A batch as the inputs of measuringStep. */
export function batchArrays({ images, labels, noise, count }: BatchInput): Record<string, DataArray> {
  return { images, labels, noise, weights: new Float32Array(labels.length).fill(1, 0, count) }
}
