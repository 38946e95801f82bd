/** Training as a sequence of events: step after step, epoch after epoch. Not asking for the next one is pausing. */
import { AppError } from '../../preload/errors'
import {
  objectiveOf,
  withLoss,
  type Costs,
  type EpochMetrics,
  type LossParts,
  type RunSettings,
  type StepMetrics,
  type TrainingParts,
} from '../../preload/contract'
import type { Learner, StepSums } from '../engine/engine'
import type { Batches } from './batches'

/** Sums over the images of an epoch so far, nats, added in the order of the steps in float64. */
export interface EpochSums extends Costs {
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
}

export const beginning: Progress = { step: 0, epoch: -1, sums: noSums() }

export interface LoopOptions {
  readonly settings: RunSettings
  readonly batches: Batches
  /** Holds the state that `from` belongs to. */
  readonly learner: Learner
  /** Means over the test images with the parameters as they are now: after every epoch but 0. */
  evaluate(): Promise<LossParts>
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
export async function* train({ settings, batches, learner, evaluate, from }: LoopOptions): AsyncGenerator<LoopEvent> {
  let { step, epoch, sums } = from
  while (epoch < settings.epochs) {
    const lastStep = (epoch + 1) * batches.stepsPerEpoch
    let input = step < lastStep ? batches.input(step + 1) : undefined
    while (input !== undefined) {
      const running = learner.step(input)
      // the next batch is made while this one is computed
      const next = step + 1 < lastStep ? batches.input(step + 2) : undefined
      const metrics = meansOf(input, await running, { step: step + 1, epoch: epoch + 1 })
      step++
      sums = plus(sums, metrics, input.count)
      yield { metrics, progress: { step, epoch, sums } }
      input = next
    }
    epoch++
    const test = epoch === 0 ? null : finite(await evaluate(), step)
    const metrics: EpochMetrics = {
      type: 'epoch',
      epoch,
      step,
      klWeight: batches.klWeight(step),
      train: epoch === 0 ? null : over(sums),
      test,
    }
    sums = noSums()
    yield { metrics, progress: { step, epoch, sums } }
  }
}

function meansOf(
  { count, klWeight }: { count: number; klWeight: number },
  sums: StepSums,
  { step, epoch }: { step: number; epoch: number },
): StepMetrics {
  const costs = {
    reconstruction: sums.reconstruction / count,
    klZ1: sums.klZ1 / count,
    klZ2: sums.klZ2 / count,
  }
  const parts = { ...withLoss(costs), objective: objectiveOf(costs, klWeight) }
  return { type: 'step', step, epoch, klWeight, ...finite(parts, step) }
}

function finite<Parts extends LossParts>(parts: Parts, step: number): Parts {
  if (Object.values(parts).every(Number.isFinite)) return parts
  throw new AppError(
    'training/diverged',
    `The loss is not a number any more at step ${step}: training has diverged. Everything saved before is kept.`,
    'Start again with a lower learning rate.',
  )
}

function noSums(): EpochSums {
  return { objective: 0, reconstruction: 0, klZ1: 0, klZ2: 0, images: 0 }
}

function plus(sums: EpochSums, means: TrainingParts, count: number): EpochSums {
  return {
    objective: sums.objective + means.objective * count,
    reconstruction: sums.reconstruction + means.reconstruction * count,
    klZ1: sums.klZ1 + means.klZ1 * count,
    klZ2: sums.klZ2 + means.klZ2 * count,
    images: sums.images + count,
  }
}

function over({ objective, reconstruction, klZ1, klZ2, images }: EpochSums): TrainingParts {
  const costs = { reconstruction: reconstruction / images, klZ1: klZ1 / images, klZ2: klZ2 / images }
  return { ...withLoss(costs), objective: objective / images }
}
