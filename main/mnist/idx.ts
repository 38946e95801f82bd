/**
 * Reads IDX, the format of MNIST's files, gzipped once, twice or not.
 * File = two zeros, the elements' type, the number of dimensions · one size per dimension (u32) · the elements; all of
 * it big-endian.
 * Source: http://yann.lecun.com/exdb/mnist/, "THE IDX FILE FORMAT".
 */
import { constants, gunzipSync } from 'node:zlib'
import { AppError } from '../../preload/errors'
import { imageSize, side } from '../../preload/images'
import { systemCode } from '../files/disk-error'
import { assertNotForeign } from './foreign'

export type IdxKind = 'images' | 'labels'

export interface Idx {
  /** The whole unzipped file. */
  readonly file: Uint8Array
  /** [count, 784] grey levels, a view of it; or [count] labels 0–9. */
  readonly data: Uint8Array
  readonly count: number
}

/** The most images that a file may hold: 784 MB. */
const maxCount = 1_000_000
/** The most bytes that a file may have. */
export const maxBytes = 16 + imageSize * maxCount

const magic = { images: 0x00000803, labels: 0x00000801 } as const
/** Whole numbers, by IDX's code for their type: all of them may be labels. Images are 0x08, bytes. */
const types: Readonly<Record<number, { readonly bytes: 1 | 2 | 4; readonly signed: boolean }>> = {
  0x08: { bytes: 1, signed: false },
  0x09: { bytes: 1, signed: true },
  0x0b: { bytes: 2, signed: true },
  0x0c: { bytes: 4, signed: true },
}
/** Enough for any gzip header and the IDX header, and at most 1032 times as much when inflated. */
const peek = 4096

const downloadAgain = 'Delete it and download it again.'

/**
 * The content of one IDX file; sizes are checked before anything is allocated for them. Labels may have columns, as
 * QMNIST's have, and be numbers of several bytes: the first column is the class.
 *
 * @param name the file's name, for messages.
 * @throws AppError `data/…`, one code for each way in which a file can be wrong.
 */
export function readIdx(bytes: Uint8Array, kind: IdxKind, name: string): Idx {
  const { start, zipped } = startOf(bytes, name)
  assertNotForeign(start.subarray(0, peek), zipped > 0, name)
  const header = readHeader(start, kind, name)
  const { count, length } = header
  let file = bytes
  // a gzip archive is hardly longer than what is in it
  for (let left = zipped; left > 0; left--) file = inflate(file, left === 1 ? length : 2 * length + peek, name)
  if (file.length < length)
    throw truncated(name, `it has ${bytesOf(file.length)}, but its header announces ${bytesOf(length)}`)
  if (file.length > length) throw tooLong(name, length)
  const data = kind === 'images' ? file.subarray(header.bytes) : labelsOf(file, header, name)
  return { file, data, count }
}

/** gzip is known by its first bytes: names of downloaded files cannot be trusted. */
function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b
}

/** What a file begins with, unzipped, and how often it is zipped: twice at most, since some servers gzip a .gz again. */
function startOf(bytes: Uint8Array, name: string): { start: Uint8Array; zipped: number } {
  let [start, zipped] = [bytes, 0]
  for (; zipped < 2 && isGzip(start); zipped++) start = inflateStart(start, name)
  return { start, zipped }
}

function inflateStart(bytes: Uint8Array, name: string): Uint8Array {
  let start: Uint8Array
  try {
    // A sync flush takes what the first bytes give, instead of asking for the end.
    start = gunzipSync(bytes.subarray(0, peek), { finishFlush: constants.Z_SYNC_FLUSH })
  } catch (cause) {
    throw corrupt(name, cause)
  }
  // Nothing: an archive of an empty file, or one that is cut off before its data.
  return start.length > 0 ? start : inflate(bytes, 1, name)
}

function inflate(bytes: Uint8Array, length: number, name: string): Uint8Array {
  try {
    return gunzipSync(bytes, { maxOutputLength: length, chunkSize: 1 << 20 })
  } catch (cause) {
    const code = systemCode(cause)
    if (code === 'ERR_BUFFER_TOO_LARGE') throw tooLong(name, length)
    if (code === 'Z_BUF_ERROR') throw truncated(name, 'its gzip data has no end', cause)
    throw corrupt(name, cause)
  }
}

interface Header {
  /** Its own. */
  readonly bytes: number
  readonly count: number
  /** Of an element, an image or a row of labels. */
  readonly rowBytes: number
  readonly numbers: (typeof types)[number]
  /** Of the whole file. */
  readonly length: number
}

function readHeader(start: Uint8Array, kind: IdxKind, name: string): Header {
  const view = new DataView(start.buffer, start.byteOffset, start.byteLength)
  if (start.length < 4) throw truncated(name, 'it ends inside its header')
  const found = view.getUint32(0)
  const dimensions = found & 0xff
  const numbers = types[found >> 8]
  const holds = numbers && (dimensions === 3 ? 'images' : dimensions < 3 && dimensions > 0 ? 'labels' : undefined)
  if (holds === undefined || numbers === undefined || (kind === 'images' && holds === kind && found !== magic.images))
    throw Object.values<number>(magic).includes(view.getUint32(0, true))
      ? otherByteOrder(name)
      : notIdx(name, found, kind)
  if (holds !== kind) {
    throw new AppError(
      'data/swapped',
      `${name} should hold ${kind} but holds ${holds}: images and labels are swapped.`,
      `Give the two files each other's names (…-images-idx3-ubyte holds the images).`,
    )
  }
  const bytes = 4 + 4 * dimensions
  if (start.length < bytes) throw truncated(name, `it ends inside its header of ${bytes} bytes`)
  const count = view.getUint32(4)
  if (kind === 'images' && (view.getUint32(8) !== side || view.getUint32(12) !== side)) {
    throw new AppError(
      'data/image-size',
      `The images of ${name} have ${view.getUint32(12)}×${view.getUint32(8)} pixels; only 28×28 can be used.`,
      'Pick a dataset of 28×28 grey images in MNIST’s format: MNIST, Fashion-MNIST, KMNIST, EMNIST digits.',
    )
  }
  const columns = dimensions === 2 ? view.getUint32(8) : 1
  if (count === 0 || columns === 0) {
    throw new AppError('data/empty', `${name} holds no ${kind}: its header says 0.`, 'Pick a dataset that holds some.')
  }
  const rowBytes = numbers.bytes * (kind === 'images' ? imageSize : columns)
  if (count > maxCount || bytes + count * rowBytes > maxBytes) {
    throw new AppError(
      'data/too-large',
      `${name} says it holds ${number(count)} ${kind}${columns > 1 ? ` of ${number(columns)} columns` : ''}; ` +
        `at most ${number(maxCount)} can be used.`,
      `If the dataset is not that large, the file is damaged. ${downloadAgain}`,
    )
  }
  return { bytes, count, rowBytes, numbers, length: bytes + count * rowBytes }
}

/** The first column, as bytes. */
function labelsOf(file: Uint8Array, { bytes: start, count, rowBytes, numbers }: Header, name: string): Uint8Array {
  const buffer = Buffer.from(file.buffer, file.byteOffset, file.byteLength)
  const read = numbers.signed ? 'readIntBE' : 'readUIntBE'
  const labels = new Uint8Array(count)
  for (let i = 0; i < count; i++) {
    const label = buffer[read](start + i * rowBytes, numbers.bytes)
    if (label < 0 || label > 9) {
      throw new AppError(
        'data/label-range',
        `Label ${number(i + 1)} of ${name} is ${label}; labels must be 0 to 9.`,
        'Pick a dataset of ten classes. Of EMNIST, the “digits” and “mnist” files have ten.',
      )
    }
    labels[i] = label
  }
  return labels
}

function otherByteOrder(name: string): AppError {
  return new AppError(
    'data/byte-order',
    `${name} is in the wrong byte order: IDX’s numbers begin with their highest byte (big-endian), these with their lowest.`,
    'Write it again with big-endian numbers (in NumPy: `.astype(">i4")`), or download the file itself.',
  )
}

function notIdx(name: string, found: number, kind: IdxKind): AppError {
  const hex = (value: number) => `0x${value.toString(16).padStart(8, '0')}`
  return new AppError(
    'data/not-idx',
    `${name} is not an IDX file of ${kind}: it starts with ${hex(found)} instead of ${hex(magic[kind])}.`,
    'Pick the folder with MNIST’s own four files (…-ubyte or …-ubyte.gz); other formats must be converted first.',
  )
}

function truncated(name: string, how: string, cause?: unknown): AppError {
  return new AppError(
    'data/truncated',
    `${name} is cut off: ${how}.`,
    `The download did not finish. ${downloadAgain}`,
    { cause },
  )
}

function tooLong(name: string, length: number): AppError {
  return new AppError(
    'data/too-long',
    `${name} goes on after the ${bytesOf(length)} that its header announces.`,
    `It is damaged, or two files were joined. ${downloadAgain}`,
  )
}

function corrupt(name: string, cause: unknown): AppError {
  return new AppError(
    'data/corrupt',
    `${name} starts like a gzip archive but cannot be unzipped: it was damaged on the way.`,
    downloadAgain,
    { cause },
  )
}

function bytesOf(length: number): string {
  return `${number(length)} bytes`
}

function number(value: number): string {
  return value.toLocaleString('en-US')
}
