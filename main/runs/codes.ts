/** The codes that a person has saved of a run: a file of its own beside run.json, as notes are, and for the same reason. */
import { join } from 'node:path'
import { z } from 'zod'
import { mostSavedCodes, savedCode, type SavedCode } from '../../preload/contract'
import { AppError } from '../../preload/errors'
import { writeAtomic } from '../files/atomic'
import { diskError, systemCode } from '../files/disk-error'
import { readText } from '../files/text'
import { codesName } from './names'

const file = z.object({ codes: z.array(savedCode) })

/** In the order in which they were saved; none where there is no such file. @throws AppError `run/damaged`, `disk/…` */
export async function readCodes(folder: string): Promise<SavedCode[]> {
  const path = join(folder, codesName)
  const text = await readText(path).catch((error: unknown) => {
    if (systemCode(error) === 'ENOENT') return '{"codes":[]}'
    throw diskError(error, 'read', path)
  })
  try {
    return file.parse(JSON.parse(text)).codes
  } catch (cause) {
    const remedy = 'Mend it in an editor, or delete it: then no codes are saved of this run.'
    throw new AppError('run/damaged', `${path} cannot be read: it is not what this app writes there.`, remedy, {
      cause,
    })
  }
}

/**
 * Saves a code, or in place of the one with its id: under another name, or back where it was.
 * @throws AppError `run/many-codes`, and as `readCodes`
 */
export async function keepCode(folder: string, code: SavedCode): Promise<SavedCode[]> {
  const others = (await readCodes(folder)).filter(({ id }) => id !== code.id)
  if (others.length >= mostSavedCodes)
    throw new AppError(
      'run/many-codes',
      `There are ${mostSavedCodes} saved codes of this run, and no room for more.`,
      'Delete one that is not needed any more.',
    )
  return writeCodes(folder, [...others, code])
}

/** Forgets a code; one that is not there is no error. @throws AppError as `readCodes` */
export async function dropCode(folder: string, id: string): Promise<SavedCode[]> {
  return writeCodes(
    folder,
    (await readCodes(folder)).filter((code) => code.id !== id),
  )
}

async function writeCodes(folder: string, codes: SavedCode[]): Promise<SavedCode[]> {
  const sorted = codes.toSorted((a, b) => a.savedAt.localeCompare(b.savedAt))
  await writeAtomic(join(folder, codesName), `${JSON.stringify({ codes: sorted })}\n`)
  return sorted
}
