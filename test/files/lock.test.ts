/** One owner at a time, with real processes; a dead owner's lock is no lock. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { acquireLock, type Lock } from '../../main/files/lock'
import { AppError } from '../../preload/errors'

describe('a lock', () => {
  let folder: string
  let path: string
  const children: ChildProcess[] = []
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'vlae-lock-'))
    path = join(folder, 'lock')
  })
  afterEach(async () => {
    for (const child of children.splice(0)) child.kill('SIGKILL')
    await rm(folder, { recursive: true })
  })

  /** A lock file as another process would have left it. */
  async function leaveLock(owner: Record<string, unknown>): Promise<void> {
    const base = { host: hostname(), processStart: null, taken: Date.now(), token: 'other' }
    await writeFile(path, JSON.stringify({ ...base, ...owner }))
  }

  async function ownerOf(lock: Lock): Promise<unknown> {
    return (JSON.parse(await readFile(lock.path, 'utf8')) as { pid: unknown }).pid
  }

  async function sleeper(): Promise<ChildProcess> {
    const child = spawn(process.execPath, ['-e', 'console.log("up"); setInterval(() => {}, 1000)'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    children.push(child)
    await once(child.stdout!, 'data')
    return child
  }

  it('is taken, refused to others, and given back', async () => {
    const lock = await acquireLock(path)
    const refusal: unknown = await acquireLock(path).catch((error: unknown) => error)
    expect(refusal).toBeInstanceOf(AppError)
    expect(refusal).toMatchObject({ code: 'run/locked', message: expect.stringContaining(`process ${process.pid}`) })
    expect((refusal as AppError).remedy).toContain(path)
    await lock.release()
    expect(await readdir(folder)).toEqual([])
    await (await acquireLock(path)).release()
    expect(await readdir(folder)).toEqual([])
  })

  it('of a running process is refused, with its pid', async () => {
    const { pid } = await sleeper()
    await leaveLock({ pid })
    await expect(acquireLock(path)).rejects.toMatchObject({
      code: 'run/locked',
      message: expect.stringContaining(`process ${pid},`),
    })
  })

  it('of a killed process is taken over', async () => {
    const child = await sleeper()
    await leaveLock({ pid: child.pid })
    child.kill('SIGKILL')
    await once(child, 'exit')
    expect(await ownerOf(await acquireLock(path))).toBe(process.pid)
    expect(await readdir(folder)).toEqual(['lock'])
  })

  it.runIf(process.platform === 'linux')('of an earlier process with a running one’s pid is taken over', async () => {
    const { pid } = await sleeper()
    const [boot] = (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).split('\n')
    await leaveLock({ pid, processStart: `${boot} 1` })
    expect(await ownerOf(await acquireLock(path))).toBe(process.pid)
  })

  it('from before the computer started is taken over', async () => {
    await leaveLock({ pid: process.pid, taken: 0 })
    expect(await ownerOf(await acquireLock(path))).toBe(process.pid)
  })

  it('of another computer is refused, with its name', async () => {
    await leaveLock({ pid: 1, host: 'elsewhere', taken: 0 })
    await expect(acquireLock(path)).rejects.toMatchObject({
      code: 'run/locked',
      message: expect.stringContaining('process 1 on elsewhere'),
    })
  })

  for (const content of ['', '{"pid":', '[]', '{"pid":-1}', 'null', '\0\0\0']) {
    it(`cut off or damaged (${JSON.stringify(content)}) is taken over`, async () => {
      await writeFile(path, content)
      expect(await ownerOf(await acquireLock(path))).toBe(process.pid)
    })
  }

  it('has one winner of many that take over a stale one at once', async () => {
    await leaveLock({ pid: 2 ** 30 })
    const outcomes = await Promise.allSettled(Array.from({ length: 20 }, () => acquireLock(path)))
    const codes = outcomes.map((outcome) => (outcome.status === 'rejected' ? (outcome.reason as AppError).code : 'won'))
    expect(codes.filter((code) => code === 'won')).toHaveLength(1)
    expect(codes.filter((code) => code === 'run/locked')).toHaveLength(19)
    expect(await readdir(folder)).toEqual(['lock'])
  })

  it('of someone else is not removed by a late release', async () => {
    const lock = await acquireLock(path)
    await leaveLock({ pid: process.pid })
    await lock.release()
    expect(await readdir(folder)).toEqual(['lock'])
  })

  it('in a missing folder is a disk error', async () => {
    await expect(acquireLock(join(folder, 'none', 'lock'))).rejects.toMatchObject({ code: 'disk/not-found' })
  })
})
