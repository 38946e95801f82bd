/** Saves a file so that at every moment, even of a crash, either the old or the new content is there in full. */
import { basename, dirname, join } from 'node:path'
import { threadId } from 'node:worker_threads'
import { AppError } from '../../preload/errors'
import { diskError } from './disk-error'
import { disk, type FileLayer } from './layer'

export interface WriteOptions {
  /** Read the new content back and compare it before it takes the old one's place. */
  readonly verify?: boolean
  readonly layer?: FileLayer
}

/** Numbers temporary files; threads share the process id, so each counts from a place of its own. */
let written = threadId * 2 ** 32

/**
 * Replaces a file's content: temporary file in the same folder, fsync, rename, fsync of the folder
 * (Pillai et al., "All File Systems Are Not Created Equal", OSDI 2014).
 *
 * @throws AppError `disk/…` (`disk/full`, `disk/denied`, …); the old content is then still there, except when only
 * the last fsync failed: then the new one is, complete.
 */
export async function writeAtomic(path: string, data: Uint8Array | string, options: WriteOptions = {}): Promise<void> {
  const { verify = false, layer = disk } = options
  const bytes = typeof data === 'string' ? new TextEncoder().encode(data) : data
  const temporary = join(dirname(path), `.${basename(path)}.${process.pid}-${(written++).toString(16)}.tmp`)
  try {
    await writeSynced(temporary, bytes, layer)
    if (verify) await compare(temporary, bytes, layer)
    await layer.rename(temporary, path)
    await layer.syncFolder(dirname(path))
  } catch (error) {
    // Best effort: what cannot be removed now is removed by removeTemporaryFiles later.
    await layer.remove(temporary).catch(() => undefined)
    throw diskError(error, 'written', path)
  }
}

/**
 * Removes what writes that never finished left in a folder. Only for the folder's one owner.
 *
 * @returns the names removed.
 */
export async function removeTemporaryFiles(folder: string, layer: FileLayer = disk): Promise<string[]> {
  try {
    const stale = (await layer.list(folder)).filter((name) => /^\..+\.\d+-[0-9a-f]+\.tmp$/.test(name))
    for (const name of stale) await layer.remove(join(folder, name))
    return stale
  } catch (error) {
    throw diskError(error, 'cleaned up', folder)
  }
}

async function writeSynced(path: string, bytes: Uint8Array, layer: FileLayer): Promise<void> {
  const file = await layer.create(path)
  try {
    await file.write(bytes)
    await file.sync()
  } catch (error) {
    await file.close().catch(() => undefined)
    throw error
  }
  await file.close()
}

async function compare(path: string, bytes: Uint8Array, layer: FileLayer): Promise<void> {
  if (Buffer.compare(await layer.read(path), bytes) === 0) return
  throw new AppError(
    'disk/not-as-written',
    `${path} does not read back as it was written; the file it should replace was kept.`,
    'The disk or its connection may be failing: save to another disk, and check this one.',
  )
}
