/**
 * The files of PyTorch's torch.save since 1.6: a ZIP with `data.pkl`, the dictionary, and `data/N`, the numbers of its
 * tensors (torch/serialization.py, _save). What is written is read by torch.load(weights_only=True).
 */
import { mostBrought } from '../../preload/contract'
import { AppError, quote } from '../../preload/errors'
import { pairs } from '../../preload/present'
import { fromBfloat16, fromFloat16 } from '../files/half-floats'
import type { Dtype, StoredTensor, TensorData } from '../files/safetensors'
import { encodeZip, type ZipFile } from '../files/zip'
import { decodeZip, looksLikeZip } from '../files/zip-reader'
import { damagedPickle, type Globals, nameOf, readPickle } from './pickle'
import { Call, Name, Persistent, type Pickled, Tuple, writePickle } from './pickle-writer'

const mostFiles = 20_000

interface Storage {
  readonly dtype: Dtype
  /** Bytes a number has in the file. */
  readonly size: number
  /** The numbers of bytes that nothing else holds. */
  numbers(bytes: ArrayBuffer): TensorData
}

const storages: Readonly<Record<string, Storage>> = {
  FloatStorage: { dtype: 'F32', size: 4, numbers: (bytes) => new Float32Array(bytes) },
  DoubleStorage: { dtype: 'F64', size: 8, numbers: (bytes) => new Float64Array(bytes) },
  HalfStorage: { dtype: 'F32', size: 2, numbers: (bytes) => fromFloat16(new Uint16Array(bytes)) },
  BFloat16Storage: { dtype: 'F32', size: 2, numbers: (bytes) => fromBfloat16(new Uint16Array(bytes)) },
  LongStorage: { dtype: 'I64', size: 8, numbers: (bytes) => new BigInt64Array(bytes) },
  IntStorage: { dtype: 'I32', size: 4, numbers: (bytes) => new Int32Array(bytes) },
  ShortStorage: { dtype: 'I32', size: 2, numbers: (bytes) => Int32Array.from(new Int16Array(bytes)) },
  CharStorage: { dtype: 'I32', size: 1, numbers: (bytes) => Int32Array.from(new Int8Array(bytes)) },
  ByteStorage: { dtype: 'U8', size: 1, numbers: (bytes) => new Uint8Array(bytes) },
  BoolStorage: { dtype: 'U8', size: 1, numbers: (bytes) => new Uint8Array(bytes) },
}

/** A storage of the file, as its pickle names it. */
class Stored {
  constructor(
    readonly kind: Storage,
    readonly bytes: Uint8Array,
  ) {}

  get length(): number {
    return this.bytes.length / this.kind.size
  }
}

/** A tensor of the file. Its numbers are taken out when they are asked for, and only then cost memory. */
export class Tensor implements StoredTensor {
  readonly dtype: Dtype

  constructor(
    private readonly stored: Stored,
    private readonly offset: number,
    readonly shape: readonly number[],
    private readonly strides: readonly number[],
  ) {
    this.dtype = stored.kind.dtype
  }

  /** A copy, row-major whatever it is in the file. */
  get data(): TensorData {
    const { kind, bytes } = this.stored
    const length = this.shape.reduce((product, size) => product * size, 1)
    const last = length === 0 ? -1 : lastPlace(this.shape, this.strides)
    const [from, to] = [this.offset, this.offset + last + 1].map((place) => place * kind.size)
    const all = kind.numbers(new Uint8Array(bytes.subarray(from, to)).buffer)
    const axes = pairs(this.shape, pairs(rowMajor(this.shape), this.strides))
    if (axes.every(([size, [step, stride]]) => size === 1 || stride === step)) return all
    const ordered = new (all.constructor as new (length: number) => TensorData)(length)
    for (let i = 0; i < length; i++) {
      let place = 0
      for (const [size, [step, stride]] of axes) place += (Math.floor(i / step) % size) * stride
      ordered[i] = all[place]!
    }
    return ordered
  }
}

/** The element of a tensor that is furthest from its first one. */
function lastPlace(shape: readonly number[], strides: readonly number[]): number {
  return pairs(shape, strides).reduce((place, [size, stride]) => place + (size - 1) * stride, 0)
}

/** Elements from one to the next along each axis. */
function rowMajor(shape: readonly number[]): number[] {
  return shape.map((_, axis) => shape.slice(axis + 1).reduce((product, size) => product * size, 1))
}

/** Whether a file is of torch.save, or was meant to be: by its first bytes. */
export function looksLikeTorch(bytes: Uint8Array): boolean {
  return looksLikeZip(bytes) || bytes[0] === 0x80
}

/**
 * What was saved: dictionaries as Maps, lists and tuples as arrays, tensors as Tensor.
 *
 * @param name of the file, for messages
 * @throws AppError `weights/…`, `zip/…`; nothing of a file is run
 */
export function decodeTorchFile(bytes: Uint8Array, name: string): unknown {
  if (!looksLikeZip(bytes))
    throw bytes[0] === 0x80 ? oldFormat(name) : damagedPickle(name, 'is not what PyTorch writes')
  const files = decodeZip(bytes, name, { mostBytes: mostBrought.weights, mostFiles })
  const [pickle, ...others] = [...files].filter(([path]) => /^[^/]+\/data\.pkl$/.test(path))
  if (pickle === undefined || others.length > 0) throw damagedPickle(name, 'has no data.pkl')
  const [path, content] = pickle
  const folder = path.replace('data.pkl', '')
  const order = files.get(`${folder}byteorder`)
  if (order !== undefined && Buffer.from(order).toString() !== 'little')
    throw damagedPickle(name, 'was written on a machine with another order of bytes')
  const storage = (id: unknown) => storageOf(id, files, folder, name)
  return readPickle(content, { name, globals: globalsOf(name), persistent: storage })
}

function globalsOf(name: string): Globals {
  return new Map<string, (args: readonly unknown[]) => unknown>([
    ['collections.OrderedDict', (args) => ordered(args, name)],
    ['torch._utils._rebuild_tensor_v2', (args) => tensorOf(args, name)],
    ['torch._utils._rebuild_parameter', ([tensor]) => tensor],
    ...Object.keys(storages).map((kind) => [`torch.${kind}`, () => notCalled(name)] as const),
  ])
}

function notCalled(name: string): never {
  throw damagedPickle(name, 'calls what cannot be called')
}

/** Empty, or of pairs. */
function ordered([pairs = []]: readonly unknown[], name: string): Map<unknown, unknown> {
  if (
    !Array.isArray(pairs) ||
    pairs.some((pair) => !Array.isArray(pair) || pair.length !== 2 || typeof pair[0] !== 'string')
  )
    throw damagedPickle(name, 'has a dictionary that is none')
  return new Map(pairs as [unknown, unknown][])
}

/** @param id ('storage', its kind, its file's name, the device, how many numbers) */
function storageOf(id: unknown, files: ReadonlyMap<string, Uint8Array>, folder: string, name: string): Stored {
  const [type, kind, key, , length] = Array.isArray(id) ? (id as unknown[]) : []
  const named = nameOf(kind)?.replace('torch.', '') ?? ''
  const storage = Object.hasOwn(storages, named) ? storages[named] : undefined
  if (type !== 'storage' || storage === undefined || typeof key !== 'string')
    throw damagedPickle(name, 'names numbers in a way that cannot be read')
  const bytes = files.get(`${folder}data/${key}`)
  if (bytes === undefined) throw damagedPickle(name, `has no file ${quote(`data/${key}`)}, which its tensors are in`)
  if (!isPlace(length) || bytes.length !== length * storage.size)
    throw damagedPickle(name, `has ${bytes.length} bytes in ${quote(`data/${key}`)}, which do not fit its kind`)
  return new Stored(storage, bytes)
}

/** @param args storage, offset, shape, strides, and what does not matter here */
function tensorOf([storage, offset, shape, strides]: readonly unknown[], name: string): Tensor {
  const wrong = () => damagedPickle(name, 'has a tensor that does not fit its numbers')
  if (!(storage instanceof Stored) || !isPlace(offset) || !isPlaces(shape) || !isPlaces(strides)) throw wrong()
  if (shape.length !== strides.length) throw wrong()
  const length = shape.reduce((product, size) => product * size, 1)
  const last = offset + lastPlace(shape, strides)
  // it is never larger than what it is a view of
  if (length > storage.length || (length > 0 && last >= storage.length)) throw wrong()
  return new Tensor(storage, offset, shape, strides)
}

/** More axes than PyTorch has for anything are none. */
function isPlaces(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.length <= 8 && value.every(isPlace)
}

function isPlace(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}

function oldFormat(name: string): AppError {
  return new AppError(
    'weights/old-format',
    `${name} is a bare pickle, as PyTorch wrote before version 1.6. Nothing of it was read.`,
    'Load it in PyTorch and save it again: torch.save(torch.load(FILE), FILE).',
  )
}

/** Gathers tensors, and the dictionary that they are in, into a file. */
export class TorchWriter {
  private readonly files: ZipFile[] = []

  /** float32, row-major. */
  tensor(data: Float32Array, shape: readonly number[]): Pickled {
    const key = String(this.files.length)
    this.files.push({
      name: `archive/data/${key}`,
      data: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
    })
    const storage = new Tuple(['storage', new Name('torch', 'FloatStorage'), key, 'cpu', data.length])
    return new Call('torch._utils', '_rebuild_tensor_v2', [
      new Persistent(storage),
      0,
      new Tuple(shape),
      new Tuple(rowMajor(shape)),
      false,
      ordereddict(),
    ])
  }

  /** The whole file. */
  encode(value: Pickled): Uint8Array<ArrayBuffer> {
    const text = (name: string, content: string) => ({ name: `archive/${name}`, data: Buffer.from(content) })
    const pickle = { name: 'archive/data.pkl', data: writePickle(value) }
    return encodeZip([pickle, text('byteorder', 'little'), ...this.files, text('version', '3\n')], { align: 64 })
  }
}

/** A dictionary as PyTorch's state_dict is. */
export function ordereddict(items: ReadonlyMap<string, Pickled> = new Map()): Call {
  return new Call('collections', 'OrderedDict', [], items)
}
