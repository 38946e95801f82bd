/** What stands in a lock file: who holds the lock, and a number that grows while its holder lives. */
import { createHash } from 'node:crypto'
import { constants } from 'node:fs'
import { open, type FileHandle } from 'node:fs/promises'
import { z } from 'zod'
import { systemCode } from './disk-error'
import { isAlive, owner, placeOf, thisProcess, type Liveness, type Owner } from './owner'

const holder = owner.extend({
  /** When the lock was taken, milliseconds since 1970: for people. */
  taken: z.number(),
  /** Tells this lock from every other one. */
  token: z.string(),
  /** How often its holder has renewed it; -1: a version that did not. */
  renewed: z.int(),
})
export type Holder = z.infer<typeof holder>

/** A lock file as it was found. */
export interface Found {
  /** Undefined: what stands there says nothing of one. */
  readonly holder: Holder | undefined
  /** Of this lock and no other, fit for a file's name. */
  readonly id: string
  /** Changes whenever the lock is renewed. */
  readonly mark: string
}

/** More than any lock file has. */
const most = 65_536

/** As long whatever the number: it is written over in place. */
export function contentOf(holder: Holder): string {
  const { renewed, ...rest } = holder
  return `${JSON.stringify({ ...rest, renewed: 0 }).replace(/0\}$/, String(renewed).padStart(12))}}\n`
}

/** Undefined: there is none. @throws the system's error */
export async function findLock(path: string): Promise<Found | undefined> {
  let file: FileHandle
  try {
    // opened each time: network disks tell what is new then. Not waiting for what a named pipe may bring.
    file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0))
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined
    throw error
  }
  try {
    const { ino, mtimeMs } = await file.stat()
    const bytes = await start(file)
    const text = bytes.toString()
    const holder = await parse(text)
    return { holder, id: hash(holder?.token ?? text), mark: `${ino} ${mtimeMs} ${hash(text)}` }
  } finally {
    await file.close()
  }
}

/** Writes that a lock is still held. Does nothing where it is another's by now. @throws the system's error */
export async function renewLock(path: string, holder: Holder): Promise<void> {
  const file = await open(path, 'r+')
  try {
    const there = await parse((await start(file)).toString())
    if (there?.token === holder.token) await file.write(Buffer.from(contentOf(holder)), 0, undefined, 0)
  } finally {
    await file.close()
  }
}

/**
 * What is known of a lock's holder. `watch`: whether it renews the lock is the only sign; `far`: the same, and it is on
 * another computer.
 */
export async function lifeOf({ holder }: Found): Promise<Exclude<Liveness, 'unknown'> | 'watch' | 'far'> {
  if (holder === undefined) return 'watch'
  const life = await isAlive(holder)
  if (life !== 'unknown') return life
  // an earlier version renewed nothing: until a person says so, its lock counts
  if (holder.renewed < 0) return 'alive'
  return (await placeOf(holder)) === 'elsewhere' ? 'far' : 'watch'
}

async function start(file: FileHandle): Promise<Buffer> {
  const { bytesRead, buffer } = await file.read(Buffer.alloc(most), 0, most, 0)
  return buffer.subarray(0, bytesRead)
}

async function parse(text: string): Promise<Holder | undefined> {
  try {
    const value: unknown = JSON.parse(text.replace(/^\ufeff/, ''))
    return holder.safeParse(value).data ?? earlier(value, await thisProcess())
  } catch {
    return undefined
  }
}

const before = z.object({
  pid: z.int().positive(),
  host: z.string(),
  /** On Linux behind the system's start. */
  processStart: z.string().nullable(),
  taken: z.number(),
  token: z.string(),
})

/** The lock of a version that knew nothing of namespaces. */
function earlier(value: unknown, { space }: Owner): Holder | undefined {
  const { data } = before.safeParse(value)
  if (data === undefined) return undefined
  const { processStart, ...rest } = data
  const [, boot = null, start = null] = /^([0-9a-f-]{36}) (\d+)$/.exec(processStart ?? '') ?? []
  return {
    ...rest,
    machine: null,
    boot,
    space,
    start: start ?? processStart?.replace(/\s+/g, ' ') ?? null,
    renewed: -1,
  }
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16)
}
