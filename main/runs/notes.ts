/**
 * What a person has noted of a run beside its name: a file of its own, since run.json belongs to the thread or process
 * that trains, and what two write is lost by one of them.
 */
import { join } from 'node:path'
import { noNotes, runNotes, type RunNotes } from '../../preload/contract'
import { writeAtomic } from '../files/atomic'
import { readBeside } from './beside'
import { notesName } from './names'

/** Nothing where there is no such file, or it cannot be read: a list of runs does not depend on it. */
export function readNotes(folder: string): Promise<RunNotes> {
  return notesIn(folder).catch(() => noNotes)
}

/** Changes some of it and leaves the rest as it is. @throws AppError `run/damaged` where that cannot be read, `disk/…` */
export async function changeNotes(folder: string, change: Partial<RunNotes>): Promise<void> {
  const notes = { ...(await notesIn(folder)), ...change }
  await writeAtomic(join(folder, notesName), `${JSON.stringify(notes, undefined, 2)}\n`)
}

function notesIn(folder: string): Promise<RunNotes> {
  return readBeside(join(folder, notesName), runNotes, { absent: '{}', deleted: 'nothing is noted of this run' })
}
