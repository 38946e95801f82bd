/** One owner for a run folder: a lock file that says which process it is, so that a dead owner is recognised. */
import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { open, readFile, rm, stat } from 'node:fs/promises'
import { hostname, uptime } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { AppError } from '../../preload/errors'
import { diskError, systemCode } from './disk-error'

export interface Lock {
  readonly path: string
  /** Removes the lock file, if it is still this lock's. */
  release(): Promise<void>
}

interface Owner {
  readonly pid: number
  readonly host: string
  /** When the process started, as its system tells it; a later process with the same pid has another. */
  readonly processStart: string | null
  /** When the lock was taken, milliseconds since 1970. */
  readonly taken: number
  /** Tells this lock from every other one. */
  readonly token: string
}

/**
 * Takes the lock, also from an owner that no longer runs.
 *
 * @param path the lock file's path; its folder exists.
 * @throws AppError `run/locked`, naming the process that holds it; `disk/…`
 */
export async function acquireLock(path: string): Promise<Lock> {
  const owner: Owner = {
    pid: process.pid,
    host: hostname(),
    processStart: await processStart(process.pid),
    taken: Date.now(),
    token: randomUUID(),
  }
  try {
    if (!(await create(path, owner)) && !(await replaceStale(path, owner))) throw await locked(path)
  } catch (error) {
    throw diskError(error, 'locked', path)
  }
  return { path, release: () => release(path, owner) }
}

/** @returns false where the file exists already. */
async function create(path: string, owner: Owner): Promise<boolean> {
  const file = await open(path, 'wx').catch((error: unknown) => {
    if (systemCode(error) === 'EEXIST') return undefined
    throw error
  })
  if (file === undefined) return false
  try {
    await file.writeFile(JSON.stringify(owner))
    await file.sync()
    return true
  } catch (error) {
    await rm(path, { force: true })
    throw error
  } finally {
    await file.close()
  }
}

/**
 * Takes the place of a lock whose owner is gone. A second file guards the moment between looking and replacing:
 * without it, of two processes that see the same stale lock the slower one would remove the faster one's new lock.
 */
async function replaceStale(path: string, owner: Owner): Promise<boolean> {
  const guard = `${path}.replacing`
  if (!(await create(guard, owner))) {
    if (!(await olderThan(guard, 10_000))) return false
    await rm(guard, { force: true })
    if (!(await create(guard, owner))) return false
  }
  try {
    if (await isHeld(path)) return false
    await rm(path, { force: true })
    return await create(path, owner)
  } finally {
    await rm(guard, { force: true })
  }
}

/** Whether a lock is there and its owner still runs. */
export async function isHeld(path: string): Promise<boolean> {
  const owner = await readOwner(path)
  if (owner === undefined) return false
  // Nothing can be known of processes on another machine: its lock counts until a person removes it.
  if (owner.host !== hostname()) return true
  if (!isAlive(owner.pid)) return false
  // The start of this system, with a minute's room for clocks that were set: locks from before have no owner.
  if (owner.taken < Date.now() - uptime() * 1000 - 60_000) return false
  const start = await processStart(owner.pid)
  return owner.processStart === null || start === null || owner.processStart === start
}

/** The owner, or undefined where there is none; a file that stays unreadable has none either (a crash cut it off). */
async function readOwner(path: string): Promise<Owner | undefined> {
  // Its owner may be just writing it: give it a moment.
  for (let attempt = 0; attempt < 5; attempt++) {
    try {
      const value: unknown = JSON.parse(await readFile(path, 'utf8'))
      if (isOwner(value)) return value
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return undefined
      if (!(error instanceof SyntaxError)) throw error
    }
    await sleep(50)
  }
  return undefined
}

function isOwner(value: unknown): value is Owner {
  if (typeof value !== 'object' || value === null) return false
  const { pid, host, processStart, taken, token } = value as Record<string, unknown>
  return (
    Number.isSafeInteger(pid) &&
    (pid as number) > 0 &&
    typeof host === 'string' &&
    (processStart === null || typeof processStart === 'string') &&
    typeof taken === 'number' &&
    typeof token === 'string'
  )
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // EPERM: it runs, as another user.
    return systemCode(error) === 'EPERM'
  }
}

/** When a process started, in its system's own words; null where that cannot be found out. */
async function processStart(pid: number): Promise<string | null> {
  try {
    if (process.platform === 'linux') {
      const boot = (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim()
      const stat = await readFile(`/proc/${pid}/stat`, 'utf8')
      // Field 22, clock ticks since boot; field 2, the name in brackets, may hold spaces (man proc_pid_stat).
      const ticks = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
      return `${boot} ${ticks}`
    }
    if (process.platform === 'darwin') {
      const { stdout } = await promisify(execFile)('ps', ['-o', 'lstart=', '-p', String(pid)], {
        env: { LC_ALL: 'C', TZ: 'UTC' },
      })
      return stdout.trim() || null
    }
    return null
  } catch {
    return null
  }
}

async function release(path: string, owner: Owner): Promise<void> {
  try {
    const now = await readOwner(path)
    if (now?.token === owner.token) await rm(path, { force: true })
  } catch (error) {
    throw diskError(error, 'unlocked', path)
  }
}

async function olderThan(path: string, milliseconds: number): Promise<boolean> {
  try {
    return Date.now() - (await stat(path)).mtimeMs > milliseconds
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return true
    throw error
  }
}

async function locked(path: string): Promise<AppError> {
  const owner = await readOwner(path)
  const who =
    owner === undefined
      ? 'another process'
      : owner.host === hostname()
        ? `process ${owner.pid}${owner.pid === process.pid ? ' (this app itself)' : ''}`
        : `process ${owner.pid} on ${owner.host}`
  return new AppError(
    'run/locked',
    `This run is in use by ${who}, since ${owner === undefined ? 'just now' : new Date(owner.taken).toLocaleString()}.`,
    `Stop it there first, or start a new run. If that process is certainly gone, delete ${path}.`,
  )
}
