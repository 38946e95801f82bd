/** The codes that a person has saved of a run: a file of its own beside run.json, as notes are, and for the same reason. */
import { join } from 'node:path'
import { z } from 'zod'
import { mostSavedCodes, savedCode, type SavedCode } from '../../preload/contract'
import { AppError } from '../../preload/errors'
import { changeBeside, readBeside, type Beside } from './beside'
import { codesName } from './names'

const kind: Beside<{ codes: SavedCode[] }> = {
  schema: z.object({ codes: z.array(savedCode) }),
  absent: '{"codes":[]}',
  deleted: 'no codes are saved of this run',
  write: (kept) => `${JSON.stringify(kept)}\n`,
}

/** In the order in which they were saved; none where there is no such file. @throws AppError `run/damaged`, `disk/…` */
export async function readCodes(folder: string): Promise<SavedCode[]> {
  return (await readBeside(join(folder, codesName), kind)).codes
}

/**
 * Saves a code, or in place of the one with its id: under another name, or back where it was.
 * @throws AppError `run/many-codes`, and as `readCodes`
 */
export function keepCode(folder: string, code: SavedCode): Promise<SavedCode[]> {
  return changeCodes(folder, (codes) => {
    const others = codes.filter(({ id }) => id !== code.id)
    if (others.length >= mostSavedCodes)
      throw new AppError(
        'run/many-codes',
        `There are ${mostSavedCodes} saved codes of this run, and no room for more.`,
        'Delete one that is not needed any more.',
      )
    return [...others, code]
  })
}

/** Forgets a code; one that is not there is no error. @throws AppError as `readCodes` */
export function dropCode(folder: string, id: string): Promise<SavedCode[]> {
  return changeCodes(folder, (codes) => codes.filter((code) => code.id !== id))
}

async function changeCodes(folder: string, change: (codes: SavedCode[]) => SavedCode[]): Promise<SavedCode[]> {
  const changed = await changeBeside(join(folder, codesName), kind, ({ codes }) => ({
    codes: change(codes).toSorted((a, b) => a.savedAt.localeCompare(b.savedAt)),
  }))
  return changed.codes
}
