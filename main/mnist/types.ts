/** A dataset in memory: bytes as they are in the files, shared between threads. */
import type { ClassNames } from '../../preload/classes'

/** Images with their labels. */
export interface Split {
  /** [count, 784] grey levels 0–255, row-major, over a SharedArrayBuffer. */
  readonly images: Uint8Array
  /** [count], 0–9, over a SharedArrayBuffer; all 0 where the set has none. */
  readonly labels: Uint8Array
  readonly count: number
}

export interface Dataset {
  /** For a person: `MNIST (bundled)`, or the name of the folder or the set. */
  readonly name: string
  /** Where it is found again: the absolute path of its folder; where that holds several sets, of one of its files. */
  readonly folder: string
  readonly train: Split
  readonly test: Split
  /** Whether it says of its images what class they are. */
  readonly hasLabels: boolean
  /** SHA-256, hex, over the four unzipped files in the order train images, train labels, test images, test labels. */
  readonly fingerprint: string
  /** The names of classes 0 to 9; null where they have none. */
  readonly classes: ClassNames
  /** What was read in place of files that cannot be, and what else is wrong with what lies beside them: a sentence each. */
  readonly notes: readonly string[]
}
