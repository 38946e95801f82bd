/** A disk that is really full while a run trains, of bytes or of files: who ends it then is told what is saved, soon. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { runFile } from '../../main/runs/run-file'
import { runSettings } from '../../preload/contract'
import { openDoors, patience, visit } from '../browser/door'
import { folderWith, smallSet } from '../mnist/small-set'

/** Files that a run begins with, and an epoch more. */
const few = 40
const disks = {
  bytes: { options: 'size=512m', fill: fillBytes },
  files: { options: `size=512m,nr_inodes=${few}`, fill: fillFiles },
}

const mount = (options: string, folder: string) =>
  spawnSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', folder]).status === 0
const unmount = (folder: string) => spawnSync('umount', ['-l', folder])
const skipped = process.platform !== 'linux' || !canMount()
if (skipped) console.info('No disk can be mounted here (Linux lets root do it): none is filled.')

let doors: ReturnType<typeof openDoors>
let data: string
/** The current folder of the programs; the disk is its result folder. */
let place: string
let disk: string
beforeAll(async () => {
  doors = openDoors()
  data = await folderWith(await smallSet())
})
beforeEach(() => {
  place = mkdtempSync(join(tmpdir(), 'vlae-disk-'))
  disk = join(place, 'result')
  mkdirSync(disk)
})
afterEach(async () => {
  await doors.closeAll()
  unmount(disk)
  rmSync(place, { recursive: true, force: true })
})
afterAll(async () => {
  rmSync(data, { recursive: true, force: true })
  await doors.remove()
})

const theRun = () => {
  const run = readdirSync(disk).find((name) => name.endsWith('-ladder'))
  return runFile.parse(JSON.parse(readFileSync(join(disk, run!, 'run.json'), 'utf8')))
}

/** The step that a person is told the run is saved at. */
const keptAt = (text: string) => Number(/The run is kept as it was saved at step (\d+)\./.exec(text)?.[1])

/** `train` on a disk that has become full. */
async function trainFull(kind: keyof typeof disks, ...more: string[]) {
  mount(disks[kind].options, disk)
  const words = ['train', '--data', data, '--out', disk, '--epochs', '10000', '--batch', '8', '--threads', '1', ...more]
  const { child, output } = doors.run('cli', words, place)
  const exit = new Promise<number | null>((resolve) => child.once('exit', resolve))
  await vi.waitUntil(() => /^ +1 /m.test(output()) || output().includes('"epoch":1,'), patience)
  disks[kind].fill(disk)
  await vi.waitUntil(() => output().includes('the disk is full'), patience)
  return { child, exit, output }
}

describe.skipIf(skipped)('a full disk', () => {
  it.each([
    ['bytes', 'SIGINT'],
    ['bytes', 'SIGHUP'],
    ['files', 'SIGINT'],
    ['files', 'SIGTERM'],
  ] as const)('of %s lets %s end `train`: 1, with what is saved', async (kind, signal) => {
    const { child, exit, output } = await trainFull(kind)
    child.kill(signal)
    expect(await exit).toBe(1)
    const kept = keptAt(output())
    expect(kept).toBeGreaterThanOrEqual(4)
    // of two pipes, whichever is read first
    expect(output()).toContain('Free some space')
    expect(output()).toMatch(/^To go on from there: .* resume /m)

    // with room it goes on from there
    rmSync(join(disk, 'filler'), { recursive: true })
    const again = doors.run('cli', ['resume', 'latest', '--out', disk, '--json'], place)
    const ended = new Promise((resolve) => again.child.once('exit', resolve))
    await vi.waitUntil(() => again.output().includes('"type":"step"'), patience)
    const first = /"type":"step".*?"step":(\d+)/.exec(again.output())?.[1]
    expect(Number(first)).toBe(kept + 1)
    again.child.kill('SIGTERM')
    expect(await ended).toBe(130)
  })

  it.each(['bytes', 'files'] as const)('of %s is left as soon as there is room, with nothing lost', async (kind) => {
    const { child, exit, output } = await trainFull(kind, '--json')
    const waits = output().split('"waits":true').length
    const told = output().split('"type":"step"').length
    rmSync(join(disk, 'filler'), { recursive: true })
    await vi.waitUntil(() => output().split('"type":"step"').length > told + 5, patience)
    expect(output().split('"waits":true')).toHaveLength(waits)
    child.kill('SIGTERM')
    expect(await exit).toBe(130)
    const { step, status } = theRun()
    const lines = readFileSync(join(disk, readdirSync(disk)[0]!, 'metrics.jsonl'), 'utf8').split('\n')
    const steps = lines.filter((line) => line.includes('"type":"step"'))
    expect(steps.map((line) => (JSON.parse(line) as { step: number }).step)).toEqual(steps.map((_, i) => i + 1))
    expect({ status, step }).toEqual({ status: 'stopped', step: steps.length })
  })

  it.each([
    ['bytes', 'thread'],
    ['files', 'process'],
  ] as const)(
    'of %s is told on the page, which can stop; the app can be closed: training in a %s',
    async (kind, trainer) => {
      mount(disks[kind].options, disk)
      const door = await doors.open(place)
      const page = await visit(door)
      await page.app.changeSettings({ trainer, dataFolder: data })
      const settings = runSettings.parse({ epochs: 10_000, batch: 8, lanes: 1 })
      const begin = async (run: Promise<unknown>) => {
        await run
        const from = page.training().epoch
        // one epoch at most is being saved: that before it is
        await vi.waitUntil(() => page.training().epoch > from + 2, patience)
        disks[kind].fill(disk)
        await vi.waitUntil(() => page.training().problem !== null && page.training().phase === 'waiting', patience)
        expect(page.training().problem).toMatchObject({ code: 'disk/full' })
      }
      await begin(page.app.start({ settings, name: 'full' }))
      const run = page.training().run!
      // it is paused already, and cannot go on
      await page.app.pause({})
      await expect(page.app.resume({})).rejects.toMatchObject({ code: 'disk/full' })
      await page.app.stop({})
      await vi.waitUntil(() => page.training().phase === 'failed', patience)
      const kept = keptAt(page.training().problem!.message)
      expect(kept).toBeGreaterThanOrEqual(4)

      rmSync(join(disk, 'filler'), { recursive: true })
      await begin(page.app.resume({ run }))
      expect(await door.end('SIGTERM')).toBe(1)
      expect(keptAt(door.output())).toBeGreaterThanOrEqual(kept)
    },
  )
})

/** Leaves nothing free. */
function fillBytes(folder: string): void {
  mkdirSync(join(folder, 'filler'))
  for (let part = 0; statfsSync(folder).bavail > 0; part++)
    tryTo(() => writeFileSync(join(folder, 'filler', `${part}`), Buffer.alloc(1 << 20)))
}

/** Leaves no file to make. */
function fillFiles(folder: string): void {
  mkdirSync(join(folder, 'filler'))
  for (let file = 0; statfsSync(folder).ffree > 0; file++)
    tryTo(() => writeFileSync(join(folder, 'filler', `${file}`), ''))
}

function tryTo(write: () => void): void {
  try {
    write()
  } catch {
    // what was left did not suffice
  }
}

function canMount(): boolean {
  const folder = mkdtempSync(join(tmpdir(), 'vlae-mount-'))
  const can = mount('size=1m', folder)
  if (can) unmount(folder)
  rmSync(folder, { recursive: true, force: true })
  return can
}
