/** The header of the safetensors format: what tensors a file holds, and where; all of the format's rules are checked. */
import { AppError, quote } from '../../preload/errors'
import { fromBfloat16, fromFloat16 } from './half-floats'
import { duplicateKey } from './json-keys'

// Typed arrays have the machine's byte order; every platform this app runs on is little-endian, as the format is.
export const arrays = {
  F64: Float64Array,
  I64: BigInt64Array,
  F32: Float32Array,
  I32: Int32Array,
  U8: Uint8Array,
} as const

/** Read as F32, never written. */
export const halves = { F16: fromFloat16, BF16: fromBfloat16 } as const

export type Dtype = keyof typeof arrays
export type ReadDtype = Dtype | keyof typeof halves

/** Bytes of the header's length, which the file begins with. */
export const lengthBytes = 8
const maxHeader = 100_000_000

export interface Entry {
  readonly key: string
  readonly dtype: ReadDtype
  readonly shape: readonly number[]
  readonly start: number
  readonly end: number
}

/**
 * Where a file's header ends.
 *
 * @param start its first bytes, at least `lengthBytes` where it has so many
 * @param size of it, in bytes
 * @throws AppError `safetensors/damaged`
 */
export function headerEnd(start: Uint8Array, size: number, name: string): number {
  if (size < lengthBytes) throw damaged(name, size === 0 ? 'is empty' : 'is too short to be a safetensors file')
  const length = new DataView(start.buffer, start.byteOffset, start.byteLength).getBigUint64(0, true)
  if (length > maxHeader) throw damaged(name, `names a header of ${length} bytes, more than the format allows`)
  if (length > size - lengthBytes) throw damaged(name, 'ends before its header does')
  return lengthBytes + Number(length)
}

export interface Header {
  /** In the order of their data, which has no hole and ends with the file. */
  readonly entries: readonly Entry[]
  readonly metadata: Record<string, string>
}

/**
 * @param bytes without their length
 * @param size bytes of the data behind it
 * @throws AppError `safetensors/…`
 */
export function parseHeader(bytes: Uint8Array, size: number, name: string): Header {
  const header = jsonOf(bytes, name)
  const metadata = checkMetadata(header['__metadata__'], name)
  const entries = Object.entries(header)
    .filter(([key]) => key !== '__metadata__')
    .map(([key, value]) => checkEntry(key, value, name))
    .toSorted((a, b) => a.start - b.start || a.end - b.end)
  let end = 0
  for (const entry of entries) {
    if (entry.start !== end) throw damaged(name, `has a hole or an overlap before tensor ${quote(entry.key)}`)
    end = entry.end
    if (end > size) throw damaged(name, `ends inside tensor ${quote(entry.key)}`)
  }
  if (end !== size) throw damaged(name, 'goes on after its last tensor')
  return { entries, metadata }
}

function jsonOf(bytes: Uint8Array, name: string): Record<string, unknown> {
  if (bytes[0] !== 0x7b) throw damaged(name, 'is not a safetensors file: its header does not start with {')
  let text: string
  let header: unknown
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
    header = JSON.parse(text)
  } catch (cause) {
    throw damaged(name, 'has a header that is not JSON', cause)
  }
  const key = duplicateKey(text)
  if (key !== undefined) throw damaged(name, `names ${quote(key)} twice in its header`)
  if (!isRecord(header)) throw damaged(name, 'has a header that is not an object')
  if (Object.hasOwn(header, '__proto__')) throw damaged(name, 'has a tensor named "__proto__"')
  return header
}

function checkMetadata(value: unknown, name: string): Record<string, string> {
  if (value === undefined) return {}
  if (!isRecord(value) || Object.hasOwn(value, '__proto__')) throw damaged(name, 'has unreadable metadata')
  const texts = Object.entries(value).map(([key, text]) => {
    if (typeof text !== 'string') throw damaged(name, `has metadata ${quote(key)} that is not text`)
    return [key, text] as const
  })
  return Object.fromEntries(texts)
}

function checkEntry(key: string, value: unknown, name: string): Entry {
  const tensor = `tensor ${quote(key)}`
  if (!isRecord(value)) throw damaged(name, `does not describe ${tensor}`)
  const { dtype, shape, data_offsets: offsets } = value
  if (typeof dtype !== 'string') throw damaged(name, `gives no type for ${tensor}`)
  if (!isRead(dtype)) {
    throw new AppError(
      'safetensors/type',
      `${name} holds ${tensor} as ${quote(dtype)}, a number type that this app does not read.`,
      `Convert the file's tensors to F32 first; ${[...Object.keys(arrays), ...Object.keys(halves)].join(', ')} are read.`,
    )
  }
  if (!isSizes(shape)) throw damaged(name, `gives no valid shape for ${tensor}`)
  if (!isSizes(offsets) || offsets.length !== 2) throw damaged(name, `gives no valid place for ${tensor}`)
  const [start, end] = offsets as [number, number]
  const size = elements(shape) * elementBytes(dtype)
  // Beyond 2^53 a product is no longer exact, and no file is that long.
  if (!Number.isSafeInteger(size) || end - start !== size)
    throw damaged(name, `gives ${tensor} a place that does not fit its shape [${shape.slice(0, 8)}]`)
  return { key, dtype, shape, start, end }
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0)
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function elements(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1)
}

function isRead(dtype: string): dtype is ReadDtype {
  return Object.hasOwn(arrays, dtype) || Object.hasOwn(halves, dtype)
}

export function isHalf(dtype: ReadDtype): dtype is keyof typeof halves {
  return Object.hasOwn(halves, dtype)
}

export function elementBytes(dtype: ReadDtype): number {
  return isHalf(dtype) ? 2 : arrays[dtype].BYTES_PER_ELEMENT
}

export function damaged(name: string, what: string, cause?: unknown): AppError {
  return new AppError(
    'safetensors/damaged',
    `${name} ${what}.`,
    'If it is still being copied, wait until it is there. Else take another checkpoint, or copy it again.',
    { cause },
  )
}
