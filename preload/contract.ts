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

/** `interrupted`: its process ended without a word; found out when the run is next looked at. */
export const runStatus = z.enum(['training', 'paused', 'stopped', 'interrupted', 'done', 'failed'])
export type RunStatus = z.infer<typeof runStatus>

/** An AppError as data (errors.ts). */
export const errorData = z.object({
  code: z.string(),
  message: z.string(),
  remedy: z.string(),
  details: z.string().optional(),
})

/** run.json: what a run is, and how it stands. Everything else about it is in the files beside it. */
export const runFile = z.object({
  format: z.literal(1),
  /** What a person calls it; the folder's name is `<date>-<time>-<name>`. */
  name: z.string(),
  status: runStatus,
  settings: runSettings,
  data: z.object({
    name: z.string(),
    folder: z.string(),
    /** SHA-256 over the four files, hex: the run goes on with exactly this data. */
    fingerprint: z.string(),
    trainImages: z.int(),
    testImages: z.int(),
  }),
  engine: z.object({ name: z.string(), device: z.string() }),
  versions: z.record(z.string(), z.string()),
  startedAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
  /** The last finished epoch, 0 before the first, and the last saved step. */
  epoch: z.int().min(0),
  step: z.int().min(0),
  stepsPerEpoch: z.int().min(1),
  /** Why the run stands still, when its status is `failed`. */
  problem: errorData.nullable(),
})
export type RunFile = z.infer<typeof runFile>

/** What the trainer is doing. `idle`: no run is open. */
export const trainerState = z.enum(['idle', 'starting', 'training', 'pausing', 'paused', 'stopping'])
export type TrainerState = z.infer<typeof trainerState>

/** Everything that a training run tells. `run` is the absolute path of its folder. */
export const trainerEvent = z.discriminatedUnion('type', [
  z.object({ type: z.literal('state'), state: trainerState, run: z.string().nullable() }),
  /** The run is open: training follows. `resumed`: from `step`; otherwise it is new, and `step` is 0. */
  z.object({
    type: z.literal('started'),
    run: z.string(),
    resumed: z.boolean(),
    step: z.int(),
    epoch: z.int(),
    stepsPerEpoch: z.int(),
    totalSteps: z.int(),
    file: runFile,
  }),
  /** Over the last second or so of training. */
  stepMetrics.extend({ run: z.string(), imagesPerSecond: z.number() }),
  /** `imagesPerSecond`: training images over the epoch's training time; null for epoch 0. */
  epochMetrics.extend({ run: z.string(), imagesPerSecond: z.number().nullable() }),
  z.object({ type: z.literal('gallery'), run: z.string(), epoch: z.int(), samples: z.string(), recon: z.string() }),
  z.object({ type: z.literal('checkpoint'), run: z.string(), epoch: z.int(), file: z.string() }),
  /** Training can go on exactly from here. */
  z.object({ type: z.literal('saved'), run: z.string(), step: z.int() }),
  /** Long work that is not steps. `done` of `total`, in units of the task's own. */
  z.object({
    type: z.literal('progress'),
    run: z.string().nullable(),
    task: z.enum(['data', 'engine', 'evaluate', 'gallery', 'save', 'sample']),
    done: z.number(),
    total: z.number(),
  }),
  /** Something a person should know that stops nothing: another engine than the run began on. */
  z.object({ type: z.literal('notice'), run: z.string().nullable(), message: z.string() }),
  /** Training stands still. `resumable`: from the last saved step. A full disk pauses; everything else ends the run. */
  z.object({ type: z.literal('failure'), run: z.string().nullable(), error: errorData, resumable: z.boolean() }),
  /** The run has ended. `test`: of the last finished epoch. `imagesPerSecond`: over all training since it was opened. */
  z.object({
    type: z.literal('done'),
    run: z.string(),
    status: z.enum(['done', 'stopped']),
    epoch: z.int(),
    step: z.int(),
    test: lossParts,
    imagesPerSecond: z.number().nullable(),
  }),
])
export type TrainerEvent = z.infer<typeof trainerEvent>

/** The test set through one checkpoint: means over its images, nats, KL weight 1. */
export const evaluation = lossParts.extend({
  epoch: z.int(),
  images: z.int(),
  /** One-sample bound on −log p(x), summed over the classes; for `none` it equals `loss`. */
  marginal: z.number(),
})
export type Evaluation = z.infer<typeof evaluation>
