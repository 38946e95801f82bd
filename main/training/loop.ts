/** The training loop, an async generator of events: step after step, epoch after epoch. Not asking for the next one is pausing. */
import {
  withLoss,
  type Costs,
  type EpochMetrics,
  type LossParts,
  type RunSettings,
  type StepMetrics,
  type TrainingParts,
} from '../../preload/contract'
import { AppError } from '../../preload/errors'
import type { BatchInput, Learner, StepInput, StepSums } from '../engine/engine'
import type { Model, Numbers } from '../models/model'
import type { Batches } from './batches'

/** Sums of the parts over the images of an epoch so far, nats, added in the order of the steps in float64. */
export interface EpochSums extends Numbers {
  readonly objective: number
  readonly images: number
}

/** Where a run stands. With the learner's state it is all that the rest of the run depends on. */
export interface Progress {
  /** Steps done. */
  readonly step: number
  /** Epochs finished; −1: not even the state before training was looked at. */
  readonly epoch: number
  /** Of the epoch under way. */
  readonly sums: EpochSums
  /** What the model's schedule goes on from. */
  readonly schedule: Numbers
}

/** Before everything. @param parts of the model's loss, by name @param schedule what its schedule begins with */
export function beginning(parts: readonly string[], schedule: Numbers): Progress {
  return { step: 0, epoch: -1, sums: noSums(parts), schedule }
}

/** What the loop knows of a model. */
type Weighing = Pick<Model, 'partWeights' | 'measuredFirst'>
type Trained = Weighing & Pick<Model, 'parts' | 'objective' | 'schedule'>

export interface LoopOptions {
  readonly settings: RunSettings
  readonly batches: Batches
  readonly model: Trained
  /** Holds the state that `from` belongs to. */
  readonly learner: Learner
  /** Means over the test images with the parameters as they are now: after every epoch but 0. */
  evaluate(): Promise<LossParts>
  /** The same over the images that are held out for the schedule, where there are any. */
  readonly validate?: (() => Promise<LossParts>) | undefined
  readonly from: Progress
}

/** What happened, and where the run stands after it. */
export interface LoopEvent {
  readonly metrics: StepMetrics | EpochMetrics
  readonly progress: Progress
}

/**
 * Trains until the last epoch is done. The first event is epoch 0's: the state before training.
 * @throws AppError `training/diverged` when a loss is not a number any more.
 */
export async function* train(options: LoopOptions): AsyncGenerator<LoopEvent> {
  const { settings, batches, model, learner, evaluate, validate, from } = options
  const { scalars: scalarsOf, next: stateAfter, ...more } = model.schedule(settings, batches.stepsPerEpoch)
  const drawn = learner.draws !== true
  let { step, epoch, sums, schedule } = from
  const steered = (input: BatchInput): BatchInput => ({
    ...input,
    learningRate: input.learningRate * (more.learningRate?.(schedule) ?? 1),
  })
  while (epoch < settings.epochs) {
    const lastStep = (epoch + 1) * batches.stepsPerEpoch
    let input = step < lastStep ? batches.input(step + 1, drawn) : undefined
    let begun: StepInput | undefined
    while (input !== undefined) {
      const scalars = scalarsOf(batches.inAll(step + 1), schedule)
      const running = learner.step(begun ?? weighed(model, steered(input), scalars))
      // the next batch is made while this one is computed
      const next = step + 1 < lastStep ? batches.input(step + 2, drawn) : undefined
      const costs = over(await running, input.count)
      step++
      const parts = finite({ ...withLoss(costs), objective: model.objective(costs, scalars) }, step)
      const metrics: StepMetrics = { type: 'step', step, epoch: epoch + 1, ...scalars, ...parts }
      sums = plus(sums, parts, input.count)
      schedule = stateAfter(schedule, costs)
      input = next
      begun = undefined
      if (input && learner.ahead) {
        begun = weighed(model, steered(input), scalarsOf(batches.inAll(step + 1), schedule))
        learner.ahead(begun)
      }
      yield { metrics, progress: { step, epoch, sums, schedule } }
    }
    epoch++
    const test = epoch === 0 ? null : finite(await evaluate(), step)
    const metrics: EpochMetrics = {
      type: 'epoch',
      epoch,
      step,
      ...scalarsOf(batches.inAll(step), schedule),
      train: epoch === 0 ? null : meansOf(sums),
      test,
    }
    if (epoch > 0 && validate !== undefined && more.afterEpoch !== undefined) {
      const held = finite(await validate(), step)
      schedule = more.afterEpoch(schedule, held)
      metrics['validation'] = held.loss
    }
    sums = noSums(model.parts)
    yield { metrics, progress: { step, epoch, sums, schedule } }
  }
}

/** A batch that is to be stepped on down the objective of the whole of it. */
export function weighed(model: Weighing, input: BatchInput, scalars: Numbers): StepInput {
  const partWeights =
    model.measuredFirst.length > 0
      ? (sums: StepSums) => model.partWeights(scalars, over(sums, input.count))
      : model.partWeights(scalars, {})
  return { ...input, partWeights }
}

function finite<Parts extends LossParts>(parts: Parts, step: number): Parts {
  if (Object.values(parts).every(Number.isFinite)) return parts
  throw new AppError(
    'training/diverged',
    `At step ${step} the loss is no longer a number: training has diverged. Everything saved before is kept.`,
    'Start again with a lower learning rate.',
  )
}

function noSums(parts: readonly string[]): EpochSums {
  return { objective: 0, ...Object.fromEntries(parts.map((part) => [part, 0])), images: 0 }
}

function plus({ objective, images, ...parts }: EpochSums, means: TrainingParts, count: number): EpochSums {
  return {
    objective: objective + means.objective * count,
    ...mapped(parts, (sum, part) => sum + (means[part] ?? NaN) * count),
    images: images + count,
  }
}

function meansOf({ objective, images, ...parts }: EpochSums): TrainingParts {
  return { ...withLoss(over(parts, images)), objective: objective / images }
}

function over(sums: StepSums, images: number): Costs {
  return mapped(sums, (sum) => sum / images)
}

function mapped(numbers: Numbers, change: (value: number, name: string) => number): Record<string, number> {
  return Object.fromEntries(Object.entries(numbers).map(([name, value]) => [name, change(value, name)]))
}
