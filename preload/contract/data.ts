/** What is in a data folder. */
import { z } from 'zod'
import { classNames } from '../classes'

/** What a folder with MNIST in it holds. */
export const dataReport = z.object({
  /** `MNIST (bundled)`, or the folder's name. */
  name: z.string(),
  folder: z.string(),
  bundled: z.boolean(),
  /** The names of the four files. */
  files: z.array(z.string()),
  /** What is unusual, but can be trained on: a sentence each. */
  notes: z.array(z.string()),
  /** SHA-256 of the unzipped files, hex. */
  fingerprint: z.string(),
  classes: classNames,
  train: z.object({ count: z.int(), histogram: z.array(z.int()).length(10) }),
  test: z.object({ count: z.int(), histogram: z.array(z.int()).length(10) }),
})
export type DataReport = z.infer<typeof dataReport>
