/** Files beside run.json that hold what a person has noted of a run: that one belongs to the thread or process that trains. */
import type { z } from 'zod'
import { AppError } from '../../preload/errors'
import { diskError, systemCode } from '../files/disk-error'
import { readText } from '../files/text'

/**
 * @param absent what is there where there is no such file, as its text
 * @param deleted what it would mean to delete one that cannot be read: `nothing is noted of this run`
 * @throws AppError `run/damaged`, `disk/…`
 */
export async function readBeside<T>(
  path: string,
  schema: z.ZodType<T>,
  { absent, deleted }: { readonly absent: string; readonly deleted: string },
): Promise<T> {
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
