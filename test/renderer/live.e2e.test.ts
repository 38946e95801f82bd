/** The shipped page on the tab's own server: first sight, a connection that is cut, a second tab. */
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import type { Browser, Page as BrowserPage } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readPageFiles } from '../../main/page/files'
import { serveTab, type TabServer } from '../../main/tab/server'
import {
  appSettings,
  type AppEvent,
  type CallHandlers,
  type Snapshot,
  type TrainingState,
} from '../../preload/contract'
import { AppError } from '../../preload/errors'
import { connectToPage, type Page } from '../../preload/seam'
import { launchBrowser, pages as built, skipped } from './browser'
import { epochLine, span, summary } from './fake-backend'

const training: TrainingState = {
  run: '01',
  phase: 'training',
  epoch: 1,
  epochs: 30,
  step: 20,
  sketched: null,
  steps: 300,
  imagesPerSecond: 2910,
  secondsLeft: 90,
  engine: 'onnx-cpu',
  device: 'CPU, 2 lanes',
  work: null,
  problem: null,
}

describe.skipIf(skipped)('the page on the tab’s server', () => {
  let server: TabServer
  let browser: Browser
  let steps = 20
  const pages = new Set<Page>()
  let joined = 0

  const picture = (rows: number) => ({
    rows,
    columns: 8,
    pixels: new Uint8Array(rows * 8 * 784).fill(128),
    labels: null,
  })
  const snapshot = (): Snapshot => ({
    app: {
      name: 'VLAE Studio',
      version: '0',
      door: 'tab',
      platform: 'linux',
      versions: {},
      can: { chooseFolder: false, reveal: false },
    },
    resultFolder: { path: '/result', problem: null },
    removed: [],
    queue: { state: 'works', current: null, runs: [], problem: null },
    settings: appSettings.parse({}),
    training: { ...training, step: steps },
    runs: [summary('01', { name: 'seen live', status: 'training', epoch: 1, curve: [543, 137] })],
    shipped: null,
    tasks: [],
    notices: [],
  })
  const handlers = {
    ping: async () => undefined,
    snapshot: async () => snapshot(),
    history: async ({ run, since }: { run: string; since: number }) =>
      span(run, since, steps, since === 0 ? [epochLine(0, 0, 543), epochLine(1, 10, 137)] : []),
    picture: async ({ kind }: { kind: string }) => picture(kind === 'samples' ? 10 : 2),
    pause: async () => {
      throw new AppError('run/disk-full', 'The disk is full.', 'Make room, then resume.')
    },
  } as Partial<CallHandlers> as CallHandlers

  beforeAll(async () => {
    browser = await launchBrowser()
    await serve()
  })
  afterAll(async () => {
    await browser?.close()
    await server?.close()
  })

  async function serve(port?: number): Promise<void> {
    server = await serveTab({
      files: await readPageFiles(built.production),
      ...(port !== undefined && { port }),
      connect(channel) {
        const page = connectToPage(handlers, channel)
        pages.add(page)
        joined++
        return () => pages.delete(page)
      },
    })
  }

  /** A way to the server that can be cut, or swallow all that goes into it without a word. */
  async function layWire() {
    const wires = new Set<Socket>()
    let swallowing = false
    const wire = createServer((near) => {
      const far = connect(server.port, '127.0.0.1')
      for (const [from, to] of [
        [near, far],
        [far, near],
      ] as const) {
        wires.add(from)
        from.on('data', (data) => swallowing || to.write(data))
        from.on('error', () => undefined).on('close', () => (wires.delete(from), swallowing || to.destroy()))
      }
    })
    await new Promise<void>((resolve) => wire.listen(0, '127.0.0.1', resolve))
    const url = new URL(server.url)
    url.port = String((wire.address() as AddressInfo).port)
    const cut = (): void => {
      for (const socket of wires) socket.destroy()
    }
    const end = (): void => void (wire.close(), cut())
    return { url: url.href, cut, swallow: (on: boolean) => (swallowing = on), end }
  }

  /** Training goes on by so many steps; every page is told. */
  function train(more: number): void {
    const events: AppEvent[] = [
      { type: 'metrics', span: span('01', steps, steps + more) },
      { type: 'training', training: { ...training, step: steps + more } },
    ]
    steps += more
    for (const page of pages) void page.events.asEvent(events)
  }

  const shown = (page: BrowserPage) => page.getByRole('img', { name: /^Loss by epoch/ }).getAttribute('aria-label')
  const state = (page: BrowserPage) => page.locator('header.head [role=status]').textContent()

  it('shows the whole run to a tab that is opened in the middle of it, and to a second one', async () => {
    const problems: string[] = []
    for (const tab of [await browser.newPage(), await browser.newPage()]) {
      tab.on('pageerror', (error) => problems.push(error.message))
      tab.on('console', (message) => message.type() === 'error' && problems.push(message.text()))
      await tab.goto(server.url)
      await expect.poll(() => shown(tab)).toContain('train: from 1.00')
      expect(await state(tab)).toContain('Training')
      expect(await tab.getByRole('button', { name: /^Run shown/ }).textContent()).toContain('seen live')
    }
    const before = await shown(browser.contexts()[0]!.pages()[0]!)
    train(20)
    for (const context of browser.contexts())
      for (const tab of context.pages()) await expect.poll(() => shown(tab)).not.toBe(before)
    expect(problems).toEqual([])
  })

  it('says what happened, what was kept and what to do when the app cannot do what was asked', async () => {
    const tab = await browser.newPage()
    await tab.goto(server.url)
    await tab.getByRole('button', { name: 'Pause' }).click()
    const alert = tab.getByRole('alert')
    await expect.poll(() => alert.textContent()).toContain('The disk is full.')
    expect(await alert.textContent()).toContain('Make room, then resume.')
    expect(await state(tab)).toContain('Training')
  })

  it('misses nothing and doubles nothing when its socket is cut again and again while it trains', async () => {
    const { url, cut, end } = await layWire()
    const context = await browser.newContext()
    const tab = await context.newPage()
    await tab.goto(url)
    await expect.poll(() => shown(tab)).toContain('train: from 1.00')
    // the cookie's name has the server's own port in it: the page is let in again through the wire
    for (let time = 0; time < 3; time++) {
      const before = joined
      train(7)
      cut()
      train(5)
      await expect.poll(() => joined).toBe(before + 1)
      train(3)
    }
    const fresh = await (await browser.newContext()).newPage()
    await fresh.goto(server.url)
    await expect.poll(() => shown(fresh)).toContain('train: from 1.00')
    await expect.poll(() => shown(tab)).toBe(await shown(fresh))
    end()
  })

  it('notices a connection that dies without a word, ends what waits for it, and comes back by itself', async () => {
    const { url, swallow, end } = await layWire()
    const tab = await browser.newPage()
    await tab.goto(url)
    await expect.poll(() => state(tab)).toContain('Training')
    const [since, before] = [joined, await shown(tab)]
    swallow(true)
    train(10)
    await tab.getByRole('button', { name: 'Pause', exact: true }).click()
    await expect.poll(() => state(tab)).toContain('Connection lost')
    expect(await tab.getByRole('button', { name: 'Pause', exact: true }).isDisabled()).toBe(true)
    swallow(false)
    await expect.poll(() => state(tab)).toContain('Training')
    expect(joined).toBeGreaterThan(since)
    await expect.poll(() => shown(tab)).not.toBe(before)
    end()
  })

  it('says so when the connection is cut, and comes back by itself with what it missed', async () => {
    const context = await browser.newContext()
    const tab = await context.newPage()
    await tab.goto(server.url)
    await expect.poll(() => state(tab)).toContain('Training')
    const before = await shown(tab)
    const { port } = server
    await server.close()
    await expect.poll(() => state(tab)).toContain('Connection lost')
    for (const name of ['Pause', 'Stop'])
      expect(await tab.getByRole('button', { name, exact: true }).isDisabled()).toBe(true)
    steps += 30
    await serve(port)
    // another start has another token: the tab says so, until the address with it is opened in the same browser
    await expect.poll(() => state(tab)).toContain('The app was started again')
    const alert = tab.getByRole('alert').filter({ hasText: 'The app was restarted' })
    expect(await alert.textContent()).toContain('Open the address that the app has just printed')
    await (await context.newPage()).goto(server.url)
    await expect.poll(() => state(tab)).toContain('Training')
    await expect.poll(() => alert.count()).toBe(0)
    await expect.poll(() => shown(tab)).not.toBe(before)
  })
})
