/** The few file operations that saving needs, in one place so that tests can make each of them fail. */
import * as fs from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { systemCode } from './disk-error'

export interface FileLayer {
  /** Creates a new file; fails where one exists. */
  create(path: string): Promise<OpenFile>
  rename(from: string, to: string): Promise<void>
  /** Makes renames inside a folder survive a power cut. */
  syncFolder(folder: string): Promise<void>
  read(path: string): Promise<Uint8Array>
  remove(path: string): Promise<void>
  list(folder: string): Promise<string[]>
}

export interface OpenFile {
  /** Writes all of it. */
  write(data: Uint8Array): Promise<void>
  sync(): Promise<void>
  close(): Promise<void>
}

export const disk: FileLayer = {
  async create(path) {
    const handle = await fs.open(path, 'wx')
    return { write: (data) => handle.writeFile(data), sync: () => handle.sync(), close: () => handle.close() }
  },
  rename: renamePatiently,
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
  read: (path) => fs.readFile(path),
  remove: (path) => fs.rm(path, { force: true }),
  list: (folder) => fs.readdir(folder),
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
