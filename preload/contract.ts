/**
 * The seam: everything that crosses between the app and what shows it, declared once.
 * Schemas are zod's; types are inferred from them; the receiving side validates.
 */
import { z } from 'zod'

const count = (min: number, max: number) => z.int().min(min).max(max)

/** The settings a run is a function of (models.md §1). Changing any of them gives another run. */
export const runSettings = z.strictObject({
  model: z.literal('ladder').default('ladder'),
  /** `label`: p(z2|y) and p(z1|z2,y) depend on the digit's class. `none`: p(z2) = N(0, I), p(z1|z2). */
  condition: z.enum(['label', 'none']).default('label'),
  epochs: count(1, 10_000).default(30),
  /** Images a step. */
  batch: count(1, 4096).default(128),
  /** Adam's learning rate. */
  learningRate: z.number().positive().max(1).default(1e-3),
  /** Epochs over which the KL weight rises linearly from 0 to 1, counted in steps; 0: weight 1 from the start. */
  klWarmup: z.number().min(0).max(10_000).default(10),
  seed: count(0, 2 ** 32 - 1).default(0),
  /** Data-parallel lanes (one thread each). Part of the settings: gradients are summed lane by lane. */
  lanes: count(1, 64).default(1),
  /** Train on the first N images only; 0: all. */
  limit: count(0, 100_000_000).default(0),
})
export type RunSettings = z.infer<typeof runSettings>

/** Mean over images, nats. loss = reconstruction + klWeight · (klZ1 + klZ2). */
export const lossParts = z.object({
  loss: z.number(),
  reconstruction: z.number(),
  klZ1: z.number(),
  klZ2: z.number(),
})
export type LossParts = z.infer<typeof lossParts>

/** One training step: means over its batch. */
export const stepMetrics = lossParts.extend({
  type: z.literal('step'),
  /** Steps done in the whole run, from 1. */
  step: z.int(),
  /** The epoch that this step belongs to, from 1. */
  epoch: z.int(),
  klWeight: z.number(),
})
export type StepMetrics = z.infer<typeof stepMetrics>

/** One finished epoch; epoch 0 is the state before training and has no `train`. */
export const epochMetrics = z.object({
  type: z.literal('epoch'),
  epoch: z.int(),
  step: z.int(),
  klWeight: z.number(),
  /** Means over the epoch's training images, as they were seen. */
  train: lossParts.nullable(),
  /** Means over the test images, KL weight 1: loss = −ELBO. */
  test: lossParts,
})
export type EpochMetrics = z.infer<typeof epochMetrics>

/** A line of metrics.jsonl. */
export const metricsLine = z.discriminatedUnion('type', [stepMetrics, epochMetrics])
export type MetricsLine = z.infer<typeof metricsLine>

export const runStatus = z.enum(['training', 'paused', 'stopped', 'done', 'failed'])
export type RunStatus = z.infer<typeof runStatus>
