/** A folder of IDX files as a data set in memory, with everything that is wrong with it in plain words. */
import { createHash } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { basename, resolve } from 'node:path'
import { AppError, type ErrorData } from '../../preload/errors'
import { diskError } from '../files/disk-error'
import { bundledFolder } from './bundled'
import { findParts, type PartFile, type SplitName } from './folder'
import { maxBytes, readIdx, type Idx } from './idx'
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
  const { name, path, files, splits, dataset, problems } = await examine(folder)
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
  readonly splits: { train?: Split; test?: Split }
  /** Undefined where there are problems. */
  readonly dataset: Dataset | undefined
  readonly problems: AppError[]
}

async function examine(folder: string): Promise<Examination> {
  const path = resolve(folder)
  const name = nameOf(path)
  const problems: AppError[] = []
  const noted = <T>(error: unknown): T | undefined => {
    if (!(error instanceof AppError)) throw error
    problems.push(error)
    return undefined
  }
  const files = (await findParts(path).catch(noted<PartFile[]>)) ?? []
  const hash = createHash('sha256')
  const read: (Idx | undefined)[] = []
  for (const file of files) {
    const idx = await readPart(file).catch(noted<Idx>)
    if (idx !== undefined) hash.update(idx.file)
    read.push(idx)
  }
  const [trainImages, trainLabels, testImages, testLabels] = read
  const mixed = trainImages && trainLabels && testImages && testLabels && mixUp(read as Idx[])
  if (mixed !== undefined) problems.push(mixed)
  const pair = (images: Idx | undefined, labels: Idx | undefined, split: SplitName): Split | undefined => {
    if (images === undefined || labels === undefined || mixed !== undefined) return undefined
    if (images.count === labels.count) return share(images, labels)
    problems.push(countMismatch(images.count, labels.count, split))
    return undefined
  }
  const train = pair(trainImages, trainLabels, 'train')
  const test = pair(testImages, testLabels, 'test')
  const dataset = train && test && { name, folder: path, train, test, fingerprint: hash.digest('hex') }
  return { name, path, files, splits: { ...(train && { train }), ...(test && { test }) }, dataset, problems }
}

function nameOf(path: string): string {
  try {
    if (path === bundledFolder()) return 'MNIST (bundled)'
  } catch {
    // Without the bundled files the folder is simply another one.
  }
  return basename(path)
}

async function readPart({ path, name, kind }: PartFile): Promise<Idx> {
  return readIdx(await readWhole(path, name), kind, name)
}

async function readWhole(path: string, name: string): Promise<Uint8Array> {
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

/** Files of the training and the test set in each other's place: training on test images would go unnoticed. */
function mixUp([trainImages, trainLabels, testImages, testLabels]: Idx[]): AppError | undefined {
  if (!trainImages || !trainLabels || !testImages || !testLabels) return undefined
  const sorted = trainImages.count === trainLabels.count && testImages.count === testLabels.count
  const crossed = trainImages.count === testLabels.count && testImages.count === trainLabels.count
  if (!sorted && crossed) {
    return new AppError(
      'data/mixed',
      `Training and test files are mixed: ${counted(trainImages)} training images with ${counted(trainLabels)} ` +
        `labels, ${counted(testImages)} test images with ${counted(testLabels)} labels.`,
      'Give the two image files each other’s names (train-… is the larger one), or the two label files.',
    )
  }
  if (sorted && trainImages.count === 10_000 && testImages.count === 60_000) {
    return new AppError(
      'data/mixed',
      'Training and test files are mixed: 10,000 training images and 60,000 test images.',
      'Give the train-… files the t10k-… names, and the other way round.',
    )
  }
  if (sorted && Buffer.compare(trainImages.data, testImages.data) === 0) {
    return new AppError(
      'data/mixed',
      'The training and the test images are the same: results on them would mean nothing.',
      'One of the two files is a copy of the other. Download it again under its own name.',
    )
  }
  return undefined
}

function countMismatch(images: number, labels: number, split: SplitName): AppError {
  const set = split === 'train' ? 'training' : 'test'
  return new AppError(
    'data/count-mismatch',
    `The ${set} set has ${images.toLocaleString('en-US')} images but ${labels.toLocaleString('en-US')} labels.`,
    'The two files are not of one data set. Download both again from one place.',
  )
}

function share(images: Idx, labels: Idx): Split {
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

function counted({ count }: Idx): string {
  return count.toLocaleString('en-US')
}
