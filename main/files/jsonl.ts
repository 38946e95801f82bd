/** A file of JSON lines that grows while a run trains: cheap to append to, and readable whatever a crash left in it. */
import { writeAtomic } from './atomic'
import { diskError, systemCode } from './disk-error'
import { disk, type OpenFile } from './layer'
import { linesAsUtf8 } from './text'

export interface JsonLine {
  /** Undefined where it is blank or no JSON object: damaged, or cut off. */
  readonly value: object | undefined
  /** Its bytes, without its end. */
  readonly bytes: Uint8Array
  /** The last one may have no end: a crash cut it off, unless it has a value. */
  readonly ended: boolean
}

const newline = 0x0a
const nul = 0

/** The lines of a file's bytes, in order; as UTF-8, also where an editor has made UTF-16 of them. */
export function* jsonLines(bytes: Uint8Array): Generator<JsonLine> {
  for (const line of parts(linesAsUtf8(bytes), newline)) {
    const value = valueOf(line.bytes)
    if (value !== undefined || !line.bytes.includes(nul)) yield { ...line, value }
    // a power cut can leave zeros where something was to be written: what stands between them is a line each
    else
      for (const { bytes } of parts(line.bytes, nul))
        if (bytes.length > 0) yield { value: valueOf(bytes), bytes, ended: line.ended }
  }
}

/** The values of a file's lines, in order; none where there is no file. @throws AppError `disk/…` */
export async function readJsonLines(path: string): Promise<object[]> {
  const values: object[] = []
  for (const { value } of jsonLines(await readOrEmpty(path))) if (value !== undefined) values.push(value)
  return values
}

/**
 * Takes the lines out of a file that are not to be kept, and a last one that was cut off. Every other line stays where
 * it is, also one that cannot be read.
 *
 * @param aside the file that what is taken out is added to
 * @throws AppError `disk/…`; both files are then as they were, or what is to be taken out is in both
 */
export async function takeOutJsonLines(path: string, keep: (value: object) => boolean, aside: string): Promise<void> {
  const bytes = await readOrEmpty(path)
  const kept: Uint8Array[] = []
  const out: Uint8Array[] = []
  for (const { value, bytes: line, ended } of jsonLines(bytes))
    ((value === undefined ? ended : keep(value)) ? kept : out).push(line)
  const rest = joined(kept)
  if (Buffer.compare(rest, bytes) === 0) return
  if (out.length > 0) await writeAtomic(aside, Buffer.concat([await readOrEmpty(aside), joined(out)]))
  await writeAtomic(path, rest, { verify: true })
}

function joined(lines: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat(lines.flatMap((line) => [line, Uint8Array.of(newline)]))
}

/** Appends lines: gathered in memory, written when asked to. */
export class JsonLinesWriter {
  private pending: string
  private flushing: Promise<void> = Promise.resolve()

  private constructor(
    private readonly path: string,
    private file: OpenFile,
    /** Bytes of whole lines in the file. What lies behind them is a failed write's, and is written over. */
    private end: number,
    separator: string,
  ) {
    this.pending = separator
  }

  /** Opens or creates a file; a line that was cut off at its end is dropped. @throws AppError `disk/…` */
  static async open(path: string): Promise<JsonLinesWriter> {
    try {
      const file = await disk.open(path)
      const bytes = await file.read()
      let end = bytes.lastIndexOf(newline) + 1
      const last = bytes.subarray(end)
      if (valueOf(last) !== undefined) end = bytes.length
      else await file.truncate(end)
      return new JsonLinesWriter(path, file, end, end > 0 && bytes[end - 1] !== newline ? '\n' : '')
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
      await this.file.close()
    }
  }

  /** Closes and leaves the file as it is. */
  async abandon(): Promise<void> {
    this.pending = ''
    await this.file.close()
  }

  private async write(sync: boolean): Promise<void> {
    const text = this.pending
    const bytes = Buffer.from(text)
    try {
      await this.file.write(bytes, this.end)
      this.end += bytes.length
      this.pending = this.pending.slice(text.length)
      if (sync) await this.file.sync()
      if (sync && !(await this.file.hasName())) await this.writeAnew()
    } catch (error) {
      throw diskError(error, 'written', this.path)
    }
  }

  /** The file was deleted under our hands. What was in it can still be read through them. */
  private async writeAnew(): Promise<void> {
    const bytes = (await this.file.read()).subarray(0, this.end)
    const file = await disk.open(this.path)
    await this.file.close()
    this.file = file
    await file.truncate(0)
    await file.write(bytes, 0)
    await file.sync()
  }
}

/** What separators end, and what the last of them leaves. */
function* parts(bytes: Uint8Array, separator: number): Generator<Omit<JsonLine, 'value'>> {
  for (let start = 0; start < bytes.length;) {
    const found = bytes.indexOf(separator, start)
    const end = found === -1 ? bytes.length : found
    yield { bytes: bytes.subarray(start, end), ended: found !== -1 }
    start = end + 1
  }
}

const decoder = new TextDecoder('utf-8', { fatal: true })

/** Undefined where it is no JSON object: a number, say, may be the beginning of another. */
function valueOf(line: Uint8Array): object | undefined {
  try {
    const value: unknown = JSON.parse(decoder.decode(line))
    return typeof value === 'object' && value !== null ? value : undefined
  } catch {
    return undefined
  }
}

async function readOrEmpty(path: string): Promise<Uint8Array> {
  try {
    return await disk.read(path)
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return new Uint8Array(0)
    throw diskError(error, 'read', path)
  }
}
