/**
 * The safetensors file format: named arrays with a JSON header, readable by PyTorch and many others.
 * File = header length (u64, little-endian) · header (JSON, padded with spaces) · data of all tensors without gaps.
 * Source: https://github.com/huggingface/safetensors, "Format", and the checks of its Rust reader.
 */
import { open } from 'node:fs/promises'
import { writeAtomic, type WriteOptions } from './atomic'
import { diskError } from './disk-error'
import { disk } from './layer'
import {
  arrays,
  damaged,
  type Dtype,
  elementBytes,
  elements,
  halves,
  headerEnd,
  isHalf,
  lengthBytes,
  parseHeader,
  type ReadDtype,
} from './safetensors-header'

export type { Dtype } from './safetensors-header'
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

/** Bytes that the length and the header of this app's files fit in. */
const usualHeader = 8192
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
  const dataStart = headerEnd(bytes, bytes.length, name)
  const { entries, metadata } = parseHeader(bytes.subarray(lengthBytes, dataStart), bytes.length - dataStart, name)
  const tensors = new Map<string, StoredTensor>()
  for (const { key, dtype, shape, start, end } of entries) {
    // Not slice(): that of a Buffer would be a view.
    const copy = new Uint8Array(bytes.subarray(dataStart + start, dataStart + end))
    tensors.set(key, { shape, ...numbers(dtype, copy.buffer) })
  }
  return { tensors, metadata }
}

/** @throws AppError `disk/…` or `safetensors/…` */
export async function readSafetensors(path: string): Promise<Safetensors> {
  try {
    await assertReadable(path)
    return decodeSafetensors(await disk.read(path), path)
  } catch (error) {
    throw diskError(error, 'read', path)
  }
}

/**
 * Whether a file is whole, by its header alone: cheap enough for lists, and blind to what its numbers are.
 *
 * @returns its size and when it was written
 * @throws AppError `disk/…` or `safetensors/…`
 */
export async function checkSafetensors(path: string): Promise<{ bytes: number; savedAt: Date }> {
  try {
    await assertReadable(path)
    const file = await open(path)
    try {
      const { size, mtime } = await file.stat()
      const read = async (length: number) =>
        (await file.read(Buffer.alloc(Math.min(length, size)), 0, undefined, 0)).buffer
      let start = await read(usualHeader)
      const end = headerEnd(start, size, path)
      if (end > start.length) start = await read(end)
      parseHeader(start.subarray(lengthBytes, end), size - end, path)
      return { bytes: size, savedAt: mtime }
    } finally {
      await file.close()
    }
  } catch (error) {
    throw diskError(error, 'read', path)
  }
}

/** Before it is opened: a named pipe would wait for ever. */
async function assertReadable(path: string): Promise<void> {
  const size = await disk.size(path)
  if (size > maxFile) throw damaged(path, `has ${size} bytes, far more than any weights of this app`)
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

function numbers(dtype: ReadDtype, bytes: ArrayBuffer): Pick<StoredTensor, 'dtype' | 'data'> {
  if (isHalf(dtype)) return { dtype: 'F32', data: halves[dtype](new Uint16Array(bytes)) }
  return { dtype, data: new arrays[dtype](bytes) }
}
