/**
 * A lock between processes: one owner for a run folder, by a file that says which process it is, so that a dead owner
 * is known.
 */
import { randomUUID } from 'node:crypto'
import { basename, dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { AppError } from '../../preload/errors'
import { temporaryName, writeNew } from './atomic'
import { diskError, systemCode } from './disk-error'
import { disk } from './layer'
import { contentOf, findLock, lifeOf, renewLock, type Found, type Holder } from './lock-file'
import { placeOf, thisProcess, type Owner } from './owner'

/** A lock as its owner's threads and processes may have it, to look at it before they write. */
export interface HeldLock {
  readonly path: string
  readonly holder: Holder
}

export interface Lock extends HeldLock {
  /** Removes the lock file, if it is still this lock's. */
  release(): Promise<void>
}

export interface LockOptions {
  /** The process that the lock is for; default: this one. */
  readonly owner?: Owner
  /** Milliseconds without a sign of life after which an owner counts as gone that only that can be told of. */
  readonly patience?: number
  /**
   * The same for an owner on another computer; default: it never does. There nothing can be known, and disks that are shared
   * tell late what is new: until a person, or a scheduler, says that it is gone, its lock counts.
   */
  readonly farPatience?: number
  /** What is locked, as in "… is in use by". Default: `This run`. */
  readonly what?: string
  /** Called with a sentence when that has to be waited for. */
  readonly tell?: (message: string) => void
  /** Aborted: it is not waited for any more, and its reason is thrown. */
  readonly signal?: AbortSignal
}

/** A lock is renewed this often, in milliseconds. */
const renewEvery = 3000
const defaultPatience = 5 * renewEvery

/**
 * Takes the lock, also from an owner that no longer runs.
 *
 * @param path the lock file's path; its folder exists.
 * @throws AppError `run/locked`, naming the process that holds it; `disk/…`
 */
export async function acquireLock(path: string, options: LockOptions = {}): Promise<Lock> {
  const { owner = await thisProcess() } = options
  const holder: Holder = { ...owner, taken: Date.now(), token: randomUUID(), renewed: 0 }
  try {
    if (!(await take(path, holder, options))) throw await locked(path, undefined, options)
  } catch (error) {
    throw diskError(error, 'locked', path)
  }
  let renewed = 0
  const renew = () => void renewLock(path, { ...holder, renewed: ++renewed }).catch(() => undefined)
  const timer = setInterval(renew, renewEvery).unref()
  return {
    path,
    holder,
    async release() {
      clearInterval(timer)
      await release(path, holder)
    },
  }
}

/** Whether a lock is there and its owner still runs, as far as is known by now. @throws AppError `disk/…` */
export async function isHeld(path: string): Promise<boolean> {
  const there = await findLock(path).catch((error: unknown) => {
    throw diskError(error, 'read', path)
  })
  if (there === undefined) {
    quiet.delete(path)
    return false
  }
  const life = await lifeOf(there)
  return life === 'watch' ? quietFor(path, there) < defaultPatience : life !== 'gone'
}

/** Whether a lock still is the one that was taken. @throws the system's error */
export async function isStillHeld({ path, holder }: HeldLock): Promise<boolean> {
  return (await findLock(path))?.holder?.token === holder.token
}

/**
 * For an owner before it writes: what stood still for long, as a paused container does, may have been taken for gone.
 * A lock whose file a person has deleted is put back.
 *
 * @param untouched whether what the lock guards is as this owner left it, so that nobody else can have had it meanwhile
 * @throws AppError `run/taken-over`; `disk/…`
 */
export async function assertStillHeld({ path, holder }: HeldLock, untouched: () => Promise<boolean>): Promise<void> {
  try {
    const there = await findLock(path)
    if (there?.holder?.token === holder.token) return
    if (there !== undefined) throw await takenOver(there.holder)
    if (!(await untouched()) || !(await create(path, holder))) throw await takenOver(undefined)
  } catch (error) {
    throw diskError(error, 'locked', path)
  }
}

/** @returns false where others are always faster, or nothing can be read of what is there. */
async function take(path: string, holder: Holder, options: LockOptions): Promise<boolean> {
  for (let attempt = 0; attempt < 10; attempt++) {
    if (await create(path, holder)) return true
    const there = await findLock(path)
    if (there === undefined) continue
    await assertGone(path, path, there, options)
    if (await follow(path, there, holder, options)) return true
  }
  return false
}

/** @returns false where the file exists already. */
async function create(path: string, holder: Holder): Promise<boolean> {
  const content = Buffer.from(contentOf(holder))
  const temporary = temporaryName(path)
  try {
    // with all that is to be in it from the first moment on, where the file system has second names
    await writeNew(temporary, content)
    await disk.link(temporary, path).catch(async (error: unknown) => {
      if (systemCode(error) === 'EEXIST') throw error
      await writeNew(path, content)
    })
    return true
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') throw error
    // on a network disk the answer can be lost and asked for again: then it is this one's
    return (await findLock(path))?.holder?.token === holder.token
  } finally {
    await disk.remove(temporary).catch(() => undefined)
  }
}

/**
 * Takes the place of a lock whose owner is gone. Of those who see it at once, the one may that makes the file of its
 * claim, which is named after the lock that it is to follow. Where that one dies before it is done, the same goes for
 * its claim: claims are a chain, and only its last one has an owner that lives.
 *
 * @returns false where the lock is not what it was any more
 */
async function follow(path: string, stale: Found, holder: Holder, options: LockOptions): Promise<boolean> {
  const earlier: string[] = []
  let own = claimOf(path, stale)
  while (!(await create(own, holder))) {
    const other = await findLock(own)
    if (other === undefined) return false
    await assertGone(path, own, other, options)
    earlier.push(own)
    own = claimOf(path, other)
  }
  const temporary = temporaryName(path)
  try {
    if ((await findLock(path))?.id !== stale.id) {
      await disk.remove(own)
      return false
    }
    await writeNew(temporary, Buffer.from(contentOf(holder)))
    await disk.rename(temporary, path)
  } catch (error) {
    // the claims before it stay: others may stand at the end of them
    for (const file of [temporary, own]) await disk.remove(file).catch(() => undefined)
    throw error
  }
  // whoever makes one of them from now on sees that the lock has been followed
  for (const claim of [...earlier, own]) await disk.remove(claim).catch(() => undefined)
  return true
}

/** The right to follow a lock. Named as temporary files are: what is left of one is removed with them. */
function claimOf(path: string, { id }: Found): string {
  return join(dirname(path), `.${basename(path)}.0-${id}.tmp`)
}

/**
 * Waits for a sign of life where there is no other way to tell.
 *
 * @param at the file that was found: that of the lock, or of a claim to it
 * @throws AppError `run/locked` when its owner lives
 */
async function assertGone(path: string, at: string, found: Found, options: LockOptions): Promise<void> {
  const { tell = () => undefined, signal } = options
  const life = await lifeOf(found)
  if (life === 'gone') return
  const patience = { alive: undefined, watch: options.patience ?? defaultPatience, far: options.farPatience }[life]
  if (patience === undefined) throw await locked(path, found.holder, options)
  if (quietFor(at, found) < patience)
    tell(
      `${options.what ?? 'This run'} was last held by ${await nameOf(found.holder)}, which cannot be seen from here: waiting up to ` +
        `${Math.ceil(patience / 1000)} s for a sign of life from it …`,
    )
  while (quietFor(at, found) < patience) {
    await sleep(patience / 20)
    signal?.throwIfAborted()
    const now = await findLock(at)
    if (now?.id !== found.id) return
    if (now.mark !== found.mark) throw await locked(path, now.holder, options)
  }
}

/** How long nothing has been seen of locks, in milliseconds, and when that was last looked at. */
const quiet = new Map<string, { mark: string; time: number; at: number }>()

/** Since a lock has been as it is now. Counted in looks at it: while this process stood still, others may have, too. */
function quietFor(path: string, { mark }: Found): number {
  const at = performance.now()
  const before = quiet.get(path)
  const time = before?.mark === mark ? before.time + Math.min(at - before.at, renewEvery) : 0
  quiet.set(path, { mark, time, at })
  return time
}

async function release(path: string, holder: Holder): Promise<void> {
  try {
    if ((await findLock(path))?.holder?.token === holder.token) await disk.remove(path)
  } catch (error) {
    throw diskError(error, 'unlocked', path)
  }
}

async function locked(path: string, holder: Holder | undefined, { what = 'This run' }: LockOptions): Promise<AppError> {
  const since = new Date(holder?.taken ?? NaN)
  const when = Number.isNaN(since.getTime()) ? '' : `, since ${since.toLocaleString()}`
  return new AppError(
    'run/locked',
    `${what} is in use by ${await nameOf(holder)}${when}.`,
    `Stop it there first, or start a new run. If that process is certainly gone, delete ${path}.`,
  )
}

async function takenOver(holder: Holder | undefined): Promise<AppError> {
  return new AppError(
    'run/taken-over',
    `This run has been taken over by ${await nameOf(holder)}, while it stood still here. Nothing more is written here.`,
    'Look at it there. To go on here, stop it there first, then resume it.',
  )
}

async function nameOf(holder: Holder | undefined): Promise<string> {
  if (holder === undefined) return 'another process'
  const me = await thisProcess()
  const name = `process ${holder.pid}`
  if ((await placeOf(holder)) === 'elsewhere')
    return `${name} on ${holder.host === me.host ? 'another computer that is called ' : ''}${holder.host.slice(0, 100)}`
  if (holder.space !== me.space) return `${name} of another container`
  return holder.pid === me.pid ? `${name} (this app itself)` : name
}
