/** A folder of IDX files as a data set in memory, with everything that is wrong with it in plain words. */
import { createHash } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { basename, resolve } from 'node:path'
import { AppError, type ErrorData } from '../../preload/errors'
import { diskError } from '../files/disk-error'
import { bundledFolder } from './bundled'
import { findMismatch, findMixUp, type SplitFiles } from './check-splits'
import { findParts, type PartFile, type SplitName } from './folder'
import { maxBytes, readIdx } from './idx'
import type { Dataset, Split } from './types'

/** What a person sees of a folder before training on it. */
export interface DatasetInspection {
  readonly name: string
  readonly folder: string
  readonly files: readonly string[]
  /** Undefined where the split cannot be used. */
  readonly train: SplitInspection | undefined
  readonly test: SplitInspection | undefined
  /** As in Dataset; undefined where the data cannot be used. */
  readonly fingerprint: string | undefined
  /** What makes the data unusable; empty for good data. */
  readonly problems: readonly ErrorData[]
  /** What is unusual, but can be trained on: a sentence each. */
  readonly notes: readonly string[]
}

export interface SplitInspection {
  readonly count: number
  /** Images of each class 0–9. */
  readonly perClass: readonly number[]
}

/**
 * Reads a whole data set. Its arrays lie in shared memory, so that passing them to a thread copies nothing.
 *
 * @throws AppError `data/…` or `disk/…`: the first of the problems that `inspectDataset` names.
 */
export async function loadDataset(folder: string): Promise<Dataset> {
  const { dataset, problems } = await examine(folder)
  if (dataset === undefined) throw problems[0]
  return dataset
}

/** Counts, classes and every problem of a folder; never throws for what is in the folder. */
export async function inspectDataset(folder: string): Promise<DatasetInspection> {
  const { name, path, files, dataset, problems, ...splits } = await examine(folder)
  const train = splits.train && describe(splits.train)
  const test = splits.test && describe(splits.test)
  return {
    name,
    folder: path,
    files: files.map((file) => file.name),
    train,
    test,
    fingerprint: dataset?.fingerprint,
    problems: problems.map((problem) => problem.toData()),
    notes: notesOn(train, test),
  }
}

interface Examination {
  readonly name: string
  readonly path: string
  readonly files: readonly PartFile[]
  readonly train: Split | undefined
  readonly test: Split | undefined
  /** Undefined where there are problems. */
  readonly dataset: Dataset | undefined
  readonly problems: readonly AppError[]
}

async function examine(folder: string): Promise<Examination> {
  const path = resolve(folder)
  const name = nameOf(path)
  const problems: AppError[] = []
  const files = await findParts(path).catch((error: unknown) => {
    problems.push(known(error))
    return []
  })
  const hash = createHash('sha256')
  const read: Record<SplitName, Partial<SplitFiles>> = { train: {}, test: {} }
  for (const file of files) {
    try {
      const idx = readIdx(await readWhole(file), file.kind, file.name)
      hash.update(idx.file)
      read[file.split] = { ...read[file.split], [file.kind]: idx }
    } catch (error) {
      problems.push(known(error))
    }
  }
  const whole = { train: bothOf(read.train), test: bothOf(read.test) }
  const mixUp = whole.train && whole.test && findMixUp(whole.train, whole.test)
  if (mixUp !== undefined) problems.push(mixUp)
  const split = (of: SplitName): Split | undefined => {
    const pair = whole[of]
    if (pair === undefined || mixUp !== undefined) return undefined
    const mismatch = findMismatch(pair, of)
    if (mismatch === undefined) return share(pair)
    problems.push(mismatch)
    return undefined
  }
  const train = split('train')
  const test = split('test')
  const dataset = train && test && { name, folder: path, train, test, fingerprint: hash.digest('hex') }
  return { name, path, files, train, test, dataset, problems }
}

/** A problem of the data; anything else is a fault of the program and goes on up. */
function known(error: unknown): AppError {
  if (error instanceof AppError) return error
  throw error
}

function bothOf({ images, labels }: Partial<SplitFiles>): SplitFiles | undefined {
  return images && labels && { images, labels }
}

function nameOf(path: string): string {
  try {
    if (path === bundledFolder()) return 'MNIST (bundled)'
  } catch {
    // Without the bundled files the folder is simply another one.
  }
  return basename(path)
}

async function readWhole({ path, name }: PartFile): Promise<Uint8Array> {
  try {
    // Before opening: opening a named pipe would wait for ever.
    const entry = await stat(path)
    if (!entry.isFile()) {
      throw new AppError('data/not-a-file', `${name} is not a file.`, 'Pick a folder that holds the files themselves.')
    }
    if (entry.size > maxBytes) {
      throw new AppError(
        'data/too-large',
        `${name} has ${entry.size.toLocaleString('en-US')} bytes, more than any data set that can be used here.`,
        'Pick a data set of at most 1,000,000 images of 28×28 pixels.',
      )
    }
    return await readFile(path)
  } catch (error) {
    throw diskError(error, 'read', path)
  }
}

function share({ images, labels }: SplitFiles): Split {
  return { images: shared(images.data), labels: shared(labels.data), count: images.count }
}

function shared(bytes: Uint8Array): Uint8Array {
  const copy = new Uint8Array(new SharedArrayBuffer(bytes.length))
  copy.set(bytes)
  return copy
}

function describe({ labels, count }: Split): SplitInspection {
  const perClass = Array.from({ length: 10 }, () => 0)
  for (const label of labels) perClass[label] = (perClass[label] ?? 0) + 1
  return { count, perClass }
}

function notesOn(train: SplitInspection | undefined, test: SplitInspection | undefined): string[] {
  const absent = train?.perClass.flatMap((count, label) => (count === 0 ? [label] : [])) ?? []
  const notes: string[] = []
  if (absent.length > 0) notes.push(`There are no training images of class ${absent.join(', ')}.`)
  if (train && test && test.count > train.count) notes.push('There are more test images than training images.')
  return notes
}
