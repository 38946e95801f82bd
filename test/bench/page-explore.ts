/**
 * What Explore costs, panel by panel: while nothing changes, and the training whose newest epoch it shows. Images a second are
 * as noisy as the machine; processor time beside the trainer's busiest threads is not (Linux only, by /proc).
 */
import { availableParallelism } from 'node:os'
import type { Page } from 'playwright-core'
import type { Door } from './door'
import { median } from './measure'
import { spentBelow, spentBy, spentByThread } from './processor'
import type { Watcher } from './watcher'

const panels = ['Draw', 'Morph', 'Latents', 'Map', 'Between two', 'Compress', 'How it works'] as const
type Panel = (typeof panels)[number]
/** Steps until the page is there and drawn; images a step. */
const [settle, batch] = [120, 128]
/** Milliseconds until a panel is at rest, and for which it is then looked at. */
const [comesToRest, rest] = [5000, 10_000]

/** Each panel on the model that comes with the app: what it still does once it is drawn. */
export async function measureIdle(door: Door, page: Page): Promise<void> {
  for (const panel of panels) {
    await show(door, page, panel)
    await page.waitForTimeout(comesToRest)
    const before = await spent(door, new Set())
    await page.waitForTimeout(rest)
    const { app, browser } = since(before, await spent(door, new Set()))
    const seconds = rest / 1000
    console.log(
      `explore at rest, ${panel}: ${(browser / seconds).toFixed(1)} ms of the processor a second by the browser, ` +
        `${(app / seconds).toFixed(1)} by the app`,
    )
  }
}

interface Epoch {
  readonly speed: number
  /** Shares of all cores. */
  readonly browser: number
  readonly app: number
  /** Milliseconds of all of the app's threads for a thousand images. */
  readonly thousand: number
}

/** Whole epochs with each panel open, and between them without a page: each beside the mean of its neighbours. */
export async function measureExplore(door: Door, watcher: Watcher, page: Page, rounds: number): Promise<void> {
  await page.goto('about:blank')
  await watcher.epoch(1)
  const lanes = await busiest(door, watcher)
  const ratios = new Map<Panel, number[]>(panels.map((panel) => [panel, []]))
  const costs = new Map<Panel, number[]>(panels.map((panel) => [panel, []]))
  const blank = () => page.goto('about:blank')
  let before = await epoch(door, watcher, lanes, blank)
  for (let round = 1; round <= rounds; round++) {
    for (const panel of panels) {
      const open = await epoch(door, watcher, lanes, () => show(door, page, panel))
      const after = await epoch(door, watcher, lanes, blank)
      const mean = (of: (one: Epoch) => number) => (of(before) + of(after)) / 2
      const ratio = open.speed / mean(({ speed }) => speed)
      const cost = (of: (one: Epoch) => number) => 100 * (of(open) - mean(of))
      const [browser, app] = [cost((one) => one.browser), cost((one) => one.app)]
      ratios.get(panel)!.push(ratio)
      costs.get(panel)!.push(browser + app)
      console.log(
        `explore ${round}, ${panel}: ${browser.toFixed(2)} % of the cores by the browser, ${app.toFixed(2)} % by the app's ` +
          `other threads; all of the app ${open.thousand.toFixed(0)} ms a thousand images, without a page ` +
          `${before.thousand.toFixed(0)} and ${after.thousand.toFixed(0)}; ${open.speed.toFixed(0)} images/s, without ` +
          `${before.speed.toFixed(0)} and ${after.speed.toFixed(0)}, ratio ${ratio.toFixed(3)}`,
      )
      before = after
    }
  }
  for (const panel of panels)
    console.log(
      `explore, ${panel}: median ${median(costs.get(panel)!).toFixed(2)} % of the cores, ` +
        `ratio of images/s ${median(ratios.get(panel)!).toFixed(3)}`,
    )
}

/** The trainer's lanes: as many threads as there are cores, by what they do within an epoch. */
async function busiest(door: Door, watcher: Watcher): Promise<ReadonlySet<number>> {
  await watcher.roomFor(settle)
  const before = await spentByThread(door.pid)
  await watcher.step(watcher.now + settle)
  const worked = [...(await spentByThread(door.pid))].map(([id, time]) => [id, time - (before.get(id) ?? 0)] as const)
  const found = worked.toSorted(([, a], [, b]) => b - a).slice(0, availableParallelism())
  return new Set(found.map(([id]) => id))
}

/** As many steps as an epoch has, so that the end of one, its test and its pictures are among them. */
async function epoch(
  door: Door,
  watcher: Watcher,
  lanes: ReadonlySet<number>,
  act: () => Promise<unknown>,
): Promise<Epoch> {
  await act()
  const from = await watcher.step(watcher.now + settle)
  const before = await spent(door, lanes)
  const to = await watcher.step(from.step + watcher.stepsPerEpoch)
  const { all, app, browser } = since(before, await spent(door, lanes))
  const [time, images] = [to.at - from.at, batch * (to.step - from.step)]
  const cores = time * availableParallelism()
  return {
    speed: (1000 * images) / time,
    browser: browser / cores,
    app: app / cores,
    thousand: (1000 * all) / images,
  }
}

interface Spent {
  readonly all: number
  readonly lanes: number
  readonly browsers: ReadonlyMap<number, number>
}

async function spent(door: Door, lanes: ReadonlySet<number>): Promise<Spent> {
  const threads = await spentByThread(door.pid)
  return {
    all: await spentBy(door.pid),
    lanes: [...lanes].reduce((sum, id) => sum + (threads.get(id) ?? 0), 0),
    browsers: await spentBelow(process.pid, door.pid),
  }
}

/** Milliseconds: of all of the app, of its threads but the lanes, and of the browser's processes. */
function since(before: Spent, after: Spent): { all: number; app: number; browser: number } {
  const all = after.all - before.all
  const browser = [...after.browsers].reduce((sum, [id, time]) => sum + time - (before.browsers.get(id) ?? 0), 0)
  return { all, app: all - (after.lanes - before.lanes), browser }
}

/** With a digit of the test set in hand, as a person has one there. */
async function show(door: Door, page: Page, panel: Panel): Promise<void> {
  await page.goto(`${door.url}#explore`)
  await page
    .getByRole('button', { name: /^Test image \d+/ })
    .first()
    .click()
  await page
    .getByRole('group', { name: 'What to do with it' })
    .getByRole('button', { name: panel, exact: true })
    .click()
}
