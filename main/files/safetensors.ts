/**
 * The safetensors file format: named arrays with a JSON header, readable by PyTorch and many others.
 * File = header length (u64, little-endian) · header (JSON, padded with spaces) · data of all tensors without gaps.
 * Source: https://github.com/huggingface/safetensors, "Format", and the checks of its Rust reader.
 */
import { AppError, quote } from '../../preload/errors'
import { writeAtomic, type WriteOptions } from './atomic'
import { diskError } from './disk-error'
import { fromBfloat16, fromFloat16 } from './half-floats'
import { duplicateKey } from './json-keys'
import { disk } from './layer'

// Typed arrays have the machine's byte order; every platform this app runs on is little-endian, as the format is.
const arrays = {
  F64: Float64Array,
  I64: BigInt64Array,
  F32: Float32Array,
  I32: Int32Array,
  U8: Uint8Array,
} as const

/** Read as F32, never written. */
const halves = { F16: fromFloat16, BF16: fromBfloat16 } as const

export type Dtype = keyof typeof arrays
type ReadDtype = Dtype | keyof typeof halves
export type TensorData = Float64Array | BigInt64Array | Float32Array | Int32Array | Uint8Array

export interface StoredTensor {
  readonly dtype: Dtype
  readonly shape: readonly number[]
  /** Row-major, of the type that belongs to dtype: F32 Float32Array, I64 BigInt64Array, … */
  readonly data: TensorData
}

export interface NamedTensor extends StoredTensor {
  readonly name: string
}

export interface Safetensors {
  readonly tensors: Map<string, StoredTensor>
  readonly metadata: Record<string, string>
}

const lengthBytes = 8
const maxHeader = 100_000_000
/** Fifty times what this app writes; a larger file is not read into memory. */
const maxFile = 2 ** 30

/**
 * One file's bytes. Wider types come first, so that every tensor is aligned to its element size.
 *
 * @throws Error for tensors that contradict themselves (a programming error).
 */
export function encodeSafetensors(tensors: readonly NamedTensor[], metadata: Record<string, string> = {}): Uint8Array {
  const ordered = tensors.toSorted((a, b) => elementBytes(b.dtype) - elementBytes(a.dtype))
  if (Object.hasOwn(metadata, '__proto__')) throw new Error('Metadata cannot be named __proto__')
  const header = new Map<string, unknown>()
  if (Object.keys(metadata).length > 0) header.set('__metadata__', metadata)
  let end = 0
  for (const { name, dtype, shape, data } of ordered) {
    if (name === '__metadata__' || name === '__proto__') throw new Error(`A tensor cannot be named ${name}`)
    if (header.has(name)) throw new Error(`Two tensors are named ${name}`)
    if (!(data instanceof arrays[dtype])) throw new Error(`${name} is ${dtype} but its data is not`)
    if (elements(shape) !== data.length) throw new Error(`${name} [${shape}] does not have ${data.length} elements`)
    header.set(name, { dtype, shape, data_offsets: [end, (end += data.byteLength)] })
  }
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries(header)))
  const dataStart = lengthBytes + Math.ceil(json.length / 8) * 8
  const file = new Uint8Array(dataStart + end).fill(0x20, 0, dataStart)
  new DataView(file.buffer).setBigUint64(0, BigInt(dataStart - lengthBytes), true)
  file.set(json, lengthBytes)
  let offset = dataStart
  for (const { data } of ordered) {
    file.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), offset)
    offset += data.byteLength
  }
  return file
}

/**
 * The tensors of a file, each a copy of its own; F16 and BF16 as F32.
 *
 * @param name of the file, for messages.
 * @throws AppError `safetensors/…` for anything that breaks the format's rules. Nothing is allocated beyond the
 * size of the file.
 */
export function decodeSafetensors(bytes: Uint8Array, name = 'The file'): Safetensors {
  if (bytes.length < lengthBytes) throw damaged(name, 'is too short to be a safetensors file')
  const length = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true)
  if (length > maxHeader) throw damaged(name, `names a header of ${length} bytes, more than the format allows`)
  if (length > bytes.length - lengthBytes) throw damaged(name, 'ends before its header does')
  const dataStart = lengthBytes + Number(length)
  const header = parseHeader(bytes.subarray(lengthBytes, dataStart), name)
  const metadata = checkMetadata(header['__metadata__'], name)
  const entries = Object.entries(header)
    .filter(([key]) => key !== '__metadata__')
    .map(([key, value]) => checkEntry(key, value, name))
    .toSorted((a, b) => a.start - b.start || a.end - b.end)

  const tensors = new Map<string, StoredTensor>()
  let end = 0
  for (const entry of entries) {
    if (entry.start !== end) throw damaged(name, `has a hole or an overlap before tensor ${quote(entry.key)}`)
    end = entry.end
    if (end > bytes.length - dataStart) throw damaged(name, `ends inside tensor ${quote(entry.key)}`)
    // Not slice(): that of a Buffer would be a view.
    const copy = new Uint8Array(bytes.subarray(dataStart + entry.start, dataStart + end))
    tensors.set(entry.key, { shape: entry.shape, ...numbers(entry.dtype, copy.buffer) })
  }
  if (end !== bytes.length - dataStart) throw damaged(name, 'goes on after its last tensor')
  return { tensors, metadata }
}

/** @throws AppError `disk/…` or `safetensors/…` */
export async function readSafetensors(path: string): Promise<Safetensors> {
  try {
    const size = await disk.size(path)
    if (size > maxFile) throw damaged(path, `has ${size} bytes, far more than any weights of this app`)
    return decodeSafetensors(await disk.read(path), path)
  } catch (error) {
    throw diskError(error, 'read', path)
  }
}

/** Saves atomically, verified by reading back. @throws AppError `disk/…`; the file it replaces is then kept. */
export async function writeSafetensors(
  path: string,
  tensors: readonly NamedTensor[],
  metadata: Record<string, string> = {},
  options: WriteOptions = { verify: true },
): Promise<void> {
  await writeAtomic(path, encodeSafetensors(tensors, metadata), options)
}

function parseHeader(bytes: Uint8Array, name: string): Record<string, unknown> {
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

function numbers(dtype: ReadDtype, bytes: ArrayBuffer): Pick<StoredTensor, 'dtype' | 'data'> {
  if (isHalf(dtype)) return { dtype: 'F32', data: halves[dtype](new Uint16Array(bytes)) }
  return { dtype, data: new arrays[dtype](bytes) }
}

interface Entry {
  readonly key: string
  readonly dtype: ReadDtype
  readonly shape: readonly number[]
  readonly start: number
  readonly end: number
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

function elements(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1)
}

function isRead(dtype: string): dtype is ReadDtype {
  return Object.hasOwn(arrays, dtype) || Object.hasOwn(halves, dtype)
}

function isHalf(dtype: ReadDtype): dtype is keyof typeof halves {
  return Object.hasOwn(halves, dtype)
}

function elementBytes(dtype: ReadDtype): number {
  return isHalf(dtype) ? 2 : arrays[dtype].BYTES_PER_ELEMENT
}

function damaged(name: string, what: string, cause?: unknown): AppError {
  return new AppError(
    'safetensors/damaged',
    `${name} ${what}.`,
    'If it is still being copied, wait until it is there. Else take another checkpoint, or copy it again.',
    { cause },
  )
}
