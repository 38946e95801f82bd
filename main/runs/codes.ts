/** The codes that a person has saved of a run: a file of its own beside run.json, as notes are, and for the same reason. */
import { join } from 'node:path'
import { z } from 'zod'
import { mostSavedCodes, savedCode, type SavedCode } from '../../preload/contract'
import { AppError } from '../../preload/errors'
import { writeAtomic } from '../files/atomic'
import { readBeside } from './beside'
import { codesName } from './names'

const file = z.object({ codes: z.array(savedCode) })

/** In the order in which they were saved; none where there is no such file. @throws AppError `run/damaged`, `disk/…` */
export async function readCodes(folder: string): Promise<SavedCode[]> {
  const kept = { absent: '{"codes":[]}', deleted: 'no codes are saved of this run' }
  return (await readBeside(join(folder, codesName), file, kept)).codes
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
