/** What training and tests measure, and the lines of metrics.jsonl. The one place where a loss is added up. */
import { z } from 'zod'

/** A number as it is read from a file, where JSON has null for one that is none. */
const measured = z.union([z.number(), z.nan(), z.null().transform(() => NaN)])

/**
 * What describing an image costs, by its parts, and `loss`, their sum: −ELBO, at KL weight 1 whatever the weight that
 * training is at. Means over images, nats.
 */
export const lossParts = z.object({ loss: measured, reconstruction: measured, klZ1: measured, klZ2: measured })
export type LossParts = z.infer<typeof lossParts>
export type Costs = Omit<LossParts, 'loss'>

/** The same while training: `objective` is what is minimised, the KL terms counted at the KL weight of the moment. */
export const trainingParts = lossParts.extend({ objective: measured })
export type TrainingParts = z.infer<typeof trainingParts>

/** loss = −ELBO = reconstruction + KL z1 + KL z2. */
export function withLoss(parts: Costs): LossParts {
  const { reconstruction, klZ1, klZ2 } = parts
  return { loss: reconstruction + klZ1 + klZ2, reconstruction, klZ1, klZ2 }
}

/** objective = reconstruction + KL weight · (KL z1 + KL z2). */
export function objectiveOf({ reconstruction, klZ1, klZ2 }: Costs, klWeight: number): number {
  return reconstruction + klWeight * (klZ1 + klZ2)
}

/** One training step: means over its batch. */
export const stepMetrics = trainingParts.extend({
  type: z.literal('step'),
  /** Steps done in the whole run, from 1. */
  step: z.int(),
  /** The epoch that this step belongs to, from 1. */
  epoch: z.int(),
  klWeight: measured,
})
export type StepMetrics = z.infer<typeof stepMetrics>

/**
 * One finished epoch. Epoch 0 is the state before training: it is drawn, and nothing is measured, so that the first step
 * comes at once. A network that knows nothing costs log 2 a pixel, 543 nats.
 */
export const epochMetrics = z.object({
  type: z.literal('epoch'),
  epoch: z.int(),
  step: z.int(),
  klWeight: measured,
  /** Means over the epoch's training images, as they were seen; each with the KL weight of its step. */
  train: trainingParts.nullable(),
  /** Means over the test images. */
  test: lossParts.nullable(),
})
export type EpochMetrics = z.infer<typeof epochMetrics>

/** A line of metrics.jsonl, also of a version that wrote the objective as `loss`. */
export const metricsLine = z.preprocess(
  (line) => {
    const { type, train } = (line ?? {}) as { type?: unknown; train?: unknown }
    if (type === 'step') return ofOlder(line)
    return type === 'epoch' ? { ...(line as object), train: ofOlder(train) } : line
  },
  z.discriminatedUnion('type', [stepMetrics, epochMetrics]),
)
export type MetricsLine = z.infer<typeof metricsLine>

/** Training parts without an objective have it under `loss`. */
function ofOlder(parts: unknown): unknown {
  if (typeof parts !== 'object' || parts === null || 'objective' in parts) return parts
  const { success, data } = lossParts.safeParse(parts)
  return success ? { ...parts, objective: data.loss, ...withLoss(data) } : parts
}
