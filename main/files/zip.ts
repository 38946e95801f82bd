/**
 * ZIP archives, of the kind that PyTorch keeps weights in and that systems make of folders (APPNOTE.TXT 6.3, 4.3–4.5).
 * Read through the central directory alone; sizes, places and checksums are held against what is there before anything is
 * allocated for it. What compresses is Node's own zlib.
 */
import { crc32, deflateRawSync, inflateRawSync } from 'node:zlib'
import { AppError, quote } from '../../preload/errors'

export interface ZipFile {
  /** With slashes between folders. */
  readonly name: string
  readonly data: Uint8Array
}

interface WriteZip {
  /** Each file's first byte stands at a multiple of it: those of PyTorch at 64. */
  readonly align?: number
  /** Made smaller, where that is so. */
  readonly compress?: boolean
}

interface ReadZip {
  /** Bytes of all files together, unpacked. */
  readonly mostBytes: number
  readonly mostFiles: number
}

const signatures = { local: 0x04034b50, central: 0x02014b50, end: 0x06054b50, end64: 0x06064b50, locator: 0x07064b50 }
const [endBytes, end64Bytes, locatorBytes, centralBytes, localBytes] = [22, 56, 20, 46, 30]
/** Names are UTF-8. */
const utf8Flag = 0x800
const encrypted = 0x1
const stored = 0
const deflated = 8
/** The first of January 1980: the same files give the same archive. */
const date = (1 << 5) | 1
/** Bytes of an archive's own comment. */
const mostComment = 0xffff
/** No method of compression gives more than so many bytes of one. */
const mostGain = 1032

/** @throws RangeError for 4 GiB or more (a programming error) */
export function encodeZip(files: readonly ZipFile[], options: WriteZip = {}): Uint8Array<ArrayBuffer> {
  const writer = new ZipWriter(options)
  return joined([...files.flatMap((file) => writer.add(file)), writer.end()])
}

/** An archive whose files come one after the other: what it gives, one behind the other, is the archive. */
export class ZipWriter {
  private readonly directory: Uint8Array[] = []
  private at = 0

  constructor(private readonly options: WriteZip = {}) {}

  /** The file's head, and it. @throws RangeError for 4 GiB or more (a programming error) */
  add({ name, data }: ZipFile): [head: Uint8Array, body: Uint8Array] {
    const { align = 1, compress = false } = this.options
    const nameBytes = new TextEncoder().encode(name)
    const packed = compress ? deflateRawSync(data) : data
    const method = compress && packed.length < data.length ? deflated : stored
    const body = method === stored ? data : packed
    // a field of its own length fills the place up to the next multiple: it needs four bytes for its own head
    const start = this.at + localBytes + nameBytes.length
    const padding = align === 1 ? 0 : 4 + ((((align - start - 4) % align) + align) % align)
    const checksum = crc32(data)
    const common = (view: DataView, at: number) => {
      view.setUint16(at, 20, true)
      view.setUint16(at + 2, utf8Flag, true)
      view.setUint16(at + 4, method, true)
      view.setUint16(at + 8, date, true)
      view.setUint32(at + 10, checksum, true)
      view.setUint32(at + 14, body.length, true)
      view.setUint32(at + 18, data.length, true)
      view.setUint16(at + 22, nameBytes.length, true)
    }
    const local = new Uint8Array(localBytes + nameBytes.length + padding)
    const head = new DataView(local.buffer)
    head.setUint32(0, signatures.local, true)
    common(head, 4)
    head.setUint16(28, padding, true)
    local.set(nameBytes, localBytes)
    if (padding > 0) {
      // the identifier that PyTorch gives it: "FB"
      head.setUint16(localBytes + nameBytes.length, 0x4246, true)
      head.setUint16(localBytes + nameBytes.length + 2, padding - 4, true)
    }
    const central = new Uint8Array(centralBytes + nameBytes.length)
    const entry = new DataView(central.buffer)
    entry.setUint32(0, signatures.central, true)
    entry.setUint16(4, 20, true)
    common(entry, 6)
    entry.setUint32(42, this.at, true)
    central.set(nameBytes, centralBytes)
    this.directory.push(central)
    this.at += local.length + body.length
    if (this.at >= 2 ** 32) throw new RangeError(`${this.at} bytes`)
    return [local, body]
  }

  /** The list of what was added. @throws RangeError for 65,535 files or more (a programming error) */
  end(): Uint8Array<ArrayBuffer> {
    const files = this.directory.length
    if (files >= 0xffff) throw new RangeError(`${files} files`)
    const directory = joined(this.directory)
    const last = new DataView(new ArrayBuffer(endBytes))
    last.setUint32(0, signatures.end, true)
    last.setUint16(8, files, true)
    last.setUint16(10, files, true)
    last.setUint32(12, directory.length, true)
    last.setUint32(16, this.at, true)
    return joined([directory, new Uint8Array(last.buffer)])
  }
}

/** One behind the other. */
export function joined(pieces: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const piece of pieces) {
    all.set(piece, at)
    at += piece.length
  }
  return all
}

/** Whether it begins as an archive does. */
export function looksLikeZip(bytes: Uint8Array): boolean {
  return bytes.length >= 4 && viewOf(bytes).getUint32(0, true) === signatures.local
}

/** A file of an archive. */
export interface Entry {
  readonly path: string
  /** Unpacked, and held against its checksum; of a stored one a view of the archive. @throws AppError `zip/damaged` */
  data(): Uint8Array
}

/**
 * What is in an archive, without folders; nothing of it is unpacked yet.
 *
 * @param name of the archive, for messages
 * @throws AppError `zip/damaged`, `zip/too-large`
 */
export function zipEntries(bytes: Uint8Array, name: string, most: ReadZip): readonly Entry[] {
  const reader = new ZipReader(bytes, name)
  const files = reader.entries(most).filter(({ path }) => !path.endsWith('/'))
  return files.map((listed) => ({ path: listed.path, data: () => reader.data(listed) }))
}

/** All files of an archive, by their names. @throws as `zipEntries` and their `data` do */
export function decodeZip(bytes: Uint8Array, name: string, most: ReadZip): Map<string, Uint8Array> {
  return new Map(zipEntries(bytes, name, most).map((entry) => [entry.path, entry.data()]))
}

interface Listed {
  readonly path: string
  readonly method: number
  readonly crc: number
  readonly packed: number
  readonly size: number
  readonly offset: number
}

class ZipReader {
  private readonly view: DataView

  constructor(
    private readonly bytes: Uint8Array,
    private readonly name: string,
  ) {
    this.view = viewOf(bytes)
  }

  entries({ mostBytes, mostFiles }: ReadZip): Listed[] {
    const { start, end, count } = this.directory()
    if (count > mostFiles) throw tooLarge(this.name, `${count} files`)
    const entries: Listed[] = []
    const names = new Set<string>()
    let total = 0
    let at = start
    for (let i = 0; i < count; i++) {
      const { entry, next } = this.entry(at, end)
      if (names.has(entry.path)) throw damaged(this.name, `names ${quote(entry.path)} twice`)
      names.add(entry.path)
      total += entry.size
      if (total > mostBytes) throw tooLarge(this.name, `more than ${mostBytes} bytes`)
      entries.push(entry)
      at = next
    }
    return entries
  }

  data({ path, method, crc, packed, size, offset }: Listed): Uint8Array {
    this.expect(offset, localBytes, signatures.local)
    const start = offset + localBytes + this.view.getUint16(offset + 26, true) + this.view.getUint16(offset + 28, true)
    if (start + packed > this.bytes.length) throw damaged(this.name, `ends inside ${quote(path)}`)
    const body = this.bytes.subarray(start, start + packed)
    const data = method === stored ? body : this.inflate(path, body, size)
    if (data.length !== size || crc32(data) !== crc)
      throw damaged(this.name, `holds ${quote(path)} otherwise than it was written: its checksum is another`)
    return data
  }

  private inflate(path: string, body: Uint8Array, size: number): Uint8Array {
    try {
      const { buffer, byteOffset, byteLength } = inflateRawSync(body, { maxOutputLength: Math.max(size, 1) })
      return new Uint8Array(buffer, byteOffset, byteLength)
    } catch (cause) {
      throw damaged(this.name, `holds ${quote(path)} in a way that cannot be unpacked`, cause)
    }
  }

  /** Where the central directory lies, and of how many files. */
  private directory(): { start: number; end: number; count: number } {
    const { view, bytes } = this
    const first = Math.max(0, bytes.length - endBytes - mostComment)
    let at = bytes.length - endBytes
    while (at >= first && view.getUint32(at, true) !== signatures.end) at--
    if (at < first) throw damaged(this.name, 'is not whole: the list of what is in it, at its end, is missing')
    let [count, size, start] = [
      view.getUint16(at + 10, true),
      view.getUint32(at + 12, true),
      view.getUint32(at + 16, true),
    ]
    const locator = at - locatorBytes
    if (locator >= 0 && view.getUint32(locator, true) === signatures.locator) {
      const large = this.number64(locator + 8)
      this.expect(large, end64Bytes, signatures.end64)
      count = this.number64(large + 32)
      size = this.number64(large + 40)
      start = this.number64(large + 48)
    }
    if (start + size > at) throw damaged(this.name, 'is not whole: the list of what is in it is not where it should be')
    return { start, end: start + size, count }
  }

  private entry(at: number, end: number): { entry: Listed; next: number } {
    const { view } = this
    if (at + centralBytes > end) throw damaged(this.name, 'lists fewer files than it says')
    this.expect(at, centralBytes, signatures.central)
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
    const nameEnd = at + centralBytes + nameBytes
    const next = nameEnd + extraBytes + commentBytes
    if (next > end) throw damaged(this.name, 'lists fewer files than it says')
    const path = new TextDecoder().decode(this.bytes.subarray(at + centralBytes, nameEnd))
    const [packed, size, offset] = this.places(at, nameEnd, nameEnd + extraBytes)
    if ((flags & encrypted) !== 0) throw damaged(this.name, `holds ${quote(path)} behind a password`)
    if (method !== stored && method !== deflated)
      throw damaged(this.name, `holds ${quote(path)} packed in a way that this app does not read (method ${method})`)
    if (packed > this.bytes.length || size > packed * mostGain + 64 || (method === stored && size !== packed))
      throw damaged(this.name, `gives ${quote(path)} a size that it cannot have`)
    return { entry: { path, method, crc, packed, size, offset }, next }
  }

  /** Bytes in the archive, bytes unpacked and offset: those that need more than 32 bits stand behind the name. */
  private places(at: number, extra: number, end: number): [number, number, number] {
    const { view } = this
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
            narrow[key] = this.number64(place)
            place += 8
          }
      }
      field += 4 + length
    }
    return [narrow.packed, narrow.size, narrow.offset]
  }

  private number64(at: number): number {
    if (at + 8 > this.bytes.length) throw damaged(this.name, 'ends too early')
    const number = Number(this.view.getBigUint64(at, true))
    // nothing in a file that is read whole lies so far
    if (!Number.isSafeInteger(number)) throw damaged(this.name, 'names a place that is in no file')
    return number
  }

  private expect(at: number, length: number, signature: number): void {
    if (at + length > this.bytes.length || this.view.getUint32(at, true) !== signature)
      throw damaged(this.name, 'is not whole: what it lists is not where it should be')
  }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

function damaged(name: string, what: string, cause?: unknown): AppError {
  return new AppError(
    'zip/damaged',
    `${name} ${what}.`,
    'If it is still being copied, wait until it is there. Else copy it again, or save it again where it came from.',
    { cause },
  )
}

function tooLarge(name: string, what: string): AppError {
  return new AppError('zip/too-large', `${name} holds ${what}, far more than this app reads.`, 'Take another file.')
}
