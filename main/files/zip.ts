/**
 * ZIP archives are written here, of the kind that PyTorch keeps weights in and that systems make of folders (APPNOTE.TXT 6.3,
 * 4.3–4.5); ./zip-reader reads them. What compresses is Node's own zlib.
 */
import { crc32, deflateRawSync } from 'node:zlib'

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

export const signatures = {
  local: 0x04034b50,
  central: 0x02014b50,
  end: 0x06054b50,
  end64: 0x06064b50,
  locator: 0x07064b50,
} as const
/** Bytes of each head, without the names in it. */
export const headBytes = { local: 30, central: 46, end: 22, end64: 56, locator: 20 } as const
export const methods = { stored: 0, deflated: 8 } as const
/** Names are UTF-8. */
const utf8Flag = 0x800
/** The first of January 1980: the same files give the same archive. */
const date = (1 << 5) | 1

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
    const method = compress && packed.length < data.length ? methods.deflated : methods.stored
    const body = method === methods.stored ? data : packed
    // a field of its own length fills the place up to the next multiple: it needs four bytes for its own head
    const start = this.at + headBytes.local + nameBytes.length
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
    const local = new Uint8Array(headBytes.local + nameBytes.length + padding)
    const head = new DataView(local.buffer)
    head.setUint32(0, signatures.local, true)
    common(head, 4)
    head.setUint16(28, padding, true)
    local.set(nameBytes, headBytes.local)
    if (padding > 0) {
      // the identifier that PyTorch gives it: "FB"
      head.setUint16(headBytes.local + nameBytes.length, 0x4246, true)
      head.setUint16(headBytes.local + nameBytes.length + 2, padding - 4, true)
    }
    const central = new Uint8Array(headBytes.central + nameBytes.length)
    const entry = new DataView(central.buffer)
    entry.setUint32(0, signatures.central, true)
    entry.setUint16(4, 20, true)
    common(entry, 6)
    entry.setUint32(42, this.at, true)
    central.set(nameBytes, headBytes.central)
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
    const last = new DataView(new ArrayBuffer(headBytes.end))
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
