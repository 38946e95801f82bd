/** Whether the run that a folder is to hold was begun there, and is done: who comes back to it goes on with it. */
import { AppError } from '../../preload/errors'
import { readRunFile } from './folder'
import type { RunFile } from './run-file'

/** Its run.json; null: it was not begun, whatever else is there. @throws AppError `run/damaged`, `disk/…` */
export async function begunRun(folder: string): Promise<RunFile | null> {
  try {
    return await readRunFile(folder)
  } catch (thrown) {
    if (thrown instanceof AppError && thrown.code === 'run/not-found') return null
    throw thrown
  }
}

/** All of its epochs are done, and it has been brought to its end. */
export function isFinished({ status, epoch, settings: { epochs } }: RunFile): boolean {
  return status === 'done' && epoch >= epochs
}
