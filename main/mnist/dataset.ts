/** A folder of IDX or `.amat` files as a dataset in memory, with everything that is wrong with it in plain words. */
import { createHash } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { basename, dirname, resolve } from 'node:path'
import { classCount, type ClassNames } from '../../preload/classes'
import { AppError, type ErrorData } from '../../preload/errors'
import { imageSize } from '../../preload/images'
import { present } from '../../preload/present'
import { diskError } from '../files/disk-error'
import type { Amat } from './amat'
import { findAmat, readBinarized } from './binarized'
import { bundledFolder } from './bundled'
import { findMismatch, findMixUp, type SplitFiles } from './check-splits'
import { knownClasses, readClasses } from './classes'
import { findSet, type FoundSet, type PartFile, type SplitName } from './folder'
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
  /** As in Dataset. */
  readonly classes: ClassNames
  /** What makes the data unusable; empty for good data. */
  readonly problems: readonly ErrorData[]
  /** What is unusual, but can be trained on: a sentence each. */
  readonly notes: readonly string[]
}

export interface SplitInspection {
  readonly count: number
  /** Images of each class 0–9; null where they have no labels. */
  readonly perClass: readonly number[] | null
}

/**
 * Reads a whole dataset. Its arrays lie in shared memory, so that passing them to a thread copies nothing.
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
  const { name, path, files, dataset, problems, notes, ...splits } = await examine(folder)
  const hasLabels = dataset?.hasLabels ?? true
  const train = splits.train && describe(splits.train, hasLabels)
  const test = splits.test && describe(splits.test, hasLabels)
  return {
    name,
    folder: path,
    files,
    train,
    test,
    fingerprint: dataset?.fingerprint,
    classes: dataset?.classes ?? null,
    problems: problems.map((problem) => problem.toData()),
    notes: [...notes, ...notesOn(train, test)],
  }
}

interface Examination {
  readonly name: string
  readonly path: string
  /** Their names, from the folder that was picked. */
  readonly files: readonly string[]
  readonly train: Split | undefined
  readonly test: Split | undefined
  /** Undefined where there are problems. */
  readonly dataset: Dataset | undefined
  readonly problems: readonly AppError[]
  /** What was read in place of what cannot be. */
  readonly notes: readonly string[]
}

async function examine(folder: string): Promise<Examination> {
  const path = resolve(folder)
  try {
    return await examineSet(folder, await findSet(path))
  } catch (error) {
    const problem = known(error)
    if (!['data/not-found', 'data/not-a-folder'].includes(problem.code)) return unusable(path, [problem])
    return examineBinarized(path, problem)
  }
}

function unusable(path: string, problems: readonly AppError[], files: readonly string[] = []): Examination {
  const nothing = { train: undefined, test: undefined, dataset: undefined, notes: [] }
  return { name: nameOf(path), path, files, problems, ...nothing }
}

/** @param otherwise what is wrong where this holds no `.amat` files either */
async function examineBinarized(path: string, otherwise: AppError): Promise<Examination> {
  let files: string[] = []
  try {
    const found = await findAmat(path)
    if (found === null) return unusable(path, [otherwise])
    files = Object.values(found).map((file) => basename(file))
    const { train, test, fingerprint, notes } = await readBinarized(found)
    const splits = { train: unlabelled(train), test: unlabelled(test) }
    const name = basename(dirname(present(found.train, 'training file')))
    const dataset = { name, folder: path, ...splits, hasLabels: false, fingerprint, classes: null, notes }
    return { name, path, files, ...splits, dataset, problems: [], notes }
  } catch (error) {
    return unusable(path, [known(error)], files)
  }
}

async function examineSet(folder: string, found: FoundSet): Promise<Examination> {
  const problems: AppError[] = []
  const notes: string[] = []
  const path = found.place
  const name = nameOf(path)
  const hash = createHash('sha256')
  const read: Record<SplitName, Partial<SplitFiles>> = { train: {}, test: {} }
  const partFiles: PartFile[] = []
  for (const candidates of found.files) {
    const { file, idx, failures } = await firstGood(candidates)
    partFiles.push(file)
    // the likeliest one's
    if (idx === undefined) problems.push(...failures.slice(0, 1))
    else {
      for (const { message } of failures)
        notes.push(`${message.replace(/\.$/, '')}; ${file.name} was read in its place.`)
      const blank = file.kind === 'images' ? blankAtEnd(idx.data) : 0
      if (blank > 1)
        notes.push(
          `The last ${blank.toLocaleString('en-US')} images of ${file.name} are black: the rest of it may be missing.`,
        )
      hash.update(idx.file)
      read[file.split] = { ...read[file.split], [file.kind]: idx }
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
  const files = partFiles.map((file) => file.name)
  if (train === undefined || test === undefined)
    return { name, path, files, train, test, dataset: undefined, problems, notes }
  const named = await readClasses([resolve(folder), path, ...partFiles.map((file) => dirname(file.path))])
  notes.push(...named.notes)
  const fingerprint = hash.digest('hex')
  const classes = named.classes ?? knownClasses(fingerprint)
  const dataset = { name, folder: path, train, test, hasLabels: true, fingerprint, classes, notes }
  return { name, path, files, train, test, dataset, problems, notes }
}

/** Images without any ink: what room was made for, and then never written. */
function blankAtEnd(images: Uint8Array): number {
  const last = images.findLastIndex((level) => level > 0)
  return Math.floor((images.length - 1 - last) / imageSize)
}

/** A broken file is no reason to refuse where a good one of the same kind lies beside it. */
async function firstGood(
  candidates: FoundSet['files'][number],
): Promise<{ file: PartFile; idx: Idx | undefined; failures: AppError[] }> {
  const failures: AppError[] = []
  for (const file of candidates)
    try {
      return { file, idx: readIdx(await readWhole(file), file.kind, file.name), failures }
    } catch (error) {
      failures.push(known(error))
    }
  return { file: candidates[0], idx: undefined, failures }
}

/** A problem of the data; anything else is a fault of the program and goes on up. */
function known(error: unknown): AppError {
  if (error instanceof AppError) return error
  throw error
}

function bothOf({ images, labels }: Partial<SplitFiles>): SplitFiles | undefined {
  return images && labels && { images, labels }
}

/** @param path a folder, or one of a set's files: then the set's name is in it */
function nameOf(path: string): string {
  try {
    if (path === bundledFolder()) return 'MNIST (bundled)'
  } catch {
    // Without the bundled files the folder is simply another one.
  }
  // torchvision's: MNIST/raw
  return basename(basename(path) === 'raw' ? dirname(path) : path).replace(/-train-images[-.]idx.*/i, '')
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
        `${name} has ${entry.size.toLocaleString('en-US')} bytes, more than any dataset that can be used here.`,
        'Pick a dataset of at most 1,000,000 images of 28×28 pixels.',
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

/** Images that nobody has said the classes of. */
function unlabelled({ images, count }: Amat): Split {
  return { images: shared(images), labels: shared(new Uint8Array(count)), count }
}

function describe({ labels, count }: Split, hasLabels: boolean): SplitInspection {
  if (!hasLabels) return { count, perClass: null }
  const perClass = Array.from({ length: classCount }, () => 0)
  for (const label of labels) perClass[label] = (perClass[label] ?? 0) + 1
  return { count, perClass }
}

function notesOn(train: SplitInspection | undefined, test: SplitInspection | undefined): string[] {
  const absent = train?.perClass?.flatMap((count, label) => (count === 0 ? [label] : [])) ?? []
  const notes: string[] = []
  if (absent.length > 0) notes.push(`There are no training images of class ${absent.join(', ')}.`)
  if (train && test && test.count > train.count) notes.push('There are more test images than training images.')
  return notes
}
