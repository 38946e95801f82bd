/**
 * Reads IDX, the format of MNIST's files, gzipped or not.
 * File = magic number · one size per dimension (both u32, big-endian) · the elements, bytes.
 * Source: http://yann.lecun.com/exdb/mnist/, "THE IDX FILE FORMAT".
 */
import { constants, gunzipSync } from 'node:zlib'
import { AppError } from '../../preload/errors'
import { systemCode } from '../files/disk-error'

export type IdxKind = 'images' | 'labels'

export interface Idx {
  /** The whole unzipped file. */
  readonly file: Uint8Array
  /** Its elements, a view: [count, 784] grey levels, or [count] labels 0–9. */
  readonly data: Uint8Array
  readonly count: number
}

/** The most images that a file may hold: 784 MB. */
const maxCount = 1_000_000
/** The most bytes that a file may have. */
export const maxBytes = 16 + 784 * maxCount

const magic = { images: 0x00000803, labels: 0x00000801 } as const
const headerBytes = { images: 16, labels: 8 } as const
const side = 28
/** Enough for any gzip header and the IDX header, and at most 1032 times as much when inflated. */
const peek = 4096

const downloadAgain = 'Delete it and download it again.'

/**
 * The content of one IDX file; sizes are checked before anything is allocated for them.
 *
 * @param name the file's name, for messages.
 * @throws AppError `data/…`, one code for each way in which a file can be wrong.
 */
export function readIdx(bytes: Uint8Array, kind: IdxKind, name: string): Idx {
  const gzipped = isGzip(bytes)
  const start = gzipped ? inflateStart(bytes, name) : bytes
  checkNotForeign(start, gzipped, name)
  const count = checkHeader(start, kind, name)
  const length = headerBytes[kind] + count * (kind === 'images' ? side * side : 1)
  const file = gzipped ? inflate(bytes, length, name) : bytes
  if (file.length < length)
    throw truncated(name, `it has ${bytesOf(file.length)}, but its header announces ${bytesOf(length)}`)
  if (file.length > length) throw tooLong(name, length)
  const data = file.subarray(headerBytes[kind])
  if (kind === 'labels') checkLabels(data, name)
  return { file, data, count }
}

/** gzip is known by its first bytes: names of downloaded files cannot be trusted. */
function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b
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

/** Files that are something else entirely, named for what they are. */
function checkNotForeign(start: Uint8Array, gzipped: boolean, name: string): void {
  if (start.length === 0) {
    throw new AppError('data/empty', `${name} is empty.`, `The download did not finish. ${downloadAgain}`)
  }
  if (isGzip(start)) {
    throw new AppError(
      'data/gzip-twice',
      `${name} is a gzip archive inside a gzip archive.`,
      'Unzip it once (gunzip), then try again.',
    )
  }
  const text = Buffer.from(start.subarray(0, 64)).toString('latin1')
  if (/^(\xef\xbb\xbf)?\s*</.test(text)) {
    throw new AppError(
      'data/web-page',
      `${name} is a web page, not MNIST data: the server sent a page (an error or a login) instead of the file.`,
      'Delete it and download the file from another address; see data/README.md for two.',
    )
  }
  if (!gzipped && text.startsWith('PK')) {
    throw new AppError('data/zip', `${name} is a ZIP archive.`, 'Unpack it and pick the folder with the files inside.')
  }
  if (text.startsWith('version https://git-lfs')) {
    throw new AppError(
      'data/lfs-pointer',
      `${name} only points to the data (Git LFS): the data itself was never fetched.`,
      'Run `git lfs pull` where it came from, or download the file itself.',
    )
  }
}

/** @returns the number of images or labels. */
function checkHeader(start: Uint8Array, kind: IdxKind, name: string): number {
  const other = kind === 'images' ? 'labels' : 'images'
  const view = new DataView(start.buffer, start.byteOffset, start.byteLength)
  if (start.length >= 4 && view.getUint32(0) === magic[other]) {
    throw new AppError(
      'data/swapped',
      `${name} should hold ${kind} but holds ${other}: images and labels are swapped.`,
      `Give the two files each other's names (…-images-idx3-ubyte holds the images).`,
    )
  }
  if (start.length >= 4 && view.getUint32(0) !== magic[kind]) throw notIdx(name, view.getUint32(0), kind)
  if (start.length < headerBytes[kind]) throw truncated(name, `it ends inside its header of ${headerBytes[kind]} bytes`)
  const count = view.getUint32(4)
  if (kind === 'images' && (view.getUint32(8) !== side || view.getUint32(12) !== side)) {
    throw new AppError(
      'data/image-size',
      `The images of ${name} have ${view.getUint32(12)}×${view.getUint32(8)} pixels; only 28×28 can be used.`,
      'Pick a data set of 28×28 grey images in MNIST’s format: MNIST, Fashion-MNIST, KMNIST, EMNIST digits.',
    )
  }
  if (count === 0) {
    throw new AppError('data/empty', `${name} holds no ${kind}: its header says 0.`, 'Pick a data set that holds some.')
  }
  if (count > maxCount) {
    throw new AppError(
      'data/too-large',
      `${name} says it holds ${number(count)} ${kind}; at most ${number(maxCount)} can be used.`,
      `If the data set is not that large, the file is damaged. ${downloadAgain}`,
    )
  }
  return count
}

function checkLabels(labels: Uint8Array, name: string): void {
  const bad = labels.findIndex((label) => label > 9)
  if (bad === -1) return
  throw new AppError(
    'data/label-range',
    `Label ${number(bad + 1)} of ${name} is ${labels[bad]}; labels must be 0 to 9.`,
    'Pick a data set of ten classes. Of EMNIST, the “digits” and “mnist” files have ten.',
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
