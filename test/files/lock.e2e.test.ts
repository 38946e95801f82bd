/** One owner at a time among real processes: with other clocks, in other PID namespaces, and in a crowd. */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { acquireLock, isHeld } from '../../main/files/lock'
import { buildModules, type Built } from '../build'

/** New PID namespaces need a right that not every machine gives. */
const unshare = ['unshare', ...(process.getuid?.() === 0 ? [] : ['-Ur']), '-pf', '--kill-child']
const canUnshare = (() => {
  try {
    execFileSync(unshare[0]!, [...unshare.slice(1), '--mount-proc', 'true'], { stdio: 'ignore' })
    return true
  } catch {
    console.log('skipped: locks in PID namespaces of their own need `unshare` (util-linux) and the right to use it')
    return false
  }
})()

let built: Built
let folder: string
let path: string
const children: ChildProcess[] = []
beforeAll(async () => {
  built = await buildModules({ program: 'test/files/lock-process.ts' })
})
afterAll(() => built.remove())
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vlae-lock-'))
  path = join(folder, 'lock')
})
afterEach(async () => {
  for (const child of children.splice(0)) await kill(child)
  await rm(folder, { recursive: true })
})

interface Options {
  readonly inside?: readonly string[]
  readonly env?: NodeJS.ProcessEnv
  readonly patience?: number
}

/** Takes the lock in a process of its own: what that says, and the process. */
async function taker({ inside = [], env = {}, patience = 4000 }: Options = {}): Promise<[string, ChildProcess]> {
  const [command, ...args] = [...inside, process.execPath, join(built.folder, 'program.js'), path, String(patience)]
  const child = spawn(command!, args, { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, ...env } })
  children.push(child)
  for await (const line of createInterface(child.stdout)) return [line, child]
  throw new Error('The process said nothing')
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.kill('SIGKILL')
  await once(child, 'exit')
}

describe('a lock', () => {
  it('is its owner’s when the clock is set right meanwhile', async () => {
    const clock = join(folder, 'clock.cjs')
    await writeFile(
      clock,
      `const now = Date.now; Date.now = () => now() - 2e8
       globalThis.Date = class extends Date { constructor(...a) { super(...(a.length > 0 ? a : [now() - 2e8])) } }`,
    )
    const [said, owner] = await taker({ env: { NODE_OPTIONS: `--require=${clock}` } })
    expect(said).toBe('held')
    await expect(acquireLock(path)).rejects.toMatchObject({ code: 'run/locked' })
    expect((await taker({ env: { NODE_OPTIONS: `--require=${clock}` } }))[0]).toMatch(/in use by process/)
    await kill(owner)
    expect((await taker())[0]).toBe('held')
  })

  it('is its owner’s while that stands still', async () => {
    const [said, owner] = await taker()
    expect(said).toBe('held')
    owner.kill('SIGSTOP')
    expect((await taker())[0]).toContain(`in use by process ${owner.pid},`)
  })

  it('of a killed process goes to one of many that want it at once', async () => {
    for (let round = 0; round < 3; round++) {
      const [said, owner] = await taker()
      expect(said).toBe('held')
      await kill(owner)
      const outcomes = await Promise.all(Array.from({ length: 8 }, () => taker()))
      expect(outcomes.filter(([outcome]) => outcome === 'held')).toHaveLength(1)
      for (const [, child] of outcomes) await kill(child)
    }
  })
})

describe.runIf(canUnshare)('a lock in a PID namespace of its own', () => {
  const inside = [...unshare, '--mount-proc']

  it('is its owner’s for those outside as long as it lives', async () => {
    const [said, owner] = await taker({ inside })
    expect(said).toBe('held')
    expect((await taker({ patience: 10_000 }))[0]).toContain('in use by process 1 of another container')
    expect(await isHeld(path)).toBe(true)
    await kill(owner)
    expect((await taker({ patience: 1000 }))[0]).toBe('held')
  })

  it('is its owner’s for those in another one, whose pid is the same', async () => {
    expect((await taker({ inside }))[0]).toBe('held')
    expect((await taker({ inside, patience: 10_000 }))[0]).toContain('in use by process 1 of another container')
  })

  it('is not had where its owner is outside, whatever /proc shows there', async () => {
    const [said, owner] = await taker()
    expect(said).toBe('held')
    for (const within of [inside, unshare])
      expect((await taker({ inside: within, patience: 10_000 }))[0]).toContain('of another container')
    await kill(owner)
    expect((await taker({ inside: unshare, patience: 1000 }))[0]).toBe('held')
  })
})
