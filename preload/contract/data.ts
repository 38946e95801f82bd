/** What is in a data folder. */
import { z } from 'zod'
import { classCount, classNames } from '../classes'

/** How many images, and of each class; null where they have no labels. */
const split = z.object({ count: z.int(), histogram: z.array(z.int()).length(classCount).nullable() })

/** What a folder with MNIST in it holds. */
export const dataReport = z.object({
  /** `MNIST (bundled)`, or the folder's name. */
  name: z.string(),
  folder: z.string(),
  bundled: z.boolean(),
  /** The names of its files. */
  files: z.array(z.string()),
  /** What is unusual, but can be trained on: a sentence each. */
  notes: z.array(z.string()),
  /** SHA-256 of the unzipped files, hex. */
  fingerprint: z.string(),
  classes: classNames,
  train: split,
  test: split,
})
export type DataReport = z.infer<typeof dataReport>
