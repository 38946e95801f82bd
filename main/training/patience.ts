/** Writing that waits for a full disk: nothing is lost while somebody makes room. */
import { AppError } from '../../preload/errors'
import type { Life } from './life'

/** What a full disk refused is tried again after so many milliseconds. */
const retryEvery = 10_000

export interface Patience {
  /** Of the run, which stands still meanwhile. */
  readonly life: Life
  /** Told once, and again when a person has asked to go on and the disk is still full. */
  readonly report: (error: AppError) => void
  /** Whether the run is to end: then nothing is waited for, and what cannot be written after all is thrown. */
  readonly ends: () => boolean
}

/** Writes; when the disk is full, says so and tries again until there is room, or when asked to. @throws AppError `disk/full` */
export async function patiently(write: () => Promise<void>, { life, report, ends }: Patience): Promise<void> {
  for (let quiet = false; ;) {
    const last = ends()
    try {
      await write()
      life.take('written')
      return
    } catch (thrown) {
      if (last || !(thrown instanceof AppError && thrown.code === 'disk/full')) throw thrown
      if (ends()) continue
      if (!quiet) report(thrown)
      life.take('full', thrown)
    }
    // what the system says of free space is not all that counts: a quota, the number of files
    quiet = await unasked(life, retryEvery)
  }
}

/** Waits until something is asked for, at most for so many milliseconds. Whether nothing was. */
async function unasked(life: Life, milliseconds: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  const timeout = new Promise<true>((resolve) => (timer = setTimeout(resolve, milliseconds, true)))
  const late = await Promise.race([life.next().then(() => false), timeout])
  clearTimeout(timer)
  return late
}
