/** Explore in a real browser, as its tests meet it: the page with a small data set, and what is done there again and again. */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { AxeResults } from 'axe-core'
import type { Locator, Page } from 'playwright-core'
import { inject, vi } from 'vitest'
import { defaultSettings } from '../../main/app/settings'
import { Studio } from '../../main/app/studio'
import { readPageFiles } from '../../main/page/files'
import { serveTab } from '../../main/tab/server'
import { createTrainer } from '../../main/trainer/trainer'
import { runSettings } from '../../preload/contract'
import { folderWith, smallSet } from '../mnist/small-set'
import { patience } from '../patience'
import { goTo, launchBrowser } from './browser'

export type Explore = Awaited<ReturnType<typeof openExplore>>

/** The view of Explore of an app that has trained nothing, with 30 images to train on and 20 to test. */
export async function openExplore() {
  const results = await mkdtemp(join(tmpdir(), 'vlae-explore-'))
  const dataFolder = await folderWith(await smallSet())
  const settings = defaultSettings()
  settings.change({ dataFolder })
  const worker = pathToFileURL(join(inject('programs'), 'worker.js'))
  const studio = new Studio({
    trainer: createTrainer({ worker }),
    settings,
    door: { kind: 'tab' },
    resultFolder: results,
    version: '0',
  })
  const server = await serveTab({
    files: await readPageFiles(resolve(import.meta.dirname, '../../out/renderer')),
    connect: (channel) => studio.connect(channel),
  })
  const browser = await launchBrowser()
  const context = await browser.newContext({
    viewport: { width: 1280, height: 900 },
    acceptDownloads: true,
    hasTouch: true,
  })
  const page = await context.newPage()
  /** What went wrong in the page. */
  const problems: string[] = []
  page.on('pageerror', (error) => problems.push(error.message))
  await goTo(page, `${server.urlForOnce}#explore`)
  await page.evaluate(await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8'))
  return {
    results,
    studio,
    page,
    problems,
    /** Trains one lane on batches of 10 images to the end. @returns the run */
    async train(change: object, name: string): Promise<string> {
      const settings = runSettings.parse({ lanes: 1, batch: 10, epochs: 1, ...change })
      const run = await studio.calls.start({ settings, name })
      await vi.waitUntil(() => studio.training.run === run && studio.training.phase === 'done', patience)
      return run
    },
    async close() {
      await browser.close()
      await server.close()
      await studio.close()
      for (const folder of [results, dataFolder]) await rm(folder, { recursive: true })
    },
  }
}

/** By fingers: where those are that touch it, as shares of its width and height. */
type Touch = (type: 'touchStart' | 'touchMove' | 'touchEnd', ...fingers: [x: number, y: number][]) => Promise<unknown>

/** What is done in the page that is open then. */
export function exploring(page: () => Page) {
  const pad = (name = 'The (digit|image) in hand') => page().getByRole('application', { name: new RegExp(`^${name}`) })
  const look = (canvas: Locator) =>
    canvas.evaluate((canvas) => (canvas as unknown as { toDataURL(): string }).toDataURL())
  const picture = (name: string) => look(page().getByRole('img', { name, exact: true }).first())
  const touching = async (place: Locator, work: (touch: Touch) => Promise<void>) => {
    const session = await page().context().newCDPSession(page())
    await place.scrollIntoViewIfNeeded()
    const box = (await place.boundingBox())!
    await work((type, ...fingers) =>
      session.send('Input.dispatchTouchEvent', {
        type,
        touchPoints: fingers.map(([x, y], id) => ({ id, x: box.x + x * box.width, y: box.y + y * box.height })),
      }),
    )
    await session.detach()
  }
  return {
    pad,
    look,
    touching,
    inHand: (digit: string) => pad(`The (digit|image) in hand: ${digit}`).waitFor(),
    show: (panel: string) => page().getByRole('button', { name: panel, exact: true }).click(),
    /** Does something, and waits until the picture is another one. */
    async changes(name: string, work: () => Promise<unknown>) {
      const before = await picture(name)
      await work()
      await vi.waitUntil(async () => (await picture(name)) !== before, patience)
    },
    /** The two parts of the loss in How it works, and a wait until the code's picture lights up with one, or does not. */
    loss() {
      const part = (name: string) =>
        page().getByRole('group', { name: 'The two parts of the loss' }).getByRole('button', { name })
      const box = page().locator('figure.code')
      const isLit = async () => ((await box.getAttribute('class')) ?? '').includes(' on')
      return {
        code: part('its code'),
        rest: part('its pixels'),
        lights: (lit: boolean) => vi.waitUntil(async () => (await isLit()) === lit, patience),
      }
    },
    /** What axe objects to. */
    async objections(): Promise<string[]> {
      const { violations } = await page().evaluate<AxeResults>('axe.run(document)')
      return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`))
    },
  }
}
