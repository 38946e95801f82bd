/** What others do in the result folder is seen. */
import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, truncateSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { contentOf } from '../../main/files/lock-file'
import { processOf } from '../../main/files/owner'
import { Runs } from '../../main/runs/list'
import { RunsWatch } from '../../main/runs/watch'
import { writeRun } from '../app/fake-trainer'
import { allow, noRights, unprivileged } from '../files/unprivileged'

const watchOf = (result: string) =>
  new RunsWatch(new Runs(result), {
    runs: (changed, gone) => told.push([...changed, ...gone.map((run) => `-${run}`)].toSorted()),
    problem: (problem) => told.push([problem?.code ?? 'well']),
  })
let folder: string
let told: string[][]
let watch: RunsWatch
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'vlae-watch-'))
  told = []
  watch = watchOf(folder)
})
afterEach(() => {
  watch.stop()
  rmSync(folder, { recursive: true })
})

it('tells of runs that are new, changed or gone, and of nothing else', async () => {
  const [a] = [writeRun(folder, 'a', 1), writeRun(folder, 'b', 1)]
  await watch.look()
  await watch.look()
  expect(told).toEqual([])
  writeRun(folder, 'c', 0)
  await watch.look()
  rmSync(join(a, 'sample_conditioned_epoch1.png'))
  await watch.look()
  truncateSync(join(folder, 'b', 'run.json'), 10)
  await watch.look()
  rmSync(a, { recursive: true })
  await watch.look()
  writeFileSync(join(folder, 'notes.txt'), 'not a run')
  await watch.look()
  expect(told).toEqual([['c'], ['a'], ['b'], ['-a']])
})

it('tells when the process that trains a run is killed: nothing in the folder says so', async () => {
  const run = writeRun(folder, 'a', 1, { status: 'training' })
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'])
  const owner = await processOf(child.pid!)
  writeFileSync(join(run, 'run.lock'), contentOf({ ...owner, taken: Date.now(), token: 't', renewed: 0 }))
  await watch.look()
  await watch.look()
  expect(told).toEqual([])
  child.kill('SIGKILL')
  await new Promise((resolve) => child.once('exit', resolve))
  await watch.look()
  expect(told).toEqual([['a']])
})

it('looks again and again while it is started, within seconds, and bears a folder that is not there yet', async () => {
  const later = watchOf(join(folder, 'later'))
  later.start()
  later.start()
  await new Promise((resolve) => setTimeout(resolve, 100))
  const run = writeRun(join(folder, 'later'), 'a', 0)
  await vi.waitUntil(() => told.length === 1)
  later.stop()
  utimesSync(run, 1, 1)
  await new Promise((resolve) => setTimeout(resolve, 2500))
  expect(told).toEqual([['a']])
})

it.skipIf(noRights)('tells when the folder cannot be read any more, and when it can be again', async () => {
  allow(folder, 0o755)
  writeRun(folder, 'a', 1)
  mkdirSync(join(folder, 'lost+found'), { mode: 0o000 })
  const look = () => unprivileged(() => watch.look())
  await look()
  await look()
  expect(told).toEqual([])
  allow(folder, 0o000)
  await look()
  await look()
  expect(told).toEqual([['disk/denied'], ['-a', '-lost+found']])
  allow(folder, 0o755)
  await look()
  expect(told.slice(2)).toEqual([['well'], ['a', 'lost+found']])
})

it('takes a look at 200 runs in a moment', async () => {
  for (let i = 0; i < 200; i++) writeRun(folder, `run-${i}`, 0)
  await watch.look()
  const before = process.cpuUsage()
  for (let i = 0; i < 10; i++) await watch.look()
  const { user, system } = process.cpuUsage(before)
  expect((user + system) / 10_000).toBeLessThan(100)
})
