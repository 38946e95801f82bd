/** Files beside run.json that hold what a person has noted of a run: that one belongs to the thread or process that trains. */
import type { z } from 'zod'
import { AppError } from '../../preload/errors'
import { writeAtomic } from '../files/atomic'
import { diskError, systemCode } from '../files/disk-error'
import { readText } from '../files/text'

/** A kind of such a file. */
export interface Beside<T> {
  readonly schema: z.ZodType<T>
  /** What is there where there is no such file, as its text. */
  readonly absent: string
  /** What it would mean to delete one that cannot be read: `nothing is noted of this run`. */
  readonly deleted: string
  /** Its text. */
  readonly write: (value: T) => string
}

/** @throws AppError `run/damaged`, `disk/…` */
export async function readBeside<T>(path: string, { schema, absent, deleted }: Beside<T>): Promise<T> {
  const text = await readText(path).catch((error: unknown) => {
    if (systemCode(error) === 'ENOENT') return absent
    throw diskError(error, 'read', path)
  })
  try {
    return schema.parse(JSON.parse(text))
  } catch (cause) {
    const remedy = `Mend it in an editor, or delete it: then ${deleted}.`
    throw new AppError('run/damaged', `${path} cannot be read: it is not what this app writes there.`, remedy, {
      cause,
    })
  }
}

/** The last change of each file that is under way. */
const changing = new Map<string, Promise<unknown>>()

/**
 * Changes what is there, one change after another: two at once would both begin with what was there before, and one be
 * lost.
 *
 * @returns what is there then @throws AppError as `readBeside`, and what `change` throws: nothing has changed then
 */
export async function changeBeside<T>(path: string, kind: Beside<T>, change: (value: T) => T): Promise<T> {
  const before = changing.get(path)
  const turn = (async () => {
    await before?.catch(() => undefined)
    const value = change(await readBeside(path, kind))
    await writeAtomic(path, kind.write(value))
    return value
  })()
  changing.set(path, turn)
  try {
    return await turn
  } finally {
    if (changing.get(path) === turn) changing.delete(path)
  }
}
