/** What goes wrong around a running app, with real training: a person is told, nothing is lost, and the app goes on. */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { runSettings, type RunSummary } from '../../preload/contract'
import { folderWith, smallSet } from '../mnist/small-set'
import { openDoors, patience, visit, type Door, type TestPage } from './door'

const small = runSettings.parse({ epochs: 2, batch: 64 })
const long = { ...small, epochs: 1000 }

let doors: ReturnType<typeof openDoors>
let door: Door
let page: TestPage
let results: string
/** 640 images, and so few to test with that an epoch takes a moment. */
let data: string
beforeAll(async () => {
  data = await folderWith(await smallSet(640, 100))
  doors = openDoors()
  results = join(doors.folder, 'result')
  door = await doors.open()
  page = await visit(door)
  await page.app.changeSettings({ dataFolder: data })
})
afterAll(async () => {
  await doors.remove()
  rmSync(data, { recursive: true })
})

const failed = () => vi.waitUntil(() => page.training().phase === 'failed' && page.training(), patience)
/** The last that the page was told of a run. */
const told = (id: string): RunSummary | undefined =>
  page.events.flatMap((event) => (event.type === 'runs' ? event.changed : [])).findLast((run) => run.id === id)

it('refuses a folder without MNIST, keeps what was chosen before, and leaves no run behind', async () => {
  const empty = join(doors.folder, 'empty')
  mkdirSync(empty)
  writeFileSync(join(empty, 'train-images-idx3-ubyte'), '<html>404</html>')
  await expect(page.app.data({ task: 'look', folder: empty })).rejects.toMatchObject({
    code: expect.stringMatching(/^(data|idx)\//) as string,
    remedy: expect.stringMatching(/\w/) as string,
  })
  await expect(page.app.data({ task: 'look', folder: join(empty, 'nowhere') })).rejects.toMatchObject({
    code: expect.stringMatching(/^(data|disk)\//) as string,
  })
  await page.app.changeSettings({ dataFolder: empty })
  await expect(page.app.start({ settings: small })).rejects.toMatchObject({
    code: expect.stringMatching(/^(data|idx)\//) as string,
  })
  expect(existsSync(results) ? readdirSync(results) : []).toEqual([])
  // it is told a moment after the answer
  await expect.poll(() => page.training()).toMatchObject({ phase: 'idle', run: null })
  await page.app.changeSettings({ dataFolder: data })
})

it('shows a run that the command line trains, while it does', async () => {
  const args = ['--data', data, '--epochs', '2', '--batch', '64', '--out', results, '--name', 'elsewhere']
  const { child, output } = doors.run('cli', ['train', ...args])
  const exit = new Promise((resolve) => child.once('exit', resolve))
  const begun = await vi.waitUntil(
    () =>
      page.events
        .flatMap((event) => (event.type === 'runs' ? event.changed : []))
        .find((run) => run.name === 'elsewhere'),
    patience,
  )
  expect(begun).toMatchObject({ status: 'training', resumable: false })
  expect([await exit, output()]).toEqual([0, expect.any(String)])
  await vi.waitUntil(() => told(begun.id)?.status === 'done', patience)
  expect(told(begun.id)).toMatchObject({ epoch: 2, problem: null })
  rmSync(join(results, begun.id), { recursive: true })
  await vi.waitUntil(
    () => page.events.some((event) => event.type === 'runs' && event.gone.includes(begun.id)),
    patience,
  )
})

it('says so when the result folder is deleted under a run, and starts the next one', async () => {
  const run = await page.app.start({ settings: long, name: 'lost' })
  await vi.waitUntil(() => page.training().step >= 2, patience)
  rmSync(results, { recursive: true, maxRetries: 10 })
  const { problem } = await failed()
  expect(problem).toMatchObject({ code: 'disk/not-found', remedy: expect.stringContaining('Check the path') as string })
  expect(problem!.message).toContain('could not be')
  await vi.waitUntil(() => page.events.some((event) => event.type === 'runs' && event.gone.includes(run)), patience)
  await expect(page.app.resume({ run })).rejects.toMatchObject({ code: 'run/not-found' })
  const next = await page.app.start({ settings: small, name: 'next' })
  await vi.waitUntil(() => page.training().run === next && page.training().phase === 'done', patience)
  expect(await page.app.checkpoints({ run: next })).toHaveLength(3)
})

it('outlives a crash of its training process, and goes on with the run by itself', async () => {
  await page.app.changeSettings({ trainer: 'process' })
  const run = await page.app.start({ settings: { ...small, epochs: 10 }, name: 'crash' })
  await vi.waitUntil(() => page.training().run === run && page.training().step >= 2, patience)
  const processes = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,args='], { encoding: 'utf8' }).split('\n')
  const worker = processes.find((line) => new RegExp(`^\\s*\\d+\\s+${door.pid}\\s.*worker\\.js`).test(line))
  process.kill(Number.parseInt(worker!, 10), 'SIGSEGV')
  const { message } = await vi.waitUntil(
    () =>
      page.events
        .flatMap((event) => (event.type === 'notice' ? event.notice : []))
        .find(({ code }) => code === 'training/restarted'),
    patience,
  )
  expect(message).toContain('SIGSEGV')
  await vi.waitUntil(() => page.training().phase === 'done', patience)
  expect((await page.app.snapshot({})).runs.find(({ id }) => id === run)).toMatchObject({
    status: 'done',
    epoch: 10,
    problem: null,
  })
  expect(await door.end('SIGTERM')).toBe(0)
})
