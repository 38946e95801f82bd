/** A file of JSON lines that grows while a run trains: cheap to append to, and readable whatever a crash left at its end. */
import { open, readFile, truncate, type FileHandle } from 'node:fs/promises'
import { diskError, systemCode } from './disk-error'

export interface JsonLines {
  /** Of every whole line that is JSON, in order. */
  readonly values: unknown[]
  /** Whole lines that are not JSON: the file was damaged there. */
  readonly damaged: number
  /** Bytes of whole lines; what follows is a line that a crash cut off. */
  readonly length: number
}

/** The lines of a file's bytes; a last line without its end is left out. */
export function parseJsonLines(bytes: Uint8Array): JsonLines {
  const values: unknown[] = []
  let damaged = 0
  let length = 0
  for (const { value, end } of wholeLines(bytes)) {
    if (value === undefined) damaged++
    else values.push(value)
    length = end
  }
  return { values, damaged, length }
}

/** The lines of a file; none where there is no file. @throws AppError `disk/…` */
export async function readJsonLines(path: string): Promise<JsonLines> {
  return parseJsonLines(await readOrEmpty(path))
}

/**
 * Cuts a file off before its first value that is not to be kept, and a cut-off last line in any case.
 *
 * @throws AppError `disk/…`
 */
export async function truncateJsonLines(path: string, keep: (value: unknown) => boolean): Promise<void> {
  const bytes = await readOrEmpty(path)
  let length = 0
  for (const { value, end } of wholeLines(bytes)) {
    if (value !== undefined && !keep(value)) break
    length = end
  }
  if (length === bytes.length) return
  try {
    await truncate(path, length)
  } catch (error) {
    throw diskError(error, 'cut', path)
  }
}

/** Each whole line: its value, undefined where it is not JSON, and where the next one starts. */
function* wholeLines(bytes: Uint8Array): Generator<{ value: unknown; end: number }> {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  let start = 0
  for (let newline = bytes.indexOf(0x0a); newline !== -1; newline = bytes.indexOf(0x0a, start)) {
    let value: unknown
    try {
      value = JSON.parse(decoder.decode(bytes.subarray(start, newline)))
    } catch {
      value = undefined
    }
    start = newline + 1
    yield { value, end: start }
  }
}

/** Appends lines: gathered in memory, written when asked to. */
export class JsonLinesWriter {
  private pending = ''
  private flushing: Promise<void> = Promise.resolve()

  private constructor(
    private readonly path: string,
    private handle: FileHandle,
    /** Bytes of whole lines in the file. What lies behind them is a failed write's, and is written over. */
    private end: number,
  ) {}

  /** Opens or creates a file; a line that was cut off at its end is dropped. @throws AppError `disk/…` */
  static async open(path: string): Promise<JsonLinesWriter> {
    try {
      const handle = await open(path, 'a+').then(async (created) => {
        await created.close()
        return open(path, 'r+')
      })
      const { length } = parseJsonLines(await handle.readFile())
      await handle.truncate(length)
      return new JsonLinesWriter(path, handle, length)
    } catch (error) {
      throw diskError(error, 'opened', path)
    }
  }

  /** Only memory is touched. */
  append(value: unknown): void {
    this.pending += `${JSON.stringify(value)}\n`
  }

  /**
   * Writes what was appended, and makes it survive a power cut where `sync` is asked for.
   *
   * @throws AppError `disk/…`; nothing is lost then: the next flush tries again.
   */
  flush(options: { sync?: boolean } = {}): Promise<void> {
    // One after the other: each starts where the one before it ended.
    this.flushing = this.flushing.catch(() => undefined).then(() => this.write(options.sync ?? false))
    return this.flushing
  }

  /** Flushes and closes. @throws AppError `disk/…` */
  async close(): Promise<void> {
    try {
      await this.flush({ sync: true })
    } finally {
      await this.handle.close()
    }
  }

  private async write(sync: boolean): Promise<void> {
    const text = this.pending
    const bytes = Buffer.from(text)
    try {
      for (let done = 0; done < bytes.length;) {
        const { bytesWritten } = await this.handle.write(bytes, done, bytes.length - done, this.end + done)
        done += bytesWritten
      }
      this.end += bytes.length
      this.pending = this.pending.slice(text.length)
      if (sync) await this.handle.datasync()
      if (sync && (await this.handle.stat()).nlink === 0) await this.writeAnew()
    } catch (error) {
      throw diskError(error, 'written', this.path)
    }
  }

  /** The file was deleted under our hands. What was in it can still be read through them. */
  private async writeAnew(): Promise<void> {
    const bytes = Buffer.alloc(this.end)
    await this.handle.read(bytes, 0, bytes.length, 0)
    const handle = await open(this.path, 'w+')
    await this.handle.close()
    this.handle = handle
    await handle.write(bytes, 0, bytes.length, 0)
    await handle.datasync()
  }
}

async function readOrEmpty(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path)
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return new Uint8Array(0)
    throw diskError(error, 'read', path)
  }
}
