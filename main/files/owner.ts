/**
 * Which process something belongs to, and whether that process is still alive: told without a clock, which people set.
 */
import { readFile, readlink } from 'node:fs/promises'
import { hostname } from 'node:os'
import { z } from 'zod'
import { isRunning } from './is-running.mjs'
import { machineId } from './machine-id'
import { said } from './said'

/** A process as written down for others. A process with the same six does not come twice. */
export const owner = z.object({
  pid: z.int().positive(),
  host: z.string(),
  /** What tells its computer from others of that name; null where that cannot be told, and in earlier versions. */
  machine: z.string().nullable().default(null),
  /** This start of the system, as it names it; null where it has no name for it. */
  boot: z.string().nullable(),
  /** What pids count in: the PID and time namespaces on Linux, of which each container has its own; null elsewhere. */
  space: z.string().nullable(),
  /** When the process started, in its system's own words; null where that cannot be found out. */
  start: z.string().nullable(),
})
export type Owner = z.infer<typeof owner>

/** `unknown`: it is on another computer, in another container, or hides from this user. */
export type Liveness = 'alive' | 'gone' | 'unknown'

let here: Promise<Omit<Owner, 'pid' | 'start'>> | undefined
let own: Promise<Owner> | undefined

/** This process; the same for all of its threads. */
export function thisProcess(): Promise<Owner> {
  return (own ??= processOf(process.pid))
}

/** A process that this one can see: one that it started. */
export async function processOf(pid: number): Promise<Owner> {
  here ??= place()
  return { pid, ...(await here), start: await startOf(pid) }
}

/** Whether an owner that was written down, here or elsewhere, still runs. Never throws. */
export async function isAlive(owner: Owner): Promise<Liveness> {
  const place = await placeOf(owner)
  if (place === 'before') return 'gone'
  if (place !== 'here' || owner.space !== (await thisProcess()).space) return 'unknown'
  if (!isRunning(owner.pid)) return 'gone'
  const start = await startOf(owner.pid)
  if (start === ended) return 'gone'
  if (start === null || owner.start === null) return 'unknown'
  return start === owner.start ? 'alive' : 'gone'
}

/**
 * Where an owner is, seen from this process: `before`, on this computer at an earlier start of the system; `unknown`, on
 * one of the same name.
 */
export async function placeOf({ host, machine, boot }: Owner): Promise<'here' | 'before' | 'elsewhere' | 'unknown'> {
  const me = await thisProcess()
  // no two kernels have a name for their start in common
  if (boot !== null && boot === me.boot) return 'here'
  // computers that were copied have the machine in common, but hardly their name, too
  if (host !== me.host) return 'elsewhere'
  if (machine === null || me.machine === null) return 'unknown'
  if (machine !== me.machine) return 'elsewhere'
  return boot === null || me.boot === null ? 'here' : 'before'
}

async function place(): Promise<Omit<Owner, 'pid' | 'start'>> {
  const [machine, boot, space] = await Promise.all([machineId(), orNull(bootId), orNull(pidSpace)])
  return { host: hostname(), machine, boot, space }
}

async function bootId(): Promise<string | null> {
  if (process.platform === 'linux') return (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim()
  if (process.platform === 'darwin') return said('sysctl', ['-n', 'kern.bootsessionuuid'])
  // Windows keeps the moment at which a process started to 100 ns: no two starts of the system have one in common
  return null
}

async function pidSpace(): Promise<string | null> {
  if (process.platform !== 'linux') return null
  const [pids, times] = await Promise.all([
    readlink('/proc/self/ns/pid'),
    // since Linux 5.6; what /proc says of a start is shifted by it
    readlink('/proc/self/ns/time').catch(() => ''),
  ])
  return `${pids} ${times}`.trim()
}

/** What `startOf` says of a process that has ended and that its parent has not asked for yet. */
const ended = 'ended'

function startOf(pid: number): Promise<string | null> {
  return orNull(() => {
    if (process.platform === 'linux') return startOnLinux(pid)
    if (process.platform === 'win32') return recently(pid, startOnWindows)
    return recently(pid, startOnUnix)
  })
}

/** Clock ticks since the system's start: field 22 of man proc_pid_stat. */
async function startOnLinux(pid: number): Promise<string | null> {
  const self = pid === process.pid
  // /proc can be that of another namespace than this process's: its numbers mean others then
  if (!self && (await readlink('/proc/self')) !== String(process.pid)) return null
  const stat = await readFile(`/proc/${self ? 'self' : pid}/stat`, 'utf8')
  // field 2, the name in brackets, may hold spaces and brackets
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return fields[0] === 'Z' || fields[0] === 'X' ? ended : (fields[19] ?? null)
}

/** To the second, in UTC: it stays as it was said first when the clock is set. */
async function startOnUnix(pid: number): Promise<string | null> {
  const text = await said('ps', ['-o', 'stat=,lstart=', '-p', String(pid)])
  if (text === null) return null
  const [state = '', ...start] = text.split(/\s+/)
  return state.startsWith('Z') ? ended : start.join(' ')
}

function startOnWindows(pid: number): Promise<string | null> {
  const command = `(Get-Process -Id ${pid}).StartTime.ToFileTimeUtc()`
  return said('powershell.exe', ['-NoProfile', '-NonInteractive', '-Command', command])
}

const recent = new Map<number, { start: Promise<string | null>; at: number }>()

/** Programs take their time to ask, and lists ask every two seconds: what was said holds for half a minute. */
function recently(pid: number, ask: (pid: number) => Promise<string | null>): Promise<string | null> {
  const known = recent.get(pid)
  if (known !== undefined && performance.now() - known.at < 30_000) return known.start
  const start = ask(pid)
  recent.set(pid, { start, at: performance.now() })
  return start
}

function orNull(ask: () => Promise<string | null>): Promise<string | null> {
  return ask().catch(() => null)
}
