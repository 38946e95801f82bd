/** Undo of deletions in this app: runs and checkpoints wait beside where they were until they are taken back or it closes. */
import { mkdtemp } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { AppError } from '../../preload/errors'
import { diskError, systemCode } from '../files/disk-error'
import { disk } from '../files/layer'
import {
  destroy,
  discard,
  freePath,
  isHeldByOthers,
  isThere,
  prefix,
  writeRecord,
  type Names,
  type Removal,
} from './removed'

export class Trash {
  /** What this app can still take back. */
  private readonly removals: Removal[] = []

  /**
   * Puts what lies in one folder aside, together. Names behind the first may be missing.
   *
   * @throws AppError `run/removed-elsewhere` where another app has put it aside meanwhile, `run/cannot-move`, `disk/…`
   *   (`disk/not-found` where the first is missing); all is then as before
   */
  async put(folder: string, names: Names): Promise<void> {
    const path = join(folder, names[0])
    const place = await mkdtemp(join(folder, prefix)).catch(async (error: unknown) => {
      throw await refusedPut(error, path)
    })
    try {
      await writeRecord({ place, names })
      await moveAll(movesOf(names, folder, place))
    } catch (error) {
      await discard(place)
      throw await refusedPut(error, path)
    }
    this.removals.push({ place, names })
  }

  /**
   * Takes back what was put aside last of this path.
   *
   * @param beside where its place is taken, under another name there
   * @returns where it is now
   * @throws AppError `run/not-removed`, `run/cannot-move`, `disk/…`
   */
  async restore(path: string, { beside }: { beside: boolean }): Promise<string> {
    const folder = dirname(path)
    const removal = this.lastOf(path)
    const taken = await isThere(path)
    if (removal === undefined) throw taken ? present(path) : await notHere(path)
    if (taken && !beside) throw present(path)
    // nobody else is to take it back, or to delete it, meanwhile
    this.removals.splice(this.removals.indexOf(removal), 1)
    const { place, names } = removal
    const to = taken ? await freePath(path) : path
    try {
      const [[from], ...others] = movesOf(names, place, folder)
      await moveAll([[from, to], ...others])
    } catch (error) {
      const missing = systemCode(error) === 'ENOENT'
      // what lies in a run that is away for now comes back with that run
      if (!missing || (await isThere(place)) || !(await isThere(folder))) this.removals.push(removal)
      if (missing) throw await outOfReach(path)
      throw refusal(error, path)
    }
    await discard(place)
    return to
  }

  /** Whether this app has put something of this path aside that it can still take back. */
  holds(path: string): boolean {
    return this.lastOf(path) !== undefined
  }

  private lastOf(path: string): Removal | undefined {
    return this.removals.findLast(({ place, names }) => join(dirname(place), names[0]) === path)
  }

  /** Deletes for good what this app has put aside. What cannot be deleted now is by a later one. */
  async empty(): Promise<void> {
    for (const removal of this.removals.splice(0)) await destroy(removal)
  }
}

type Move = readonly [from: string, to: string]

function movesOf([first, ...others]: Names, from: string, to: string): [Move, ...Move[]] {
  const move = (name: string): Move => [join(from, name), join(to, name)]
  return [move(first), ...others.map(move)]
}

/**
 * All of them or none; those behind the first may be missing. The first goes last: where the disk does not even take
 * back what was begun, it is where it was, and the rest is tried again with it.
 *
 * @throws the system's error
 */
async function moveAll([first, ...others]: [Move, ...Move[]]): Promise<void> {
  const done: Move[] = []
  try {
    for (const move of others)
      await disk.rename(...move).then(
        () => done.push(move),
        (error: unknown) => {
          if (systemCode(error) !== 'ENOENT') throw error
        },
      )
    await disk.rename(...first)
  } catch (error) {
    for (const [from, to] of done) await disk.rename(to, from).catch(() => undefined)
    throw error
  }
}

/** What is not there any more, or the run it was in, may have been put aside by another app at the same moment. */
async function refusedPut(error: unknown, path: string): Promise<AppError> {
  if (systemCode(error) === 'ENOENT')
    for (const lost of [path, dirname(path)]) if (await isHeldByOthers(lost)) return deletedElsewhere(lost)
  return refusal(error, path)
}

function refusal(error: unknown, path: string): AppError {
  const told = diskError(error, 'moved', path)
  // whoever deletes to make room must not be told to make room first
  if (told.code === 'disk/full')
    return new AppError(
      'disk/full',
      `${path} cannot be put aside: the disk is full, and what can be taken back needs a little room.`,
      'Delete it with the file manager. Space from earlier deletions is freed when the app closes.',
      { cause: error },
    )
  // EBUSY: a disk is mounted there; EXDEV: a layer of a container, or a folder that is bound there
  if (!['EBUSY', 'EXDEV'].includes(systemCode(error) ?? '')) return told
  return new AppError(
    'run/cannot-move',
    `${path} cannot be put aside: it is a disk of its own, or in use by the system.`,
    'Nothing was changed. Delete it with the file manager, if it is to go.',
    { cause: error },
  )
}

function present(path: string): AppError {
  const message = `${basename(path)} is there: it need not be taken back.`
  return new AppError('run/not-removed', message, 'Look at the list again.')
}

function deletedElsewhere(path: string): AppError {
  return new AppError(
    'run/removed-elsewhere',
    `${basename(path)} has been deleted in another window or tab of VLAE Studio.`,
    'It can be taken back there, until that is closed.',
  )
}

/** This app has not put it aside, or has deleted it since. */
async function notHere(path: string): Promise<AppError> {
  if (await isHeldByOthers(path)) return deletedElsewhere(path)
  const message = `${basename(path)} is not among what was deleted in this window or tab.`
  return new AppError(
    'run/not-removed',
    message,
    'What is taken back, or deleted for good, cannot be taken back again.',
  )
}

/** This app has put it aside, and it is not where it was put. Why is told as far as it can be known. */
async function outOfReach(path: string): Promise<AppError> {
  const folder = dirname(path)
  if (await isHeldByOthers(folder))
    return new AppError(
      'run/removed-elsewhere',
      `${basename(path)} waits in ${basename(folder)}, which has been deleted in another window or tab of VLAE Studio.`,
      `Take ${basename(folder)} back there first.`,
    )
  return new AppError(
    'run/not-removed',
    `${basename(path)} is not where the app has put it: another program has moved or deleted it, or its folder.`,
    'If the run’s folder was moved, put it back to where it was, and try again.',
  )
}
