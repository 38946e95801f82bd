/**
 * ZIP archives, read through their central directory alone (APPNOTE.TXT 6.3, 4.3–4.5): one that is held, or one in a file, of
 * which no more than one of its files is ever held. Sizes, places and checksums are held against what is there before anything
 * is allocated for it.
 */
import { open } from 'node:fs/promises'
import { crc32, inflateRawSync } from 'node:zlib'
import { AppError, quote } from '../../preload/errors'
import { headBytes, methods, signatures } from './zip'

/** What is read at most. */
interface ReadZip {
  /** Bytes of all files together, unpacked. */
  readonly mostBytes: number
  /** Bytes of one of them; default: of all. */
  readonly mostOfOne?: number
  readonly mostFiles: number
}

/** A file of an archive, as its list has it. */
export interface Entry {
  readonly path: string
  readonly method: number
  readonly crc: number
  /** Bytes in the archive, and unpacked. */
  readonly packed: number
  readonly size: number
  /** Where its head stands. */
  readonly offset: number
}

/** An archive in a file. */
export interface OpenZip {
  /** Without folders. */
  readonly entries: readonly Entry[]
  /** Unpacked, and held against its checksum. @throws AppError `zip/damaged`, or the system's error */
  data(entry: Entry): Promise<Uint8Array>
  close(): Promise<void>
}

const encrypted = 0x1
/** Bytes of an archive's own comment. */
const mostComment = 0xffff
/** No method of compression gives more than so many bytes of one. */
const mostGain = 1032
/** Of the list of what is in it: a hundred times what those of this app take. */
const mostList = 2 ** 26
/** From the first of what tells where the list is to an archive's end. */
const mostTail = headBytes.end64 + headBytes.locator + headBytes.end + mostComment

/** Whether it begins as an archive does. */
export function looksLikeZip(bytes: Uint8Array): boolean {
  return bytes.length >= 4 && viewOf(bytes).getUint32(0, true) === signatures.local
}

/**
 * All files of an archive that is held, by their names; of those that are stored, views of it.
 *
 * @param name of the archive, for messages
 * @throws AppError `zip/damaged`, `zip/too-large`
 */
export function decodeZip(bytes: Uint8Array, name: string, most: ReadZip): Map<string, Uint8Array> {
  const list = new Layout(name, bytes.length)
  const tail = bytes.subarray(-mostTail)
  const { start, end, count } = list.directory(tail)
  const entries = list.entries(bytes.subarray(start, end), count, most)
  return new Map(
    entries.map((entry) => {
      const at = list.body(entry, bytes.subarray(entry.offset, entry.offset + headBytes.local))
      return [entry.path, list.unpacked(entry, bytes.subarray(at, at + entry.packed))]
    }),
  )
}

/**
 * An archive in a file; null: it does not begin as one does.
 *
 * @throws AppError `zip/damaged`, `zip/too-large`, or the system's error
 */
export async function openZip(path: string, most: ReadZip): Promise<OpenZip | null> {
  const file = await open(path)
  /** Fewer where the file ends. */
  const bytes = async (at: number, length: number): Promise<Uint8Array> => {
    const buffer = Buffer.alloc(length)
    let come = 0
    for (let bytesRead = -1; bytesRead !== 0 && come < length; come += bytesRead)
      ({ bytesRead } = await file.read(buffer, come, length - come, at + come))
    return buffer.subarray(0, come)
  }
  try {
    if (!looksLikeZip(await bytes(0, 4))) {
      await file.close()
      return null
    }
    const { size } = await file.stat()
    const list = new Layout(path, size)
    const tail = Math.min(size, mostTail)
    const { start, end, count } = list.directory(await bytes(size - tail, tail))
    return {
      entries: list.entries(await bytes(start, end - start), count, most),
      async data(entry) {
        const at = list.body(entry, await bytes(entry.offset, headBytes.local))
        return list.unpacked(entry, await bytes(at, entry.packed))
      },
      close: () => file.close(),
    }
  } catch (error) {
    await file.close().catch(() => undefined)
    throw error
  }
}

/** What parts of an archive say of it. */
class Layout {
  /** @param size of the archive, bytes */
  constructor(
    private readonly name: string,
    private readonly size: number,
  ) {}

  /** Where the central directory lies, and of how many files. @param tail the archive's end, `mostTail` bytes or all of it */
  directory(tail: Uint8Array): { start: number; end: number; count: number } {
    const view = viewOf(tail)
    const first = Math.max(0, tail.length - headBytes.end - mostComment)
    let at = tail.length - headBytes.end
    while (at >= first && view.getUint32(at, true) !== signatures.end) at--
    if (at < first) throw this.damaged('is not whole: the list of what is in it, at its end, is missing')
    let [count, length, start] = [
      view.getUint16(at + 10, true),
      view.getUint32(at + 12, true),
      view.getUint32(at + 16, true),
    ]
    const before = this.size - tail.length
    const locator = at - headBytes.locator
    if (locator >= 0 && view.getUint32(locator, true) === signatures.locator) {
      const large = this.number64(view, locator + 8) - before
      this.expect(view, large, headBytes.end64, signatures.end64)
      count = this.number64(view, large + 32)
      length = this.number64(view, large + 40)
      start = this.number64(view, large + 48)
    }
    if (start + length > before + at)
      throw this.damaged('is not whole: the list of what is in it is not where it should be')
    if (length > mostList) throw this.tooLarge(`a list of ${length} bytes`)
    return { start, end: start + length, count }
  }

  /** What the central directory lists, without folders. */
  entries(directory: Uint8Array, count: number, { mostBytes, mostOfOne = mostBytes, mostFiles }: ReadZip): Entry[] {
    if (count > mostFiles) throw this.tooLarge(`${count} files`)
    const entries: Entry[] = []
    const names = new Set<string>()
    let total = 0
    let at = 0
    for (let i = 0; i < count; i++) {
      const { entry, next } = this.entry(directory, at)
      if (names.has(entry.path)) throw this.damaged(`names ${quote(entry.path)} twice`)
      names.add(entry.path)
      total += entry.size
      if (total > mostBytes) throw this.tooLarge(`more than ${mostBytes} bytes`)
      if (entry.size > mostOfOne) throw this.tooLarge(`${quote(entry.path)} of ${entry.size} bytes`)
      entries.push(entry)
      at = next
    }
    return entries.filter(({ path }) => !path.endsWith('/'))
  }

  /** Where a file's own bytes begin. @param head the archive's bytes from its offset */
  body({ path, offset, packed }: Entry, head: Uint8Array): number {
    const view = viewOf(head)
    this.expect(view, 0, headBytes.local, signatures.local)
    const start = offset + headBytes.local + view.getUint16(26, true) + view.getUint16(28, true)
    if (start + packed > this.size) throw this.damaged(`ends inside ${quote(path)}`)
    return start
  }

  unpacked({ path, method, crc, size }: Entry, body: Uint8Array): Uint8Array {
    const data = method === methods.stored ? body : this.inflate(path, body, size)
    if (data.length !== size || crc32(data) !== crc)
      throw this.damaged(`holds ${quote(path)} otherwise than it was written: its checksum is another`)
    return data
  }

  private inflate(path: string, body: Uint8Array, size: number): Uint8Array {
    try {
      const { buffer, byteOffset, byteLength } = inflateRawSync(body, { maxOutputLength: Math.max(size, 1) })
      return new Uint8Array(buffer, byteOffset, byteLength)
    } catch (cause) {
      throw this.damaged(`holds ${quote(path)} in a way that cannot be unpacked`, cause)
    }
  }

  private entry(directory: Uint8Array, at: number): { entry: Entry; next: number } {
    const view = viewOf(directory)
    if (at + headBytes.central > directory.length) throw this.damaged('lists fewer files than it says')
    this.expect(view, at, headBytes.central, signatures.central)
    const [flags, method, crc] = [
      view.getUint16(at + 8, true),
      view.getUint16(at + 10, true),
      view.getUint32(at + 16, true),
    ]
    const [nameBytes, extraBytes, commentBytes] = [28, 30, 32].map((place) => view.getUint16(at + place, true)) as [
      number,
      number,
      number,
    ]
    const nameEnd = at + headBytes.central + nameBytes
    const next = nameEnd + extraBytes + commentBytes
    if (next > directory.length) throw this.damaged('lists fewer files than it says')
    const path = new TextDecoder().decode(directory.subarray(at + headBytes.central, nameEnd))
    const [packed, size, offset] = this.places(view, at, nameEnd, nameEnd + extraBytes)
    if ((flags & encrypted) !== 0) throw this.damaged(`holds ${quote(path)} behind a password`)
    if (method !== methods.stored && method !== methods.deflated)
      throw this.damaged(`holds ${quote(path)} packed in a way that this app does not read (method ${method})`)
    if (packed > this.size || size > packed * mostGain + 64 || (method === methods.stored && size !== packed))
      throw this.damaged(`gives ${quote(path)} a size that it cannot have`)
    return { entry: { path, method, crc, packed, size, offset }, next }
  }

  /** Bytes in the archive, bytes unpacked and offset: those that need more than 32 bits stand behind the name. */
  private places(view: DataView, at: number, extra: number, end: number): [number, number, number] {
    const narrow = {
      size: view.getUint32(at + 24, true),
      packed: view.getUint32(at + 20, true),
      offset: view.getUint32(at + 42, true),
    }
    for (let field = extra; field + 4 <= end;) {
      const [id, length] = [view.getUint16(field, true), view.getUint16(field + 2, true)]
      if (id === 1) {
        let place = field + 4
        for (const key of ['size', 'packed', 'offset'] as const)
          if (narrow[key] === 0xffffffff && place + 8 <= Math.min(end, field + 4 + length)) {
            narrow[key] = this.number64(view, place)
            place += 8
          }
      }
      field += 4 + length
    }
    return [narrow.packed, narrow.size, narrow.offset]
  }

  private number64(view: DataView, at: number): number {
    if (at + 8 > view.byteLength) throw this.damaged('ends too early')
    const number = Number(view.getBigUint64(at, true))
    // no file is so long
    if (!Number.isSafeInteger(number)) throw this.damaged('names a place that is in no file')
    return number
  }

  private expect(view: DataView, at: number, length: number, signature: number): void {
    if (at < 0 || at + length > view.byteLength || view.getUint32(at, true) !== signature)
      throw this.damaged('is not whole: what it lists is not where it should be')
  }

  private damaged(what: string, cause?: unknown): AppError {
    return new AppError(
      'zip/damaged',
      `${this.name} ${what}.`,
      'If it is still being copied, wait until it is there. Else copy it again, or save it again where it came from.',
      { cause },
    )
  }

  private tooLarge(what: string): AppError {
    return new AppError(
      'zip/too-large',
      `${this.name} holds ${what}, far more than this app reads.`,
      'Take another file.',
    )
  }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
