/** The tab's door as a process: real training behind it, pages that come and go, ends of every kind. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer as createHttpServer } from 'node:http'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { runSettings, type MetricsSpan } from '../../preload/contract'
import { folderWith, smallSet } from '../mnist/small-set'
import { launchBrowser, skipped } from '../renderer/browser'
import { openDoors, patience, visit } from './door'

let doors: ReturnType<typeof openDoors>
let few: string
beforeAll(async () => {
  doors = openDoors()
  few = await folderWith(await smallSet())
})
afterEach(() => doors.closeAll())
afterAll(async () => {
  await doors.remove()
  rmSync(few, { recursive: true })
})

const small = runSettings.parse({ limit: 640, epochs: 2, batch: 64 })
/** One that has not ended by itself, however late it is looked at. */
const endless = runSettings.parse({ epochs: 10_000, batch: 8, lanes: 1 })

it('trains on real MNIST for any number of pages, none of which it needs', async () => {
  const door = await doors.open()
  const first = await visit(door)
  const run = await first.app.start({ settings: small, name: 'small' })
  await vi.waitUntil(() => first.training().step >= 2, patience)
  await first.app.pause({})
  const at = first.training().step
  first.cut()
  await expect(first.app.snapshot({})).rejects.toMatchObject({ code: 'link/lost' })

  // a page that comes later sees all of it, and what follows
  const second = await visit(door)
  const { training } = await second.app.snapshot({})
  expect(training).toMatchObject({ run, phase: 'paused', steps: 20 })
  expect(training.step).toBeGreaterThanOrEqual(at)
  const before = await second.app.history({ run })
  expect([...before.steps.step]).toEqual(Array.from({ length: training.step }, (_, i) => i + 1))
  await second.app.resume({})
  await vi.waitUntil(() => second.training().phase === 'done', patience)
  const spans = second.events.flatMap((event): MetricsSpan[] => (event.type === 'metrics' ? [event.span] : []))
  // no gap; what was on its way while the page asked comes twice, which a page tells by the numbers
  let to = before.to
  for (const span of spans) {
    expect(span.from).toBeLessThanOrEqual(to)
    to = Math.max(to, span.to)
  }
  const steps = new Set([before, ...spans].flatMap((span) => Array.from(span.steps.step)))
  expect([...steps]).toEqual(Array.from({ length: 20 }, (_, i) => i + 1))

  // what each epoch drew, and what its checkpoint can
  for (const epoch of [0, 1, 2]) {
    const { rows, columns, pixels } = await second.app.picture({ run, epoch, kind: 'samples' })
    expect([rows, columns, pixels.length]).toEqual([10, 8, 80 * 784])
  }
  const asked = { run, epoch: 2 }
  const threes = { type: 'sample', digit: 3, count: 4 } as const
  const sampled = await second.app.ask({ ...asked, task: 'a', question: threes })
  expect([sampled.rows, sampled.columns, new Set(sampled.pixels).size > 10]).toEqual([1, 4, true])
  const pair = await second.app.ask({ ...asked, task: 'b', question: { type: 'reconstruct', images: [0, 1] } })
  expect([...pair.labels!]).toEqual([7, 2, 7, 2])
  const evaluating = second.app.ask({ ...asked, task: 'c', question: { type: 'evaluate' } })
  evaluating.catch(() => undefined)
  await vi.waitUntil(() => second.events.some((event) => event.type === 'task' && event.task.id === 'c'), patience)
  await second.app.cancel({ task: 'c' })
  await expect(evaluating).rejects.toMatchObject({ code: 'cancelled' })

  // a new run from a checkpoint of this one
  const next = await second.app.start({ from: { run, epoch: 1 }, name: 'further' })
  await vi.waitUntil(() => second.training().run === next && second.training().step >= 1, patience)
  await second.app.stop({})
  const { runs } = await second.app.snapshot({})
  expect(runs.find(({ id }) => id === next)).toMatchObject({
    from: { run, epoch: 1 },
    status: 'stopped',
    resumable: true,
  })
  expect(runs.find(({ id }) => id === run)).toMatchObject({ status: 'done', epoch: 2, resumable: false })
  await second.app.changeSettings({ theme: 'dark' })
  expect(await door.end('SIGTERM')).toBe(0)
})

it('keeps settings and runs for the next start, and saves what trains when it is told to end', async () => {
  const door = await doors.open()
  const page = await visit(door)
  expect((await page.app.snapshot({})).settings.theme).toBe('dark')
  await page.app.changeSettings({ dataFolder: few })
  const run = await page.app.start({ settings: endless, name: 'cut' })
  await vi.waitUntil(() => page.training().step >= 2, patience)
  expect(await door.end('SIGINT')).toBe(0)
  const file = JSON.parse(readFileSync(join(doors.folder, 'result', run, 'run.json'), 'utf8')) as {
    status: string
    step: number
  }
  expect([file.status, file.step >= 2]).toEqual(['stopped', true])

  // killed, it finds the run again, and where it was saved
  const again = await doors.open()
  const other = await visit(again)
  await other.app.resume({ run })
  await vi.waitUntil(() => other.training().step > file.step, patience)
  await again.end('SIGKILL')
  const last = await visit(await doors.open())
  const found = (await last.app.snapshot({})).runs.find(({ id }) => id === run)
  expect(found).toMatchObject({ status: 'interrupted', resumable: true })
  await last.app.resume({ run })
  const { step } = last.training()
  await vi.waitUntil(() => last.training().step > step, patience)
})

describe.skipIf(skipped)('its page in a real browser', () => {
  it('runs under the content security policy, for those who have the token', async () => {
    const door = await doors.open(mkdtempSync(join(doors.folder, 'fresh-')))
    const browser = await launchBrowser()
    try {
      const page = await (await browser.newContext()).newPage()
      const complaints: string[] = []
      page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()))
      page.on('pageerror', (error) => complaints.push(error.message))
      await page.goto(door.url)
      await page.getByText('Start training').waitFor()
      // nothing of the token is left in the address
      expect(page.url()).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/[\w-]{16}\/$/)
      await page.reload()
      await page.getByText('Start training').waitFor()
      expect(complaints).toEqual([])
      // what the same browser sends to another server of this machine
      const cookies: unknown[] = []
      const other = createHttpServer((request, response) => response.end(void cookies.push(request.headers.cookie)))
      await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
      const elsewhere = await page.context().newPage()
      await elsewhere.goto(`http://127.0.0.1:${(other.address() as { port: number }).port}/`)
      other.close()
      expect(cookies[0]).toBeUndefined()
      expect(await page.context().cookies(page.url())).toHaveLength(1)
      const stranger = await browser.newContext()
      const refused = await (await stranger.newPage()).goto(new URL('/', door.url).href)
      expect(refused!.status()).toBe(401)
    } finally {
      await browser.close()
    }
  })
})

describe('the command line', () => {
  it('names a port that is taken, and fails', async () => {
    const other = createServer()
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
    const { port } = other.address() as { port: number }
    const { child, output } = doors.run('browser', ['--no-open', '--port', String(port)])
    expect(await new Promise((resolve) => child.once('exit', resolve))).toBe(1)
    expect(output()).toContain(`Port ${port} cannot be used: another program uses it already.`)
    other.close()
  })

  it('says what is wrong with its arguments', async () => {
    for (const args of [['--port', 'x'], ['--port', '-1'], ['--port', '65536'], ['--nonsense'], ['extra']]) {
      const { child, output } = doors.run('browser', args)
      expect([args, await new Promise((resolve) => child.once('exit', resolve))]).toEqual([args, 2])
      expect(output()).toMatch(/^error: /)
    }
  })
})
