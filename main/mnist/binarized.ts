/**
 * The fixed binarization of MNIST (Larochelle & Murray 2011; Salakhutdinov & Murray 2008): three `.amat` files of training,
 * validation and test images, without labels.
 */
import { createHash } from 'node:crypto'
import { readdir, readFile, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { count } from '../../preload/amounts'
import { AppError } from '../../preload/errors'
import { present } from '../../preload/present'
import { diskError } from '../files/disk-error'
import { readAmat, type Amat } from './amat'

const parts = ['train', 'valid', 'test'] as const
type Part = (typeof parts)[number]

/** The path of each file that is there, by what is in it; without validation images there is none. */
export type AmatFiles = Partial<Readonly<Record<Part, string>>>

export interface Binarized {
  /** Training images, and behind them the validation images: a sixth of all, as many as models hold out. */
  readonly train: Amat
  readonly test: Amat
  /** SHA-256, hex, over the images of all three, 0 and 255: however the numbers are written in the files. */
  readonly fingerprint: string
  readonly notes: readonly string[]
}

/** `binarized_mnist_train.amat`; or with another name in front, zipped, as a browser has numbered it. */
const fileName = /^(.*[_-])?(train|valid|test)( ?\(\d+\))?\.amat(\.gz)?$/i
/** An image of two bytes a number takes 1,568. */
const mostBytes = 2 ** 30

/**
 * The files of the set in a folder, or of the one that was picked; null where there are none.
 * @throws AppError `data/several` where there are several whole sets
 */
export async function findAmat(path: string): Promise<AmatFiles | null> {
  const picked = fileName.exec(basename(path))
  const folder = picked === null ? path : dirname(path)
  const sets = new Map<string, { [name in Part]?: string }>()
  for (const name of (await readdir(folder).catch(() => [])).toSorted()) {
    const [, set = '', part] = fileName.exec(name) ?? []
    if (part === undefined || name.startsWith('.')) continue
    const files = sets.get(set.toLowerCase()) ?? {}
    files[part.toLowerCase() as Part] ??= join(folder, name)
    sets.set(set.toLowerCase(), files)
  }
  if (picked !== null) return sets.get((picked[1] ?? '').toLowerCase()) ?? null
  const whole = [...sets].filter(([, files]) => files.train && files.test)
  if (whole.length > 1)
    throw new AppError(
      'data/several',
      `${folder} holds several datasets: ${whole.map(([set]) => `${set}train.amat`).join(', ')}.`,
      'Pick one of the files of the set that you want instead of the folder; the others are found beside it.',
    )
  return whole[0]?.[1] ?? [...sets.values()][0] ?? null
}

/** @throws AppError `data/missing`, `data/amat-…`, `data/not-amat`, `data/mixed`, `data/…` */
export async function readBinarized(files: AmatFiles): Promise<Binarized> {
  const { train: first, valid, test } = await readAll(files)
  if (first === undefined || test === undefined) throw missing(files)
  if (Buffer.compare(first.images, test.images) === 0)
    throw new AppError(
      'data/mixed',
      'The training and the test images are the same: results on them would mean nothing.',
      'One of the files is a copy of the other. Download it again under its own name.',
    )
  const hash = createHash('sha256')
  for (const part of [first, valid, test]) if (part) hash.update(part.images)
  const nameOf = (part: Part) => basename(present(files[part], `${part} file`))
  return {
    train: valid === undefined ? first : joined(first, valid),
    test,
    fingerprint: hash.digest('hex'),
    notes:
      valid === undefined
        ? []
        : [
            `The ${count(valid.count)} images of ${nameOf('valid')} follow the ${count(first.count)} of ${nameOf('train')}. Models that hold images out use them for that; others train on them unless the image limit is ${count(first.count)}.`,
          ],
  }
}

async function readAll(files: AmatFiles): Promise<{ readonly [name in Part]?: Amat }> {
  const read: { [name in Part]?: Amat } = {}
  for (const part of parts) {
    const path = files[part]
    if (path !== undefined) read[part] = readAmat(await bytesOf(path), basename(path))
  }
  return read
}

async function bytesOf(path: string): Promise<Uint8Array> {
  const name = basename(path)
  try {
    // before opening: opening a named pipe would wait for ever
    const entry = await stat(path)
    if (!entry.isFile())
      throw new AppError('data/not-a-file', `${name} is not a file.`, 'Pick a folder that holds the files themselves.')
    if (entry.size > mostBytes)
      throw new AppError(
        'data/too-large',
        `${name} has ${count(entry.size)} bytes, more than any binarized set that can be used here.`,
        'Pick the files of 50,000, 10,000 and 10,000 images.',
      )
    const bytes = await readFile(path)
    return bytes[0] === 0x1f && bytes[1] === 0x8b ? unzipped(bytes, name) : bytes
  } catch (error) {
    throw diskError(error, 'read', path)
  }
}

function unzipped(bytes: Uint8Array, name: string): Uint8Array {
  try {
    return gunzipSync(bytes, { maxOutputLength: mostBytes })
  } catch (cause) {
    throw new AppError(
      'data/corrupt',
      `${name} starts like a gzip archive but cannot be unzipped: it was damaged on the way.`,
      'Delete it and download it again.',
      { cause },
    )
  }
}

function joined(a: Amat, b: Amat): Amat {
  const images = new Uint8Array(a.images.length + b.images.length)
  images.set(a.images)
  images.set(b.images, a.images.length)
  return { images, count: a.count + b.count }
}

function missing(files: AmatFiles): AppError {
  const there = parts.flatMap((part) => files[part] ?? [])
  const absent = (['train', 'test'] as const).filter((part) => files[part] === undefined)
  const names = there.map((file) => basename(file))
  const first = present(there[0], 'file of the set')
  const wanted = absent.map((part) => basename(first).replace(/(train|valid|test)( ?\(\d+\))?(?=\.amat)/i, part))
  return new AppError(
    'data/missing',
    `${dirname(first)} holds ${names.join(', ')}, but ${wanted.join(', ')} ${wanted.length === 1 ? 'is' : 'are'} missing.`,
    'Download what is missing into that folder.',
  )
}
