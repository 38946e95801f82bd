/** What the app tells of itself, and of the long work that it does. */
import { z } from 'zod'
import { errorData } from './common'

/** What the app itself is, for the header, the About box and what the page may offer. */
export const appInfo = z.object({
  name: z.string(),
  version: z.string(),
  door: z.enum(['window', 'tab', 'terminal']),
  /** Node's platform name: `linux`, `darwin`, `win32`. */
  platform: z.string(),
  /** Versions of what runs below, by name: `node`, `onnxruntime`, … */
  versions: z.record(z.string(), z.string()),
  can: z.object({
    /** There is a native folder dialog: `chooseFolder` works. Without it, offer a field for a path. */
    chooseFolder: z.boolean(),
    /** There is a file manager: `reveal` works. Without it, show the path. */
    reveal: z.boolean(),
  }),
})
export type AppInfo = z.infer<typeof appInfo>

/** Something that a person should know once. */
export const notice = errorData.extend({
  /** Of this one alone: a page that comes back knows what it has shown. */
  id: z.string(),
})
export type AppNotice = z.infer<typeof notice>

/** Folders that the app keeps things in. */
export const ownFolder = z.enum(['results', 'settings'])
export type OwnFolder = z.infer<typeof ownFolder>

/** What the app tells of itself when it is asked to. */
export const about = z.object({
  folders: z.object({
    /** Absolute path; it may not exist yet. */
    results: z.string(),
    /** Of the settings and the log; null where they cannot be kept. */
    settings: z.string().nullable(),
  }),
  /** The host that is asked for new versions; null: nobody is. */
  updates: z.string().nullable(),
  /** It is an installed app, which brings the licences of all that it is made of. */
  licences: z.boolean(),
})
export type About = z.infer<typeof about>

/** Long work that shows progress and can be stopped with `cancel`. Sent whole on every change. */
export const task = z.object({
  /** The id that the caller chose. */
  id: z.string(),
  /** What is being done, for a person: `Evaluating epoch 12`. */
  title: z.string(),
  /** 0 to 1; null while unknown. */
  progress: z.number().nullable(),
  secondsLeft: z.number().nullable(),
  /** The last event of a task: it is over, whichever way; the call itself says how. */
  ended: z.boolean(),
})
export type Task = z.infer<typeof task>
