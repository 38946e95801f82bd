/** What training and tests measure, step by step and epoch by epoch. The one place where a loss is added up. */
import { z } from 'zod'
import { modelId } from './common'

/** A number as it is read from a file, where JSON has null for one that is none. */
const measured = z.union([z.number(), z.nan(), z.null().transform(() => NaN)])
/** Whatever else stands beside what is named here: a number, or NaN. */
const number = z.unknown().transform((value) => (typeof value === 'number' ? value : NaN))
/** The same, so that what is named of a line keeps its types beside it. */
const other: z.ZodType<unknown, unknown> = number

/** What describing an image costs, by the parts that the model's card names, in its order. Means over images, nats. */
export type Costs = Readonly<Record<string, number>>

/** The parts, and `loss`, their sum: −ELBO, whatever training minimises at the moment. */
export const lossParts = z.object({ loss: measured }).catchall(number)
export type LossParts = z.infer<typeof lossParts>

/** The same while training: `objective` is what is minimised. */
export const trainingParts = z.object({ loss: measured, objective: measured }).catchall(number)
export type TrainingParts = z.infer<typeof trainingParts>

/** loss = −ELBO = the sum of its parts. */
export function withLoss(costs: Costs): LossParts {
  return { loss: Object.values(costs).reduce((sum, part) => sum + part, 0), ...costs }
}

/**
 * One training step: means over its batch. Beside what is named here a line holds the parts of the loss, and the scalars
 * that the step was steered by, each by its name: see `numberIn`.
 */
export const stepMetrics = z
  .object({
    type: z.literal('step'),
    /** Steps done in the whole run, from 1. */
    step: z.int(),
    /** The epoch that this step belongs to, from 1. */
    epoch: z.int(),
    loss: measured,
    objective: measured,
  })
  .catchall(other)
export type StepMetrics = z.infer<typeof stepMetrics>

/**
 * One finished epoch, with the scalars of its last step. Epoch 0 is the state before training: it is drawn, and nothing
 * is measured, so that the first step comes at once. A network that knows nothing costs log 2 a pixel, 543 nats.
 */
export const epochMetrics = z
  .object({
    type: z.literal('epoch'),
    epoch: z.int(),
    step: z.int(),
    /** Means over the epoch's training images, as they were seen; each with the scalars of its step. */
    train: trainingParts.nullable(),
    /** Means over the test images. */
    test: lossParts.nullable(),
  })
  .catchall(other)
export type EpochMetrics = z.infer<typeof epochMetrics>

/** A number that a line holds under a name of the model's card; NaN where it has none. */
export function numberIn(line: StepMetrics | EpochMetrics, name: string): number {
  const value = line[name]
  return typeof value === 'number' ? value : NaN
}

/** Training steps as columns, all of length n, row i = one point. Decimated points are means of `stride` lines. */
const stepColumns = z.object({
  /** Steps done when the point's last line was logged, from 1. */
  step: z.instanceof(Int32Array),
  /** Epochs done by then, with fraction: the x axis that the timeline shares. */
  epoch: z.instanceof(Float32Array),
  /** Of every number that the lines hold: the loss and its parts, the objective, the scalars. NaN: not measured. */
  values: z.record(z.string(), z.instanceof(Float32Array)),
})
export type StepColumns = z.infer<typeof stepColumns>

/**
 * A stretch of a run's metrics. `from` and `to` are sequence numbers: they count the lines of the run's metrics.
 * Holding everything before `from`, the page appends; holding more, it drops what it has from `from` on
 * (a resumed run goes back to its last saved step); holding less, it asks `history` for the gap.
 */
export const metricsSpan = z.object({
  run: modelId,
  from: z.int(),
  to: z.int(),
  steps: stepColumns,
  epochs: z.array(epochMetrics),
})
export type MetricsSpan = z.infer<typeof metricsSpan>
