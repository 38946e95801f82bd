/** Everything that a training run tells, from the worker up. */
import { z } from 'zod'
import { errorData, epochMetrics, lossParts, stepMetrics, phase } from '../../preload/contract'
import { runFile } from '../runs/run-file'

/** Everything that a training run tells. `folder` is the run's, an absolute path. */
export const trainerEvent = z.discriminatedUnion('type', [
  z.object({ type: z.literal('state'), state: phase, folder: z.string().nullable() }),
  /** The run is open: training follows. `resumed`: from `step`; otherwise it is new, and `step` is 0. */
  z.object({
    type: z.literal('started'),
    folder: z.string(),
    resumed: z.boolean(),
    step: z.int(),
    epoch: z.int(),
    stepsPerEpoch: z.int(),
    totalSteps: z.int(),
    file: runFile,
  }),
  /** Over the last second or so of training. */
  stepMetrics.extend({ folder: z.string(), imagesPerSecond: z.number() }),
  /** `imagesPerSecond`: training images over the epoch's training time; null for epoch 0. */
  epochMetrics.extend({ folder: z.string(), imagesPerSecond: z.number().nullable() }),
  z.object({
    type: z.literal('gallery'),
    folder: z.string(),
    epoch: z.int(),
    samples: z.string(),
    reconstructions: z.string(),
  }),
  /** What the model draws within its first epoch, as grey levels: [80, 784], and rows of 8 with the originals above. */
  z.object({
    type: z.literal('sketch'),
    folder: z.string(),
    step: z.int(),
    samples: z.instanceof(Uint8Array<ArrayBufferLike>),
    reconstructions: z.instanceof(Uint8Array<ArrayBufferLike>),
  }),
  z.object({ type: z.literal('checkpoint'), folder: z.string(), epoch: z.int(), file: z.string() }),
  /** Training can go on exactly from here. */
  z.object({ type: z.literal('saved'), folder: z.string(), step: z.int() }),
  /** Long work that is not steps. `done` of `total`, in units of the task's own. */
  z.object({
    type: z.literal('progress'),
    folder: z.string().nullable(),
    task: z.enum(['data', 'engine', 'evaluate', 'gallery', 'save', 'sample']),
    done: z.number(),
    total: z.number(),
  }),
  /** Something a person should know that stops nothing: another engine than the run began on. */
  z.object({ type: z.literal('notice'), folder: z.string().nullable(), message: z.string() }),
  /**
   * Training stands still. `waits`: until what is wrong is mended (a full disk); else the run has ended.
   * `resumable`: from the last saved step.
   */
  z.object({
    type: z.literal('failure'),
    folder: z.string().nullable(),
    error: errorData,
    resumable: z.boolean(),
    waits: z.boolean(),
  }),
  /** The run has ended. `test`: of the last finished epoch that has one. `imagesPerSecond`: over all training since it was opened. */
  z.object({
    type: z.literal('done'),
    folder: z.string(),
    status: z.enum(['done', 'stopped']),
    epoch: z.int(),
    step: z.int(),
    test: lossParts.nullable(),
    imagesPerSecond: z.number().nullable(),
  }),
])
export type TrainerEvent = z.infer<typeof trainerEvent>
