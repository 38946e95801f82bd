/** The file operations that saving needs, in one place so that tests can make each of them fail (fault injection). */
import { constants, createReadStream } from 'node:fs'
import * as fs from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { AppError } from '../../preload/errors'
import { systemCode } from './disk-error'

export interface FileLayer {
  /** Creates a new file; fails where one exists. */
  create(path: string): Promise<OpenFile>
  /**
   * Opens a file to write in it, a new one where there is none. What only points to a file elsewhere is refused: a run
   * folder that someone hands over must not lead to other files of the person who goes on with it.
   */
  open(path: string): Promise<OpenFile>
  /** Bytes of a file; fails for what is none: opening a named pipe would wait for ever. */
  size(path: string): Promise<number>
  /** Fails for what is no file. */
  read(path: string): Promise<Uint8Array>
  /** The same, piece by piece. */
  stream(path: string): AsyncIterable<Uint8Array>
  /** What lies at the new place is replaced, unless it is a folder with something in it. */
  rename(from: string, to: string): Promise<void>
  /** Gives a file a second name; fails where that is taken, and on file systems without such a thing. */
  link(from: string, to: string): Promise<void>
  /** Removes a file, if it is there. */
  remove(path: string): Promise<void>
  list(folder: string): Promise<string[]>
  /** Makes renames inside a folder survive a power cut. */
  syncFolder(folder: string): Promise<void>
}

export interface OpenFile {
  /** All that is in it. */
  read(): Promise<Uint8Array>
  /** Writes all of it. @param at the first byte's place */
  write(data: Uint8Array, at: number): Promise<void>
  truncate(length: number): Promise<void>
  sync(): Promise<void>
  /** Whether any folder still has it: not, when it was deleted meanwhile. */
  hasName(): Promise<boolean>
  close(): Promise<void>
}

/** Bytes that are read in one piece. */
const mostAtOnce = 2 ** 30

/** Saving goes through here alone. */
export const disk: FileLayer = {
  create: async (path) => openFile(await fs.open(path, 'wx')),
  open: async (path) => openFile(await openOwn(path)),
  size,
  async read(path) {
    // Node reads half a megabyte at a time, and a thread that trains comes back to it between two steps only; what is too
    // much is said by Node
    if ((await size(path)) > mostAtOnce) return fs.readFile(path)
    const file = openFile(await fs.open(path))
    return file.read().finally(() => file.close())
  },
  async *stream(path) {
    await size(path)
    yield* createReadStream(path, { highWaterMark: 2 ** 20 })
  },
  rename: renamePatiently,
  link: (from, to) => fs.link(from, to),
  remove: (path) => fs.rm(path, { force: true }),
  list: (folder) => fs.readdir(folder),
  async syncFolder(folder) {
    // Windows cannot open a folder; NTFS keeps renames in its own journal.
    if (process.platform === 'win32') return
    const handle = await fs.open(folder, 'r')
    try {
      await handle.sync()
    } finally {
      await handle.close()
    }
  },
}

/** Windows has no such flag: a link there needs rights that a folder from elsewhere does not bring along. */
const followNone = constants.O_NOFOLLOW ?? 0

async function openOwn(path: string): Promise<fs.FileHandle> {
  const handle = await fs.open(path, constants.O_RDWR | constants.O_CREAT | followNone).catch((cause: unknown) => {
    if (!['ELOOP', 'EMLINK'].includes(systemCode(cause) ?? '')) throw cause
    const what = `${path} is a link to a file elsewhere, which the app leaves alone.`
    throw new AppError('disk/wrong-kind', what, 'Put the file itself in its place, or take the link away.', { cause })
  })
  // opened for both ways, a pipe is not waited for, but nothing can be done in it
  if (!(await handle.stat()).isFIFO()) return handle
  await handle.close()
  throw noFile(path)
}

async function size(path: string): Promise<number> {
  const found = await fs.stat(path)
  if (found.isFile()) return found.size
  throw noFile(path)
}

function noFile(path: string): AppError {
  return new AppError(
    'disk/wrong-kind',
    `${path} is not a file.`,
    'Move it away, and put back the file that was there.',
  )
}

function openFile(handle: fs.FileHandle): OpenFile {
  return {
    async read() {
      const bytes = Buffer.alloc((await handle.stat()).size)
      let length = 0
      for (let bytesRead = -1; bytesRead !== 0 && length < bytes.length; length += bytesRead)
        ({ bytesRead } = await handle.read(bytes, length, bytes.length - length, length))
      return bytes.subarray(0, length)
    },
    async write(data, at) {
      for (let done = 0; done < data.length;)
        done += (await handle.write(data, done, data.length - done, at + done)).bytesWritten
    },
    truncate: (length) => handle.truncate(length),
    sync: () => handle.sync(),
    hasName: async () => (await handle.stat()).nlink > 0,
    close: () => handle.close(),
  }
}

/** On Windows a virus scanner or indexer may hold a fresh file for a moment: try for a second before giving up. */
async function renamePatiently(from: string, to: string): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await fs.rename(from, to)
    } catch (error) {
      const held = ['EPERM', 'EACCES', 'EBUSY'].includes(systemCode(error) ?? '')
      if (process.platform !== 'win32' || !held || attempt === 10) throw error
      await sleep(100)
    }
  }
}
