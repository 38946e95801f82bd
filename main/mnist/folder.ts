/** Finds the four files of a dataset in a folder, under any of the names that they go by. */
import { readdir, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { AppError } from '../../preload/errors'
import { diskError } from '../files/disk-error'
import type { IdxKind } from './idx'

export type SplitName = 'train' | 'test'

/** One of the four files. */
export interface Part {
  readonly split: SplitName
  readonly kind: IdxKind
}

/** In the order of the fingerprint. */
export const parts: readonly Part[] = [
  { split: 'train', kind: 'images' },
  { split: 'train', kind: 'labels' },
  { split: 'test', kind: 'images' },
  { split: 'test', kind: 'labels' },
]

export interface PartFile extends Part {
  readonly path: string
  /** Its name, from the folder that was picked. */
  readonly name: string
}

type Some<T> = readonly [T, ...T[]]

export interface FoundSet {
  /** Where it is found again: a folder; where that holds several sets, one of its files. */
  readonly place: string
  /** For each of `parts`, the files that may be it, the likeliest first. */
  readonly files: readonly Some<PartFile>[]
}

interface Candidate extends PartFile {
  /** `emnist-digits-` of `emnist-digits-train-images-idx3-ubyte`; MNIST's own files have none. */
  readonly set: string
  /** What makes it less likely, the weightiest first: being a copy, in a folder of its own, gzipped. */
  readonly rank: readonly [copy: number, nested: number, zipped: number]
}

interface Folder {
  readonly path: string
  readonly names: readonly string[]
  readonly sets: readonly CandidateSet[]
  /** Folders in it that may hold a set of their own. */
  readonly others: readonly string[]
}

interface CandidateSet {
  readonly set: string
  /** For each of `parts`. */
  readonly files: readonly (readonly Candidate[])[]
}

interface WholeSet extends CandidateSet {
  readonly files: readonly Some<Candidate>[]
}

/** MNIST's name, `-` or `.` before `idx`, a set's name in front, as a browser or a person copied it, zipped or not. */
const partName =
  /^(.*-)?(train|t10k|test)-(images|labels)[-.]idx\d-[a-z]+\d*(?: ?\((\d+)\)|( - copy| copy))?((?:\.gz)*)(?: ?\((\d+)\))?$/i
/** Folders between a set and its files; archives unpack into a folder with the file's own name. */
const between = /^(raw|train(ing)?|test(ing)?|t10k|images?|labels?)$/i
/** The most folders that are looked into, where a whole disk was picked. */
const mostFolders = 200

/**
 * The files of the set in a folder, or in the only folder of it that has one.
 *
 * @param path the folder, or one of a set's files: then it is that set
 * @throws AppError `data/not-a-folder`, `data/not-found`, `data/missing`, `data/several`, `disk/…`
 */
export async function findSet(path: string): Promise<FoundSet> {
  const wanted = await setOfFile(path)
  let folder = await look(wanted === undefined ? path : dirname(path))
  // one of a set's inner folders: the others are beside it
  if (isBetween(basename(folder.path)) && !folder.sets.some(isWhole)) {
    const above = await look(dirname(folder.path)).catch(() => folder)
    if (above.sets.some(isWhole)) folder = above
  }
  if (wanted !== undefined || folder.sets.length > 0) return choose(folder, wanted)
  const inside: Folder[] = []
  for (const name of folder.others.slice(0, mostFolders)) {
    const other = await look(join(path, name), `${name}/`).catch(() => undefined)
    if (other?.sets.some(isWhole)) inside.push(other)
  }
  if (inside.length > 1)
    throw several(
      path,
      inside.map((other) => basename(other.path)),
      'folders',
    )
  if (inside[0] === undefined) throw notFound(folder)
  return choose(inside[0])
}

/** The set of the file that was picked instead of its folder. */
async function setOfFile(path: string): Promise<string | undefined> {
  const entry = await stat(path).catch((error: unknown) => {
    throw diskError(error, 'read', path)
  })
  if (entry.isDirectory()) return undefined
  const [file] = recognise(path, basename(path))
  if (file !== undefined) return file.set
  throw new AppError(
    'data/not-a-folder',
    `${path} is a file, and none of a dataset’s four.`,
    'Pick the folder with the four files, or one of them. An archive has to be unpacked first.',
  )
}

/** @param prefix of the names in it, from the folder that was picked */
async function look(path: string, prefix = ''): Promise<Folder> {
  const { files, folders } = await list(path)
  const nested: Candidate[] = []
  for (const name of folders.filter(isBetween)) {
    const inside = await list(join(path, name)).catch(() => ({ files: [] }))
    for (const file of inside.files) nested.push(...recognise(join(path, name, file), `${prefix}${name}/${file}`, 1))
  }
  const candidates = [...files.flatMap((name) => recognise(join(path, name), prefix + name)), ...nested]
  const sets = [...new Set(candidates.map(({ set }) => set))].map((set) => {
    const isPart = (of: Part) => (file: Candidate) =>
      file.set === set && file.split === of.split && file.kind === of.kind
    return { set, files: parts.map((part) => candidates.filter(isPart(part)).toSorted(byRank)) }
  })
  return { path, names: [...files, ...folders], sets, others: folders.filter((name) => !isBetween(name)) }
}

function isBetween(name: string): boolean {
  return between.test(name) || partName.test(name)
}

/** Names that begin with a dot are never data: macOS leaves such companions of every file on other file systems. */
async function list(path: string): Promise<{ files: string[]; folders: string[] }> {
  try {
    const entries = (await readdir(path, { withFileTypes: true })).filter(({ name }) => !name.startsWith('.'))
    const isFolder = await Promise.all(
      entries.map(async (entry) =>
        entry.isSymbolicLink()
          ? ((await stat(join(path, entry.name)).catch(() => null))?.isDirectory() ?? false)
          : entry.isDirectory(),
      ),
    )
    const names = (folders: boolean) => entries.filter((_, i) => isFolder[i] === folders).map(({ name }) => name)
    return { files: names(false).toSorted(), folders: names(true).toSorted() }
  } catch (error) {
    throw diskError(error, 'read', path)
  }
}

function recognise(path: string, name: string, nested = 0): Candidate[] {
  const match = partName.exec(basename(path))
  if (match === null) return []
  const [, set = '', split, kind, number, copy, zipped = '', lastNumber] = match
  return [
    {
      set: set.toLowerCase(),
      split: split?.toLowerCase() === 'train' ? 'train' : 'test',
      kind: kind?.toLowerCase() === 'images' ? 'images' : 'labels',
      path,
      name,
      rank: [Number(number ?? lastNumber ?? (copy === undefined ? 0 : 1)), nested, zipped.length],
    },
  ]
}

function byRank(a: Candidate, b: Candidate): number {
  const [copy, nested, zipped] = a.rank
  const [otherCopy, otherNested, otherZipped] = b.rank
  return copy - otherCopy || nested - otherNested || zipped - otherZipped || (a.name < b.name ? -1 : 1)
}

function isWhole(set: CandidateSet): set is WholeSet {
  return set.files.every((candidates) => candidates.length > 0)
}

/** @param wanted the set of the file that was picked */
function choose(folder: Folder, wanted?: string): FoundSet {
  const { path, sets } = folder
  const whole = sets.filter(isWhole)
  const chosen = whole.find(({ set }) => set === (wanted ?? '')) ?? (wanted === undefined ? whole[0] : undefined)
  if (chosen === undefined) {
    const found = (files: CandidateSet['files']) => files.filter((candidates) => candidates.length > 0).length
    const named = sets.filter(({ set }) => set === wanted)
    const best = (named.length > 0 ? named : sets).toSorted((a, b) => found(b.files) - found(a.files))[0]
    throw best === undefined ? notFound(folder) : missing(folder, best)
  }
  if (wanted === undefined && chosen.set !== '' && whole.length > 1)
    throw several(
      path,
      whole.map(({ set }) => set.replace(/-$/, '')),
      'files',
    )
  const isPlain = whole.length === 1 || chosen.set === ''
  const [images] = chosen.files
  return { place: isPlain || images === undefined ? path : images[0].path, files: chosen.files }
}

/** The name a part has where MNIST comes from. */
function canonicalName({ split, kind }: Part): string {
  return `${split === 'train' ? 'train' : 't10k'}-${kind}-idx${kind === 'images' ? 3 : 1}-ubyte`
}

function notFound({ path, names }: Folder): AppError {
  const shown = names.slice(0, 5).join(', ') + (names.length > 5 ? ` and ${names.length - 5} more` : '')
  return new AppError(
    'data/not-found',
    `There are no MNIST files in ${path}; it holds ${names.length === 0 ? 'nothing' : shown}.`,
    `Pick the folder that holds ${parts.map(canonicalName).join(', ')} (each may end in .gz).`,
  )
}

function missing({ path, names }: Folder, { set, files }: CandidateSet): AppError {
  const found = files.flatMap((candidates) => candidates.slice(0, 1)).map(({ name }) => name)
  const absent = parts
    .filter((_, part) => files[part]?.length === 0)
    .map((part) => {
      const name = set + canonicalName(part)
      // what a browser has not finished, another archive, a folder without the file in it
      const like = names.find((other) => other.toLowerCase().startsWith(name.toLowerCase()))
      return like === undefined ? name : `${name} (there is only ${like}, which is not it)`
    })
  return new AppError(
    'data/missing',
    `${path} holds ${found.join(', ')}, but ${absent.join(', ')} ${absent.length === 1 ? 'is' : 'are'} missing.`,
    'Download what is missing into that folder; each file may end in .gz.',
  )
}

function several(folder: string, sets: readonly string[], as: 'files' | 'folders'): AppError {
  return new AppError(
    'data/several',
    `${folder} holds several datasets: ${sets.join(', ')}.`,
    as === 'folders'
      ? 'Pick the folder of the one that you want.'
      : 'Pick one of the files of the set that you want instead of the folder; the other three are found beside it.',
  )
}
