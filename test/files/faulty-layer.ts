/**
 * A file system in memory that fails, or crashes, at a chosen operation, and knows what a power cut would leave:
 * file contents as of their last fsync, names as of the folder's last fsync.
 */
import { basename, dirname } from 'node:path'
import { disk, type FileLayer, type OpenFile } from '../../main/files/layer'

interface Inode {
  data: Uint8Array
  /** What a power cut leaves of it. */
  durable: Uint8Array
}

export interface Fault {
  /** The operation (from 0) that fails. */
  readonly at: number
  /** Of the error; `CRASH` to stop there for good. */
  readonly code: string
  /** Whether the operation has been done all the same: not, by default. */
  readonly done?: boolean | undefined
  /** How many operations fail, one after the other; default: 1. */
  readonly times?: number | undefined
}

const real: FileLayer = { ...disk }

export class FaultyLayer implements FileLayer {
  private names = new Map<string, Inode>()
  private durableNames = new Map<string, Inode>()
  private crashed = false
  readonly operations: string[] = []

  /** @param slow whether other work gets its turn before each operation, as with a real disk */
  constructor(
    private readonly fault?: Fault,
    private readonly slow = false,
  ) {}

  /** Everything saves here, until `restoreDisk`. */
  install(): this {
    for (const name of Object.keys(real) as (keyof FileLayer)[]) {
      const operation = (this[name] as (...args: never[]) => unknown).bind(this)
      Object.assign(disk, { [name]: this.slow && name !== 'stream' ? later(operation) : operation })
    }
    return this
  }

  /** Puts a file there as if it had been saved long ago. */
  seed(path: string, data: Uint8Array): this {
    const inode = { data, durable: data }
    this.names.set(path, inode)
    this.durableNames.set(path, inode)
    return this
  }

  content(path: string): Uint8Array | undefined {
    return this.names.get(path)?.data
  }

  paths(): string[] {
    return [...this.names.keys()]
  }

  /** Both ends of what a power cut may leave of a file: names as of the last folder fsync, or all later ones too. */
  afterPowerCut(path: string): (Uint8Array | undefined)[] {
    return [this.durableNames.get(path)?.durable, this.names.get(path)?.durable]
  }

  /** What a new start finds: after the end of the process, and both ends of what a power cut may leave. */
  left(fault?: Fault): Record<'kill' | 'power cut, old names' | 'power cut, new names', FaultyLayer> {
    const of = (names: ReadonlyMap<string, Inode>, data: (inode: Inode) => Uint8Array) => {
      const layer = new FaultyLayer(fault)
      for (const [path, inode] of names) layer.seed(path, data(inode).slice())
      return layer
    }
    return {
      kill: of(this.names, ({ data }) => data),
      'power cut, old names': of(this.durableNames, ({ durable }) => durable),
      'power cut, new names': of(this.names, ({ durable }) => durable),
    }
  }

  async create(path: string): Promise<OpenFile> {
    return this.operate('create', () => {
      if (this.names.has(path)) throw systemError('EEXIST')
      return this.opened(this.made(path))
    })
  }

  async open(path: string): Promise<OpenFile> {
    return this.operate('open', () => this.opened(this.names.get(path) ?? this.made(path)))
  }

  async read(path: string): Promise<Uint8Array> {
    return this.operate('read', () => this.found(path).data.slice())
  }

  async *stream(path: string): AsyncGenerator<Uint8Array> {
    yield await this.read(path)
  }

  async size(path: string): Promise<number> {
    return this.operate('size', () => this.found(path).data.length)
  }

  async rename(from: string, to: string): Promise<void> {
    this.operate('rename', () => {
      const inode = this.found(from)
      // two names of one file: nothing is done (man 2 rename)
      if (this.names.get(to) === inode) return
      this.names.delete(from)
      this.names.set(to, inode)
    })
  }

  async link(from: string, to: string): Promise<void> {
    this.operate('link', () => {
      if (this.names.has(to)) throw systemError('EEXIST')
      this.names.set(to, this.found(from))
    })
  }

  async remove(path: string): Promise<void> {
    this.operate('remove', () => this.names.delete(path))
  }

  async list(folder: string): Promise<string[]> {
    return this.operate('list', () => this.paths().filter((path) => dirname(path) === folder)).map((path) =>
      basename(path),
    )
  }

  async syncFolder(folder: string): Promise<void> {
    this.operate('syncFolder', () => {
      for (const path of this.durableNames.keys()) if (dirname(path) === folder) this.durableNames.delete(path)
      for (const [path, inode] of this.names) if (dirname(path) === folder) this.durableNames.set(path, inode)
    })
  }

  private opened(inode: Inode): OpenFile {
    const file = this.fileOf(inode)
    if (!this.slow) return file
    return Object.fromEntries(Object.entries(file).map(([name, work]) => [name, later(work)])) as unknown as OpenFile
  }

  private fileOf(inode: Inode): OpenFile {
    const put = (data: Uint8Array, at: number) => {
      const longer = new Uint8Array(Math.max(inode.data.length, at + data.length))
      longer.set(inode.data)
      longer.set(data, at)
      inode.data = longer
    }
    return {
      read: async () => this.operate('read', () => inode.data.slice()),
      write: async (data, at) =>
        this.operate(
          'write',
          () => put(data, at),
          // a write that fails has often written some of it
          () => put(data.subarray(0, data.length / 2), at),
        ),
      truncate: async (length) => this.operate('truncate', () => void (inode.data = inode.data.slice(0, length))),
      sync: async () => this.operate('sync', () => void (inode.durable = inode.data)),
      hasName: async () => [...this.names.values()].includes(inode),
      close: async () => this.operate('close', () => undefined),
    }
  }

  private made(path: string): Inode {
    const inode: Inode = { data: new Uint8Array(0), durable: new Uint8Array(0) }
    this.names.set(path, inode)
    return inode
  }

  private found(path: string): Inode {
    const inode = this.names.get(path)
    if (inode === undefined) throw systemError('ENOENT')
    return inode
  }

  private operate<T>(name: string, work: () => T, partly: () => void = () => undefined): T {
    if (this.crashed) throw systemError('CRASH')
    const index = this.operations.push(name) - 1
    const { fault } = this
    if (fault === undefined || index < fault.at || index >= fault.at + (fault.times ?? 1)) return work()
    if (fault.done === true) work()
    else partly()
    this.crashed = fault.code === 'CRASH'
    throw systemError(fault.code)
  }
}

function later(operation: (...args: never[]) => unknown): (...args: never[]) => Promise<unknown> {
  return async (...args) => {
    await new Promise((resolve) => setImmediate(resolve))
    return operation(...args)
  }
}

/** Saving goes to the disk again. */
export function restoreDisk(): void {
  Object.assign(disk, real)
}

export function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: made to fail`), { code })
}
