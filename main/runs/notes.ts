/**
 * What a person has noted of a run beside its name: a file of its own, since run.json belongs to the thread or process
 * that trains, and what two write is lost by one of them.
 */
import { join } from 'node:path'
import { noNotes, runNotes, type RunNotes } from '../../preload/contract'
import { AppError } from '../../preload/errors'
import { writeAtomic } from '../files/atomic'
import { diskError, systemCode } from '../files/disk-error'
import { readText } from '../files/text'
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

async function notesIn(folder: string): Promise<RunNotes> {
  const path = join(folder, notesName)
  const text = await readText(path).catch((error: unknown) => {
    if (systemCode(error) === 'ENOENT') return '{}'
    throw diskError(error, 'read', path)
  })
  try {
    return runNotes.parse(JSON.parse(text))
  } catch (cause) {
    const remedy = 'Mend it in an editor, or delete it: then nothing is noted of this run.'
    throw new AppError('run/damaged', `${path} cannot be read: it is not what this app writes there.`, remedy, {
      cause,
    })
  }
}
