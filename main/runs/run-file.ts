/** run.json: what a run is, and how it stands. The page is shown a summary of it. */
import { z } from 'zod'
import { classNames } from '../../preload/classes'
import { errorData, runStatus, runSettings } from '../../preload/contract'

/** run.json: what a run is, and how it stands. Everything else about it is in the files beside it. */
export const runFile = z.object({
  format: z.literal(1),
  /** What a person calls it; the folder's name is `<date>-<time>-<name>`. */
  name: z.string(),
  /** It comes with the app: nothing is written into its folder. */
  shipped: z.literal(true).optional(),
  status: runStatus,
  settings: runSettings,
  /** What it was continued from. */
  from: z
    .object({
      /** The checkpoint that its first weights came from: the run folder's name, and the epoch. */
      run: z.string(),
      epoch: z.int(),
      /**
       * Epochs behind those weights: the KL warm-up, the order of the images and the noise go on after them. 0 in runs of
       * version 0.1, where they began anew.
       */
      epochs: z.int().min(0).default(0),
      /** Steps that the moments have seen that Adam goes on with; 0: they begin anew. */
      optimizerSteps: z.int().min(0).default(0),
    })
    .nullable()
    .default(null),
  data: z.object({
    name: z.string(),
    folder: z.string(),
    /** It is the set that comes with the app, wherever that is installed. */
    bundled: z.boolean(),
    /** SHA-256 over the four files, hex: the run goes on with exactly this data. */
    fingerprint: z.string(),
    trainImages: z.int(),
    testImages: z.int(),
    /** As the data had them when the run began; none in runs of version 0.1. */
    classes: classNames.default(null).catch(null),
    /** What a test image costs who knows only the mean of all, nats; none in runs of version 0.2. */
    meanPicture: z.number().optional().catch(undefined),
  }),
  engine: z.object({ name: z.string(), device: z.string() }),
  versions: z.record(z.string(), z.string()),
  startedAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
  /** The last finished epoch, −1 before epoch 0 is there; and the last saved step. */
  epoch: z.int().min(-1),
  step: z.int().min(0),
  stepsPerEpoch: z.int().min(1),
  /** Test loss (−ELBO, nats per image) of each finished epoch from 0, which has none. */
  curve: z.array(z.number().nullable()),
  /** Seconds of computing steps until each epoch's end, from 0; none in runs of version 0.2. */
  seconds: z.array(z.number().min(0)).default([]).catch([]),
  /** Why the run stands still, when its status is `failed`. */
  problem: errorData.nullable(),
})
export type RunFile = z.infer<typeof runFile>
