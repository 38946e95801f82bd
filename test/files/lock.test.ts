/** One owner at a time; a dead owner's lock is no lock. With the processes of others: lock.e2e.test.ts. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readFile, readdir, rm, symlink, utimes, writeFile } from 'node:fs/promises'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { disk, type FileLayer } from '../../main/files/layer'
import { acquireLock, isHeld, type Lock, type LockOptions } from '../../main/files/lock'
import { contentOf, renewLock, type Holder } from '../../main/files/lock-file'
import { processOf, thisProcess, type Owner } from '../../main/files/owner'
import { AppError } from '../../preload/errors'
import { restoreDisk, systemError } from './faulty-layer'

const onLinux = process.platform === 'linux'

describe('a lock', () => {
  let folder: string
  let path: string
  const children: ChildProcess[] = []
  const locks: Lock[] = []
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'vlae-lock-'))
    path = join(folder, 'lock')
  })
  afterEach(async () => {
    restoreDisk()
    vi.useRealTimers()
    for (const child of children.splice(0)) child.kill('SIGKILL')
    for (const lock of locks.splice(0)) await lock.release()
    await rm(folder, { recursive: true })
  })

  /** A lock file as a process would have left it. */
  async function leaveLock(owner: Partial<Holder> = {}): Promise<Holder> {
    const holder = { ...(await thisProcess()), taken: Date.now(), token: 'other', renewed: 3, ...owner }
    await writeFile(path, contentOf(holder))
    return holder
  }

  async function acquire(options: LockOptions = {}): Promise<Lock> {
    const lock = await acquireLock(path, { patience: 200, ...options })
    locks.push(lock)
    return lock
  }

  const refusal = (options: LockOptions = {}) =>
    acquire(options).then(
      () => null,
      (error: unknown) => error as AppError,
    )

  async function pidIn(lock: Lock): Promise<unknown> {
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

  async function deadOwner(): Promise<Owner> {
    const child = await sleeper()
    const owner = await processOf(child.pid!)
    child.kill('SIGKILL')
    await once(child, 'exit')
    return owner
  }

  it('is taken, refused to others, and given back', async () => {
    const lock = await acquire()
    const error = await refusal()
    expect(error).toBeInstanceOf(AppError)
    expect(error).toMatchObject({ code: 'run/locked', message: expect.stringContaining(`process ${process.pid}`) })
    expect(error!.remedy).toContain(path)
    expect(await isHeld(path)).toBe(true)
    await lock.release()
    expect(await isHeld(path)).toBe(false)
    expect(await readdir(folder)).toEqual([])
    await (await acquire()).release()
    expect(await readdir(folder)).toEqual([])
  })

  it('of a running process is refused, with its pid', async () => {
    const { pid } = await sleeper()
    await leaveLock(await processOf(pid!))
    expect(await refusal()).toMatchObject({
      code: 'run/locked',
      message: expect.stringContaining(`process ${pid},`),
    })
  })

  it('of a killed process is taken over', async () => {
    await leaveLock(await deadOwner())
    expect(await isHeld(path)).toBe(false)
    expect(await pidIn(await acquire())).toBe(process.pid)
    expect(await readdir(folder)).toEqual(['lock'])
  })

  it('can be for another process, and is one as long as that lives', async () => {
    const child = await sleeper()
    await acquire({ owner: await processOf(child.pid!) })
    expect(await refusal()).toMatchObject({ message: expect.stringContaining(`process ${child.pid},`) })
    child.kill('SIGKILL')
    await once(child, 'exit')
    expect(await pidIn(await acquire())).toBe(process.pid)
  })

  it('of an earlier process with a running one’s pid is taken over', async () => {
    const { pid } = await sleeper()
    await leaveLock({ ...(await processOf(pid!)), start: '1' })
    expect(await pidIn(await acquire())).toBe(process.pid)
  })

  it.runIf(onLinux)('from before the system started is taken over, whatever the clock says', async () => {
    await leaveLock({ boot: '00000000-0000-0000-0000-000000000000', taken: Date.now() + 1e9 })
    expect(await pidIn(await acquire())).toBe(process.pid)
  })

  it('is one whatever the clock says: behind, or set forward since', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    for (const seconds of [-200_000, 200_000]) {
      vi.setSystemTime(Date.now() + seconds * 1000)
      const lock = await acquire()
      vi.setSystemTime(Date.now() - 2 * seconds * 1000)
      expect(await isHeld(path)).toBe(true)
      expect(await refusal()).toMatchObject({ code: 'run/locked' })
      await lock.release()
    }
  })

  it('of another computer is refused, with its name', async () => {
    await leaveLock({ pid: 1, host: 'elsewhere', boot: 'another' })
    await utimes(path, 0, 0)
    expect(await refusal()).toMatchObject({
      code: 'run/locked',
      message: expect.stringContaining('process 1 on elsewhere'),
    })
  })

  it('of another computer that has the same name is refused, also long after its last sign of life', async () => {
    await leaveLock({ pid: 1, boot: 'another', machine: 'another' })
    if ((await thisProcess()).machine === null) return
    expect(await isHeld(path)).toBe(true)
    const message = expect.stringContaining(`process 1 on another computer that is called ${hostname()}`)
    expect(await refusal()).toMatchObject({ code: 'run/locked', message })
  })

  it('of another computer is taken over where its owner is said to be gone, after a while without a sign of life', async () => {
    await leaveLock({ pid: 1, host: 'elsewhere', boot: 'another' })
    const said: string[] = []
    expect(await pidIn(await acquire({ farPatience: 300, tell: (message) => said.push(message) }))).toBe(process.pid)
    expect(said).toEqual([expect.stringContaining('process 1 on elsewhere')])
  })

  it('of another computer is not taken over while its owner renews it, whatever is said', async () => {
    const holder = await leaveLock({ pid: 1, host: 'elsewhere', boot: 'another' })
    let renewed = 3
    const timer = setInterval(() => void renewLock(path, { ...holder, renewed: ++renewed }), 100)
    expect(await refusal({ farPatience: 3000 })).toMatchObject({ code: 'run/locked' })
    clearInterval(timer)
  })

  it('is waited for where it may be of another computer: earlier versions did not say', async () => {
    const holder = await leaveLock({ pid: 1, boot: 'another', machine: null })
    let renewed = 3
    const timer = setInterval(() => void renewLock(path, { ...holder, renewed: ++renewed }), 100)
    expect(await refusal({ patience: 3000 })).toMatchObject({ code: 'run/locked' })
    clearInterval(timer)
    expect(await pidIn(await acquire())).toBe(process.pid)
  })

  it('in a missing folder is a disk error', async () => {
    await expect(acquireLock(join(folder, 'none', 'lock'))).rejects.toMatchObject({ code: 'disk/not-found' })
  })

  it('where a folder has its name is a disk error', async () => {
    await mkdir(path)
    expect(await refusal()).toMatchObject({ code: 'disk/wrong-kind' })
  })

  it('that leads nowhere is refused, and what to do is said', async () => {
    await symlink(join(folder, 'nowhere'), path)
    expect(await refusal()).toMatchObject({ code: 'run/locked', remedy: expect.stringContaining(`delete ${path}`) })
  })

  describe('whose owner cannot be seen from here', () => {
    const inContainer = { space: 'pid:[1] time:[1]', pid: 7 }

    it('is refused while it is renewed', async () => {
      const holder = await leaveLock(inContainer)
      const told: string[] = []
      let renewed = 3
      const timer = setInterval(() => void renewLock(path, { ...holder, renewed: ++renewed }), 100)
      const error = await refusal({ patience: 3000, tell: (message) => told.push(message) })
      clearInterval(timer)
      expect(error).toMatchObject({
        code: 'run/locked',
        message: expect.stringContaining('process 7 of another container'),
      })
      expect(told).toEqual([expect.stringMatching(/process 7 of another container.*waiting up to 3 s/)])
      expect(await isHeld(path)).toBe(true)
    })

    it('is taken over when it is not', async () => {
      await leaveLock(inContainer)
      expect(await isHeld(path)).toBe(true)
      expect(await pidIn(await acquire())).toBe(process.pid)
      expect(await readdir(folder)).toEqual(['lock'])
    })

    it('is not waited for when that is given up', async () => {
      await leaveLock(inContainer)
      const giveUp = new AbortController()
      const tell = () => giveUp.abort(new AppError('cancelled', 'Given up.', ''))
      expect(await refusal({ patience: 5000, signal: giveUp.signal, tell })).toMatchObject({ code: 'cancelled' })
    })

    it('of a version that did not renew it, is refused', async () => {
      await leaveLock({ ...inContainer, renewed: -1 })
      expect(await refusal()).toMatchObject({ code: 'run/locked' })
    })

    it('is renewed by its owner itself, and not when it is another’s by now', async () => {
      vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
      await acquire()
      const before = await readFile(path, 'utf8')
      vi.advanceTimersByTime(3500)
      await expect.poll(() => readFile(path, 'utf8')).not.toBe(before)
      expect((await readFile(path, 'utf8')).length).toBe(before.length)
      await leaveLock()
      const others = await readFile(path, 'utf8')
      vi.advanceTimersByTime(3500)
      await new Promise((resolve) => setTimeout(resolve, 100))
      expect(await readFile(path, 'utf8')).toBe(others)
    })
  })

  describe('of a version before namespaces', () => {
    const leave = (owner: Record<string, unknown>) =>
      writeFile(path, JSON.stringify({ host: hostname(), processStart: null, taken: 0, token: 'old', ...owner }))

    it.runIf(onLinux)('is refused while its process lives, and taken over when it is gone', async () => {
      const child = await sleeper()
      const { boot, start } = await processOf(child.pid!)
      const ofChild = { pid: child.pid, processStart: `${boot} ${start}` }
      await leave(ofChild)
      expect(await refusal()).toMatchObject({ message: expect.stringContaining(`process ${child.pid},`) })
      child.kill('SIGKILL')
      await once(child, 'exit')
      // it does not say on which computer
      await leave({ pid: child.pid })
      expect(await refusal()).toMatchObject({ message: expect.stringContaining(`process ${child.pid},`) })
      await leave(ofChild)
      expect(await pidIn(await acquire())).toBe(process.pid)
    })

    it.runIf(onLinux)('is refused when it may be of another computer that has this one’s name', async () => {
      await leave({ pid: process.pid, processStart: '00000000-0000-0000-0000-000000000000 1' })
      expect(await refusal()).toMatchObject({ code: 'run/locked', remedy: expect.stringContaining(`delete ${path}`) })
    })
  })

  describe('that says nothing of its owner', () => {
    for (const content of ['', '{"pid":', '[]', '{"pid":-1}', 'null', '\0\0\0', 'x'.repeat(1e6)]) {
      it(`(${JSON.stringify(content.slice(0, 20))}) is taken over when nothing happens to it`, async () => {
        await writeFile(path, content)
        expect(await pidIn(await acquire())).toBe(process.pid)
        expect(await readdir(folder)).toEqual(['lock'])
      })
    }

    it('is refused while something happens to it', async () => {
      await writeFile(path, 'of a later version')
      let time = 1
      const timer = setInterval(() => void utimes(path, 0, time++), 100)
      expect(await refusal({ patience: 3000 })).toMatchObject({ code: 'run/locked' })
      clearInterval(timer)
    })

    it('is read behind a byte order mark', async () => {
      await leaveLock()
      await writeFile(path, `\ufeff${await readFile(path, 'utf8')}`)
      expect(await refusal()).toMatchObject({ message: expect.stringContaining('this app itself') })
    })
  })

  it('has one winner of many that take it at once, stale or not', async () => {
    const dead = await deadOwner()
    for (const before of [() => leaveLock(dead), () => writeFile(path, ''), () => undefined]) {
      await before()
      const outcomes = await Promise.allSettled(Array.from({ length: 20 }, () => acquire()))
      const codes = outcomes.map((outcome) =>
        outcome.status === 'rejected' ? (outcome.reason as AppError).code : 'won',
      )
      expect(codes.filter((code) => code === 'won')).toHaveLength(1)
      expect(codes.filter((code) => code === 'run/locked')).toHaveLength(19)
      expect(await readdir(folder)).toEqual(['lock'])
      await locks.pop()!.release()
    }
  })

  it('has one winner where the file system has no second names', async () => {
    disk.link = () => Promise.reject(systemError('EPERM'))
    await leaveLock(await deadOwner())
    const outcomes = await Promise.allSettled(Array.from({ length: 20 }, () => acquire()))
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    expect(await readdir(folder)).toEqual(['lock'])
  })

  it('of someone else is not removed by a late release', async () => {
    const lock = await acquire()
    await leaveLock()
    await lock.release()
    expect(await readdir(folder)).toEqual(['lock'])
  })

  it('can be taken after any operation of taking it has failed, or was the last of its process', async () => {
    const dead = await deadOwner()
    const others = await Promise.all([deadOwner(), deadOwner(), deadOwner()])
    for (const stale of [false, true]) {
      for (let at = 0, more = true; more; at++) {
        for (const code of ['ENOSPC', 'EIO', 'CRASH']) {
          await rm(folder, { recursive: true })
          await mkdir(folder)
          if (stale) await leaveLock(dead)
          // one after the other comes as far, and dies
          for (const owner of others) {
            const operations = failAt(at, code)
            const lock = await acquireLock(path, { owner }).catch(() => null)
            restoreDisk()
            more = operations.length > at
            // a process that died releases nothing
            if (code !== 'CRASH') await lock?.release()
          }
          const lock = await acquire()
          expect(await pidIn(lock)).toBe(process.pid)
          await lock.release()
          locks.pop()
          const left = (await readdir(folder)).filter((name) => !name.endsWith('.tmp'))
          expect({ at, code, left }).toEqual({ at, code, left: [] })
        }
      }
    }
  })
})

/** Makes the disk's operation of this number fail, and after a crash every one. Gives the operations as they come. */
function failAt(at: number, code: string): string[] {
  const operations: string[] = []
  const failing = (name: string): boolean => {
    const index = operations.push(name) - 1
    return index === at || (code === 'CRASH' && index > at)
  }
  for (const name of Object.keys(disk) as (keyof FileLayer)[]) {
    const real = disk[name] as (...args: unknown[]) => Promise<unknown>
    Object.assign(disk, {
      [name]: (...args: unknown[]) => (failing(name) ? Promise.reject(systemError(code)) : real(...args)),
    })
  }
  return operations
}
