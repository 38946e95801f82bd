/**
 * Atomic writes: a file is saved so that at any moment, even in a crash, the old or the new content is there in full.
 */
import { createHash } from 'node:crypto'
import { basename, dirname, join } from 'node:path'
import { threadId } from 'node:worker_threads'
import { AppError } from '../../preload/errors'
import { diskError } from './disk-error'
import { disk, type OpenFile } from './layer'

export interface WriteOptions {
  /** Read the new content back and compare it before it takes the old one's place. */
  readonly verify?: boolean
}

/** Numbers temporary files; threads share the process id, so each counts from a place of its own. */
let written = threadId * 2 ** 32

/** A new name in the same folder: what a crash leaves there, `removeTemporaryFiles` knows. */
export function temporaryName(path: string): string {
  return join(dirname(path), `.${basename(path)}.${process.pid}-${(written++).toString(16)}.tmp`)
}

/**
 * Replaces a file's content: temporary file in the same folder, fsync, rename, fsync of the folder
 * (Pillai et al., "All File Systems Are Not Created Equal", OSDI 2014).
 *
 * @throws AppError `disk/…` (`disk/full`, `disk/denied`, …); the old content is then still there, except when only
 * the last fsync failed: then the new one is, complete.
 */
export async function writeAtomic(
  path: string,
  data: Uint8Array | string,
  { verify = false }: WriteOptions = {},
): Promise<void> {
  const bytes = typeof data === 'string' ? new TextEncoder().encode(data) : data
  await replace(path, async (temporary) => {
    await writeNew(temporary, bytes)
    if (verify && Buffer.compare(await disk.read(temporary), bytes) !== 0) throw notAsWritten(temporary)
  })
}

/** The same for what is made piece by piece, and too much to be held; it is always read back. @throws as `writeAtomic` does, and what making throws */
export async function writePieces(path: string, pieces: AsyncIterable<Uint8Array>): Promise<void> {
  await replace(path, async (temporary) => {
    const written = createHash('sha256')
    await makeNew(temporary, async (file) => {
      let at = 0
      for await (const piece of pieces) {
        written.update(piece)
        await file.write(piece, at)
        at += piece.length
      }
    })
    const read = createHash('sha256')
    for await (const piece of disk.stream(temporary)) read.update(piece)
    if (!read.digest().equals(written.digest())) throw notAsWritten(temporary)
  })
}

/** @param write makes the new content, whole, under the name it is given */
async function replace(path: string, write: (temporary: string) => Promise<void>): Promise<void> {
  const temporary = temporaryName(path)
  try {
    await write(temporary)
    await disk.rename(temporary, path)
    await disk.syncFolder(dirname(path))
  } catch (error) {
    // Best effort: what cannot be removed now is removed by removeTemporaryFiles later.
    await disk.remove(temporary).catch(() => undefined)
    throw diskError(error, 'written', path)
  }
}

/**
 * Gives a file another name as well, where something else may have been. The two share one file where the file system
 * can do that: replacing one later leaves the other.
 *
 * @throws AppError `disk/…`; what was there before is then still there
 */
export async function copyAtomic(from: string, to: string): Promise<void> {
  const temporary = temporaryName(to)
  try {
    const linked = await disk.link(from, temporary).then(
      () => true,
      () => false,
    )
    if (!linked) {
      // what says that it failed may have been done
      await disk.remove(temporary)
      return await writeAtomic(to, await disk.read(from), { verify: true })
    }
    await disk.rename(temporary, to)
    // where both were names of one file already, renaming has done nothing
    await disk.remove(temporary)
    await disk.syncFolder(dirname(to))
  } catch (error) {
    await disk.remove(temporary).catch(() => undefined)
    throw diskError(error, 'written', to)
  }
}

/**
 * Removes what writes that never finished left in a folder. Only for the folder's one owner.
 *
 * @returns the names removed.
 */
export async function removeTemporaryFiles(folder: string): Promise<string[]> {
  try {
    const stale = (await disk.list(folder)).filter(isTemporary)
    for (const name of stale) await disk.remove(join(folder, name))
    return stale
  } catch (error) {
    throw diskError(error, 'cleaned up', folder)
  }
}

/** Whether a file's name is one that a write gives before it is finished. */
export function isTemporary(name: string): boolean {
  return /^\..+\.\d+-[0-9a-f]+\.tmp$/.test(name)
}

/**
 * Makes a file that survives a power cut once its folder is synced.
 *
 * @throws the system's error; there is no file then, or (`EEXIST`) another
 */
export function writeNew(path: string, bytes: Uint8Array): Promise<void> {
  return makeNew(path, (file) => file.write(bytes, 0))
}

async function makeNew(path: string, fill: (file: OpenFile) => Promise<void>): Promise<void> {
  const file = await disk.create(path)
  try {
    await fill(file)
    await file.sync()
    await file.close()
  } catch (error) {
    await file.close().catch(() => undefined)
    await disk.remove(path).catch(() => undefined)
    throw error
  }
}

function notAsWritten(path: string): AppError {
  return new AppError(
    'disk/not-as-written',
    `${path} does not read back as it was written; the file it should replace was kept.`,
    'The disk or its connection may be failing: save to another disk, and check this one.',
  )
}
