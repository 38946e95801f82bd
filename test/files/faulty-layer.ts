/**
 * A file system in memory that fails, or crashes, at a chosen operation, and knows what a power cut would leave:
 * file contents as of their last fsync, names as of the folder's last fsync.
 */
import { basename, dirname } from 'node:path'
import type { FileLayer } from '../../main/files/layer'

interface Inode {
  data: Uint8Array
  /** What a power cut leaves of it. */
  durable: Uint8Array
}

export class FaultyLayer implements FileLayer {
  private names = new Map<string, Inode>()
  private durableNames = new Map<string, Inode>()
  private crashed = false
  readonly operations: string[] = []

  /** @param failAt the operation (from 0) that fails; @param code of the error, `CRASH` to stop there for good. */
  constructor(
    private failAt = Infinity,
    private readonly code = 'EIO',
  ) {}

  /** Puts a file there as if it had been saved long ago. */
  seed(path: string, data: Uint8Array): void {
    const inode = { data, durable: data }
    this.names.set(path, inode)
    this.durableNames.set(path, inode)
  }

  content(path: string): Uint8Array | undefined {
    return this.names.get(path)?.data
  }

  paths(): string[] {
    return [...this.names.keys()]
  }

  /** Both ends of what a power cut may leave: names as of the last folder fsync, or all of the later renames too. */
  afterPowerCut(path: string): (Uint8Array | undefined)[] {
    return [this.durableNames.get(path)?.durable, this.names.get(path)?.durable]
  }

  async create(path: string) {
    this.operate('create')
    if (this.names.has(path)) throw systemError('EEXIST')
    const inode: Inode = { data: new Uint8Array(0), durable: new Uint8Array(0) }
    this.names.set(path, inode)
    return {
      write: async (data: Uint8Array) => {
        this.operate('write', () => {
          // A write that fails has often written some of it.
          inode.data = data.slice(0, data.length / 2)
        })
        inode.data = data.slice()
      },
      sync: async () => {
        this.operate('sync')
        inode.durable = inode.data
      },
      close: async () => this.operate('close'),
    }
  }

  async rename(from: string, to: string) {
    this.operate('rename')
    const inode = this.names.get(from)
    if (inode === undefined) throw systemError('ENOENT')
    this.names.delete(from)
    this.names.set(to, inode)
  }

  async syncFolder(folder: string) {
    this.operate('syncFolder')
    for (const path of this.durableNames.keys()) if (dirname(path) === folder) this.durableNames.delete(path)
    for (const [path, inode] of this.names) if (dirname(path) === folder) this.durableNames.set(path, inode)
  }

  async read(path: string) {
    this.operate('read')
    const inode = this.names.get(path)
    if (inode === undefined) throw systemError('ENOENT')
    return inode.data.slice()
  }

  async remove(path: string) {
    this.operate('remove')
    this.names.delete(path)
  }

  async list(folder: string) {
    this.operate('list')
    return [...this.names.keys()].filter((path) => dirname(path) === folder).map((path) => basename(path))
  }

  private operate(name: string, partly: () => void = () => undefined): void {
    if (this.crashed) throw systemError('CRASH')
    const index = this.operations.push(name) - 1
    if (index !== this.failAt) return
    partly()
    this.crashed = this.code === 'CRASH'
    throw systemError(this.code)
  }
}

export function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: made to fail`), { code })
}
