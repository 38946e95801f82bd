/** What a run is a function of, and everything else that a person sets. */
import { z } from 'zod'
import { count } from './common'
import { engineName } from './engines'

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
  /**
   * Epochs over which the KL weight rises linearly from 0 to 1, counted in steps, with those behind a checkpoint that the
   * run was continued from; 0: weight 1 from the start.
   */
  klWarmup: z.number().min(0).max(10_000).default(10),
  seed: count(0, 2 ** 32 - 1).default(0),
  /**
   * Data-parallel lanes (one thread each). Part of the settings: gradients are summed lane by lane. 0: one for each
   * core, at most 8; run.json says how many that was.
   */
  lanes: count(0, 64).default(0),
  /** Train on the first N images only; 0: all. */
  limit: count(0, 100_000_000).default(0),
  /** What computes; `auto`: the fastest of this machine. run.json says which it was, and the run goes on with that. */
  engine: z.enum(['auto', ...engineName.options]).default('auto'),
})
export type RunSettings = z.infer<typeof runSettings>

export const settingFields = {
  /** What the next run starts with. */
  run: runSettings,
  /** Absolute path of a folder in MNIST's format; null: the bundled set. */
  dataFolder: z.string().max(4096).nullable(),
  /** Absolute path of the folder that runs are written to; null: the app's own. */
  resultFolder: z.string().max(4096).nullable(),
  theme: z.enum(['system', 'light', 'dark']),
  /** A note of the system when a run ends (window only). */
  notify: z.boolean(),
  /** Where the next run trains: in a thread of the app, or in a process whose crash leaves the app up. */
  trainer: z.enum(['thread', 'process']),
}

const measuredSpeeds = z.record(z.string().max(100), z.number().positive())

const cutShort = z.object({
  /** The folder of the run that trains in a thread of the app. */
  run: z.string().max(4096).nullable(),
  times: count(0, 1_000_000),
})

/** Everything a person sets, kept between starts. Each field has a default; the app starts with no file at all. */
export const appSettings = z.strictObject({
  run: settingFields.run.default(runSettings.parse({})),
  dataFolder: settingFields.dataFolder.default(null),
  resultFolder: settingFields.resultFolder.default(null),
  theme: settingFields.theme.default('system'),
  notify: settingFields.notify.default(true),
  trainer: settingFields.trainer.default('thread'),
  /** Not set but measured: images per second of the last run, by engine. */
  speeds: measuredSpeeds.default({}),
  /** Not set but counted: how often the app ended while it trained in a thread, since a run came to its end there. */
  cutShort: cutShort.default({ run: null, times: 0 }),
})
export type AppSettings = z.infer<typeof appSettings>
