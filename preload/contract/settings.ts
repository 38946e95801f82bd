/** Everything that a person sets. */
import { z } from 'zod'
import { count } from './common'
import { runSettings } from './run-settings'

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
  /** Not set but measured: images per second of the last run, by `speedKey`. */
  speeds: measuredSpeeds.default({}),
  /** Not set but counted: how often the app ended while it trained in a thread, since a run came to its end there. */
  cutShort: cutShort.default({ run: null, times: 0 }),
})
export type AppSettings = z.infer<typeof appSettings>
