/** Finds the four files of a data set in a folder, under any of the names that they go by. */
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
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
  /** Its name in the folder. */
  readonly name: string
}

interface Candidate extends PartFile {
  /** `emnist-digits-` of `emnist-digits-train-images-idx3-ubyte`; MNIST's own files have none. */
  readonly set: string
}

/**
 * The four files, in the order of `parts`. MNIST's names (`train-images-idx3-ubyte`, `t10k-…`) with `-` or `.` before
 * `idx`, with or without `.gz`, and with a set's name in front, as EMNIST has it. An unzipped file goes before a
 * gzipped one.
 *
 * @throws AppError `data/not-found`, `data/missing`, `data/several`, `disk/…`
 */
export async function findParts(folder: string): Promise<PartFile[]> {
  const names = await readdir(folder).catch((error: unknown) => {
    throw diskError(error, 'read', folder)
  })
  const candidates = names
    .toSorted((a, b) => Number(isZipped(a)) - Number(isZipped(b)) || (a < b ? -1 : 1))
    .flatMap((name) => recognise(folder, name))
  const sets = [...new Set(candidates.map((candidate) => candidate.set))].map((set) => {
    const ofSet = candidates.filter((candidate) => candidate.set === set)
    const files = parts.map((part) => ofSet.find((file) => file.split === part.split && file.kind === part.kind))
    return { set, files, found: files.filter((file) => file !== undefined) }
  })
  const whole = sets.filter(({ found }) => found.length === parts.length)
  const chosen = whole.find(({ set }) => set === '') ?? whole[0]
  if (chosen !== undefined && (chosen.set === '' || whole.length === 1)) return chosen.found
  if (chosen !== undefined)
    throw several(
      folder,
      whole.map(({ set }) => set.replace(/-$/, '')),
    )
  const best = sets.toSorted((a, b) => b.found.length - a.found.length)[0]
  throw best === undefined ? notFound(folder, names) : missing(folder, best.set, best.files)
}

function recognise(folder: string, name: string): Candidate[] {
  const match = /^(.*-)?(train|t10k|test)-(images|labels)[-.]idx[13]-ubyte(?:\.gz)?$/i.exec(name)
  if (match === null) return []
  const [, set = '', split, kind] = match
  return [
    {
      set: set.toLowerCase(),
      split: split?.toLowerCase() === 'train' ? 'train' : 'test',
      kind: kind?.toLowerCase() === 'images' ? 'images' : 'labels',
      path: join(folder, name),
      name,
    },
  ]
}

function isZipped(name: string): boolean {
  return name.toLowerCase().endsWith('.gz')
}

/** The name a part has where MNIST comes from. */
function canonicalName({ split, kind }: Part): string {
  return `${split === 'train' ? 'train' : 't10k'}-${kind}-idx${kind === 'images' ? 3 : 1}-ubyte`
}

function notFound(folder: string, names: readonly string[]): AppError {
  const shown = names.slice(0, 5).join(', ') + (names.length > 5 ? ` and ${names.length - 5} more` : '')
  return new AppError(
    'data/not-found',
    `There are no MNIST files in ${folder}; it holds ${names.length === 0 ? 'nothing' : shown}.`,
    `Pick the folder that directly holds ${parts.map(canonicalName).join(', ')} (each may end in .gz).`,
  )
}

function missing(folder: string, set: string, files: readonly (PartFile | undefined)[]): AppError {
  const found = files.filter((file) => file !== undefined).map(({ name }) => name)
  const absent = parts.filter((_, part) => files[part] === undefined).map((part) => set + canonicalName(part))
  return new AppError(
    'data/missing',
    `${folder} holds ${found.join(', ')}, but ${absent.join(', ')} ${absent.length === 1 ? 'is' : 'are'} missing.`,
    'Download what is missing into that folder; each file may end in .gz.',
  )
}

function several(folder: string, sets: readonly string[]): AppError {
  return new AppError(
    'data/several',
    `${folder} holds several data sets: ${sets.join(', ')}.`,
    'Put the four files of the one you want into a folder of their own, and pick that.',
  )
}
