/**
 * `npm run bench:page [-- --rounds 5 --epochs 300 --only speed,tasks,…]`: how smooth the page is, in a real Chromium, on
 * the real app.
 *
 *   speed    images a second of training with the page open and without, in turn
 *   explore  what each panel of Explore takes of the processor: at rest, and open on the epoch that was made last while a run
 *            trains; images a second of that training, and without a page
 *   tasks    the longest task of the page's main thread while training, view by view, by Chromium's tracing
 *   heap     the page's JavaScript heap over a run of many epochs
 *   slider   frames a second while the playhead is dragged through that run
 *   map      from the press on Explore's map of 2,000 images to its dots, by PCA and by UMAP; frames while the playhead is
 *            dragged through 30 epochs
 *   runs     from choosing a result folder of 200 runs of 30 epochs, and of 1,000, to its list on the screen, and from the
 *            address; then sorting by each column and searching, to the frame that shows it
 */
import { cp, link, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { Browser, CDPSession, Page } from 'playwright-core'
import { bundledFolder } from '../../main/mnist/bundled'
import { loadDataset } from '../../main/mnist/dataset'
import type { Split } from '../../main/mnist/types'
import type { MetricsLine } from '../../main/runs/metrics-line'
import { metricsName, runFileName } from '../../main/runs/names'
import type { RunFile } from '../../main/runs/run-file'
import { launchBrowser } from '../renderer/browser'
import { openDoor, type Door } from './door'
import { machine, median } from './measure'
import { measureExplore, measureIdle } from './page-explore'
import { watch, type Watcher } from './watcher'

const { values: given } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    epochs: { type: 'string', default: '300' },
    only: { type: 'string', default: 'speed,explore,tasks,heap,slider,map,runs' },
    /** Keeps the trace of each view in this folder. */
    traces: { type: 'string' },
  },
})
const only = new Set(given.only.split(','))
const viewport = { width: 1280, height: 800 }
const views = ['Train', 'Gallery', 'Checkpoints', 'Runs', 'Explore', 'Data', 'Settings'] as const

const folder = await mkdtemp(join(tmpdir(), 'vlae-bench-page-'))
const browser = await launchBrowser()
try {
  console.log(`${machine()}; Chromium ${browser.version()}, ${viewport.width}×${viewport.height}`)
  if (['speed', 'explore', 'tasks'].some((part) => only.has(part))) await whileTraining(browser)
  if (only.has('heap') || only.has('slider') || only.has('runs')) await afterLongRun(browser)
  if (only.has('map')) await measureMap(browser)
} finally {
  await browser.close()
  await rm(folder, { recursive: true, force: true })
}

/** All of MNIST with the defaults: what a person runs. */
async function whileTraining(browser: Browser): Promise<void> {
  // longer than all that is measured
  const door = await openDoor(await made('training'), { run: { epochs: 1000 } })
  const watcher = await watch(door)
  const page = await open(browser)
  try {
    if (only.has('explore')) await measureIdle(door, page)
    await watcher.app.start({})
    if (only.has('speed')) await measureSpeed(door, watcher, page)
    if (only.has('explore')) await measureExplore(door, watcher, page, Number(given.rounds))
    if (only.has('tasks')) await measureTasks(browser, door, watcher, page)
  } finally {
    await page.context().close()
    watcher.close()
    await door.close()
  }
}

/** Stretches of steps within an epoch, the page there and gone in turn. */
async function measureSpeed(door: Door, watcher: Watcher, page: Page): Promise<void> {
  const [settle, steps] = [40, 100]
  const ratios: number[] = []
  for (let round = 1; round <= Number(given.rounds); round++) {
    const speeds: Record<'open' | 'gone', number> = { open: 0, gone: 0 }
    for (const way of round % 2 === 0 ? (['open', 'gone'] as const) : (['gone', 'open'] as const)) {
      await watcher.roomFor(settle + steps)
      await page.goto(way === 'open' ? door.url : 'about:blank')
      const from = await watcher.step(watcher.now + settle)
      const to = await watcher.step(from.step + steps)
      speeds[way] = (128 * (to.step - from.step)) / ((to.at - from.at) / 1000)
    }
    ratios.push(speeds.open / speeds.gone)
    console.log(
      `speed ${round}: page open ${speeds.open.toFixed(0)}, without ${speeds.gone.toFixed(0)} images/s, ` +
        `ratio ${ratios.at(-1)!.toFixed(3)}`,
    )
  }
  console.log(`speed: median ratio ${median(ratios).toFixed(3)}`)
}

/** Each view for a while, the end of an epoch among them for the first. */
async function measureTasks(browser: Browser, door: Door, watcher: Watcher, page: Page): Promise<void> {
  await page.goto(door.url)
  await page.waitForSelector('main[aria-busy=false]')
  for (const view of views) {
    await show(page, view)
    await page.waitForTimeout(1500)
    await browser.startTracing(page, { categories: ['disabled-by-default-devtools.timeline', '__metadata'] })
    if (view === 'Train') await watcher.epochEnd()
    await page.waitForTimeout(view === 'Train' ? 3000 : 6000)
    const trace = await browser.stopTracing()
    if (given.traces !== undefined) await writeFile(join(given.traces, `${view.toLowerCase()}.json`), trace)
    const tasks = mainThreadTasks(JSON.parse(trace.toString()) as Trace)
    const longest = tasks.toSorted((a, b) => b.dur - a.dur).slice(0, 3)
    const over = tasks.filter(({ dur }) => dur > 50_000).length
    const busy = tasks.reduce((sum, { dur }) => sum + dur, 0)
    console.log(
      `tasks, ${view}: ${tasks.length}, longest ${longest.map(times).join(', ')}; ${over} over 50 ms; ` +
        `${(busy / 1000).toFixed(0)} ms in all`,
    )
  }
}

interface TraceEvent {
  readonly name: string
  readonly ph: string
  readonly pid: number
  readonly tid: number
  /** Microseconds on the clock, and of the processor. */
  readonly dur: number
  readonly tdur?: number
  readonly args: { readonly name?: string }
}
interface Trace {
  readonly traceEvents: readonly TraceEvent[]
}

function mainThreadTasks({ traceEvents }: Trace): TraceEvent[] {
  const mains = traceEvents.filter(({ name, args }) => name === 'thread_name' && args.name === 'CrRendererMain')
  const isMain = ({ pid, tid }: TraceEvent) => mains.some((main) => main.pid === pid && main.tid === tid)
  return traceEvents.filter((event) => event.ph === 'X' && event.name === 'RunTask' && isMain(event))
}

/** On the clock, and of the processor: beside training a task waits for its turn. */
function times({ dur, tdur }: TraceEvent): string {
  return `${(dur / 1000).toFixed(1)} ms${tdur === undefined ? '' : ` (${(tdur / 1000).toFixed(1)} of the processor)`}`
}

/** A run of many short epochs on a small set of real digits, watched from its start, then looked through. */
async function afterLongRun(browser: Browser): Promise<void> {
  const epochs = Number(given.epochs)
  const place = await made('long')
  const dataFolder = await smallData(join(place, 'data'))
  const door = await openDoor(place, { dataFolder, run: { epochs } })
  const watcher = await watch(door)
  const page = await open(browser)
  try {
    await page.goto(door.url)
    await watcher.app.start({ name: 'long' })
    await measureHeap(watcher, page, epochs)
    if (only.has('slider')) await measureSlider(page, epochs)
  } finally {
    await page.context().close()
    watcher.close()
    await door.close()
  }
  if (only.has('runs')) await measureRuns(browser, join(place, 'result'))
}

async function measureHeap(watcher: Watcher, page: Page, epochs: number): Promise<void> {
  const session = await page.context().newCDPSession(page)
  const heaps: string[] = []
  for (let part = 1; part <= 6; part++) {
    const epoch = Math.ceil((epochs * part) / 6)
    await watcher.epoch(epoch)
    heaps.push(`${(await heap(session)).toFixed(1)} (epoch ${epoch})`)
  }
  if (only.has('heap')) console.log(`heap, MB after a collection: ${heaps.join(', ')}`)
}

async function heap(session: CDPSession): Promise<number> {
  await session.send('HeapProfiler.collectGarbage')
  const { usedSize } = await session.send('Runtime.getHeapUsage')
  return usedSize / 1e6
}

/** The playhead dragged from the first epoch to the last, once each way. */
async function measureSlider(page: Page, epochs: number): Promise<void> {
  for (const view of ['Gallery', 'Train'] as const) {
    await show(page, view)
    await dragPlayhead(page, `slider, ${view}`, epochs)
  }
}

async function dragPlayhead(page: Page, name: string, epochs: number): Promise<void> {
  const strip = (await page.getByRole('slider', { name: 'Epoch', exact: true }).boundingBox())!
  const y = strip.y + strip.height / 2
  for (const way of ['forth', 'back'] as const) {
    const [from, to] = [strip.x + 2, strip.x + strip.width - 2]
    await page.mouse.move(way === 'forth' ? from : to, y)
    await page.mouse.down()
    const frames = page.evaluate(countFrames, 5000)
    const began = performance.now()
    for (let share = 0; share < 1;) {
      share = Math.min(1, (performance.now() - began) / 5000)
      await page.mouse.move(from + (to - from) * (way === 'forth' ? share : 1 - share), y)
    }
    const { count, longest, epochsSeen } = await frames
    await page.mouse.up()
    console.log(
      `${name} ${way}: ${(count / 5).toFixed(1)} frames/s, longest ${longest.toFixed(0)} ms, ` +
        `${epochsSeen} of ${epochs + 1} epochs shown`,
    )
  }
}

/** Of a run of 30 short epochs; each round a page that has nothing yet, the first an app that has asked nothing yet. */
async function measureMap(browser: Browser): Promise<void> {
  const epochs = 30
  const place = await made('map')
  const door = await openDoor(place, { dataFolder: await smallData(join(place, 'data'), 2000), run: { epochs } })
  const watcher = await watch(door)
  const page = await open(browser)
  const map = (way: string) => page.getByRole('application', { name: new RegExp(`^Map of the codes .*${way}$`) })
  try {
    await watcher.app.start({ name: 'map' })
    await watcher.epoch(epochs)
    for (let round = 1; round <= Number(given.rounds); round++) {
      await page.goto('about:blank')
      await page.goto(`${door.url}#explore`)
      await page.evaluate("localStorage.removeItem('vlae.explore.panel')")
      await page.reload()
      await page.getByText('Which class it is').waitFor()
      const pressed = performance.now()
      await page.getByRole('button', { name: 'Map', exact: true }).click()
      await map('PCA').waitFor()
      console.log(`map ${round}: ${(performance.now() - pressed).toFixed(0)} ms to 2,000 dots by PCA`)
    }
    // the epochs are asked ahead; UMAP waits for its turn behind them
    await page.waitForTimeout(20_000)
    await browser.startTracing(page, { categories: ['disabled-by-default-devtools.timeline', '__metadata'] })
    await dragPlayhead(page, 'map', epochs)
    const trace = await browser.stopTracing()
    if (given.traces !== undefined) await writeFile(join(given.traces, 'map.json'), trace)
    const tasks = mainThreadTasks(JSON.parse(trace.toString()) as Trace)
    const busy = tasks.reduce((sum, { dur, tdur }) => sum + (tdur ?? dur), 0)
    const longest = tasks.toSorted((a, b) => (b.tdur ?? b.dur) - (a.tdur ?? a.dur)).slice(0, 3)
    console.log(
      `map: the page's main thread, of the processor, ${(busy / 1e4).toFixed(0)} ms a second of dragging; ` +
        `its longest tasks ${longest.map(times).join(', ')}`,
    )
    const pressed = performance.now()
    await page.getByRole('button', { name: 'UMAP', exact: true }).click()
    await map('UMAP').waitFor()
    await page.getByRole('progressbar').waitFor({ state: 'detached', timeout: 120_000 })
    console.log(`map: ${((performance.now() - pressed) / 1000).toFixed(1)} s to UMAP, told and drawn all along`)
  } finally {
    await page.context().close()
    watcher.close()
    await door.close()
  }
}

/* In the browser, where the benches' types end. */
declare const document: {
  querySelector(selector: string): { getAttribute(name: string): string | null } | null
  querySelectorAll(selector: string): Iterable<{
    readonly textContent: string | null
    value: string
    click(): void
    dispatchEvent(event: Event): void
  }>
}
declare const requestAnimationFrame: (frame: (now: number) => void) => void

/** How long each press and each key takes until the frame that shows it is drawn. */
async function timeList(): Promise<{ what: string; ms: number }[]> {
  const found: { what: string; ms: number }[] = []
  async function time(what: string, act: () => void): Promise<void> {
    const began = performance.now()
    act()
    await new Promise((drawn) => requestAnimationFrame(() => setTimeout(drawn)))
    found.push({ what, ms: performance.now() - began })
  }
  for (const head of document.querySelectorAll('th button'))
    await time(`sort by ${head.textContent?.trim()}`, () => head.click())
  const [field] = document.querySelectorAll('input[type=search]')
  for (const words of ['s', 'seed', 'seed 2', 'run 7, 0.001', ''])
    await time(`search “${words}”`, () => {
      field!.value = words
      field!.dispatchEvent(new Event('input'))
    })
  for (const button of document.querySelectorAll('.bar button')) await time(`group`, () => button.click())
  return found
}

function countFrames(milliseconds: number): Promise<{ count: number; longest: number; epochsSeen: number }> {
  return new Promise((resolve) => {
    const seen = new Set<string | null | undefined>()
    let [count, longest, first, last] = [0, 0, 0, 0]
    requestAnimationFrame(function frame(now) {
      if (first === 0) first = last = now
      else count++
      longest = Math.max(longest, now - last)
      last = now
      seen.add(document.querySelector('[role=slider][aria-label=Epoch]')?.getAttribute('aria-valuenow'))
      if (now - first < milliseconds) requestAnimationFrame(frame)
      else resolve({ count, longest, epochsSeen: seen.size })
    })
  })
}

/** Copies of the run's first 30 epochs: the small files for real, the large ones as links. */
async function measureRuns(browser: Browser, result: string): Promise<void> {
  const place = await made('many')
  const [source] = await readdir(result)
  let copied = 0
  for (const count of [200, 1000]) {
    for (; copied < count; copied++) await copyRun(join(result, source!), join(place, 'result'), copied)
    await measureList(browser, join(place, 'result'), count)
  }
}

async function measureList(browser: Browser, result: string, count: number): Promise<void> {
  for (let round = 1; round <= Number(given.rounds); round++) {
    const empty = await made(`empty-${count}-${round}`)
    const door = await openDoor(empty)
    const page = await open(browser)
    const list = async () => {
      await page.getByPlaceholder(`Find in ${count.toLocaleString('en')} runs`).waitFor()
      await page.locator('main tbody tr').nth(1).waitFor()
    }
    await page.goto(`${door.url}#settings`)
    await page.getByLabel('Result folder').fill(result)
    const chosen = performance.now()
    await page.keyboard.press('Enter')
    await show(page, 'Runs')
    await list()
    const shown = performance.now()
    await page.goto('about:blank')
    const called = performance.now()
    await page.goto(`${door.url}#runs`)
    await list()
    const loaded = performance.now()
    console.log(
      `${count} runs ${round}: ${(shown - chosen).toFixed(0)} ms from choosing the folder to its list, ` +
        `${(loaded - called).toFixed(0)} ms from the address, the page's own loading with it`,
    )
    const acts = await page.evaluate(timeList)
    const slowest = acts.toSorted((a, b) => b.ms - a.ms)
    console.log(
      `${count} runs ${round}: sorted, searched and grouped in a median of ${median(acts.map(({ ms }) => ms)).toFixed(0)} ms; ` +
        `slowest ${slowest
          .slice(0, 3)
          .map(({ what, ms }) => `${what} ${ms.toFixed(0)}`)
          .join(', ')}`,
    )
    await page.context().close()
    await door.close()
  }
}

async function copyRun(source: string, result: string, i: number): Promise<void> {
  const epochs = 30
  const at = new Date(Date.UTC(2026, 0, 1, 0, i))
  const target = join(result, `${at.toISOString().slice(0, 16).replace('T', '-').replace(':', '')}-run-${i}`)
  await mkdir(target, { recursive: true })
  for (const name of await readdir(source)) {
    if (Number(/epoch(\d+)/.exec(name)?.[1] ?? 0) > epochs) continue
    if (name === runFileName) {
      const file = JSON.parse(await readFile(join(source, name), 'utf8')) as RunFile
      const step = file.stepsPerEpoch * epochs
      const settings = { ...file.settings, epochs, seed: i }
      const change = { name: `run ${i}`, settings, step, epoch: epochs, curve: file.curve.slice(0, epochs + 1) }
      await writeFile(join(target, name), JSON.stringify({ ...file, ...change, startedAt: at.toISOString() }))
    } else if (name === metricsName) {
      const lines = (await readFile(join(source, name), 'utf8')).trim().split('\n')
      const kept = lines.filter((line) => (JSON.parse(line) as MetricsLine).epoch <= epochs)
      await writeFile(join(target, name), `${kept.join('\n')}\n`)
    } else if (name.endsWith('.safetensors')) await link(join(source, name), join(target, name))
    else await cp(join(source, name), join(target, name))
  }
}

async function made(name: string): Promise<string> {
  const path = join(folder, name)
  await mkdir(path)
  return path
}

async function open(browser: Browser): Promise<Page> {
  return (await browser.newContext({ viewport })).newPage()
}

async function show(page: Page, view: (typeof views)[number]): Promise<void> {
  await page.getByRole('navigation', { name: 'Views' }).getByRole('button', { name: view }).click()
}

/** A folder with the first 256 training images of MNIST, and of its test images as many, or more. */
async function smallData(path: string, tests = 256): Promise<string> {
  const { train, test } = await loadDataset(bundledFolder())
  await mkdir(path)
  for (const [name, { images, labels }] of [['train', train] as const, ['t10k', test] as const] satisfies [
    string,
    Split,
  ][]) {
    const count = name === 'train' ? 256 : tests
    const head = (magic: number, ...sizes: number[]) =>
      Buffer.from(Uint32Array.of(magic, count, ...sizes).buffer).swap32()
    await writeFile(
      join(path, `${name}-images-idx3-ubyte`),
      Buffer.concat([head(0x803, 28, 28), images.subarray(0, 784 * count)]),
    )
    await writeFile(join(path, `${name}-labels-idx1-ubyte`), Buffer.concat([head(0x801), labels.subarray(0, count)]))
  }
  return path
}
