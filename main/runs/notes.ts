/**
 * What a person has noted of a run beside its name: a file of its own, since run.json belongs to the thread or process
 * that trains, and what two write is lost by one of them.
 */
import { join } from 'node:path'
import { noNotes, runNotes, type RunNotes } from '../../preload/contract'
import { changeBeside, readBeside, type Beside } from './beside'
import { notesName } from './names'

const kind: Beside<RunNotes> = {
  schema: runNotes,
  absent: '{}',
  deleted: 'nothing is noted of this run',
  write: (notes) => `${JSON.stringify(notes, undefined, 2)}\n`,
}

/** Nothing where there is no such file, or it cannot be read: a list of runs does not depend on it. */
export function readNotes(folder: string): Promise<RunNotes> {
  return readBeside(join(folder, notesName), kind).catch(() => noNotes)
}

/** Changes some of it and leaves the rest as it is. @throws AppError `run/damaged` where that cannot be read, `disk/…` */
export async function changeNotes(folder: string, change: Partial<RunNotes>): Promise<void> {
  await changeBeside(join(folder, notesName), kind, (notes) => ({ ...notes, ...change }))
}
