/**
 * `npm run bench:window [-- --rounds 7 --limit 60000 --only speed,cost,smooth,start]`: the app in the real Electron.
 *
 *   speed  images a second of the same training in the terminal and in the window, in turn: in a thread of the app and
 *          in a process of its own, the window shown and hidden
 *   cost   the processor's time for a step, in the terminal and in the window: the same on a busy machine (Linux)
 *   smooth how far apart the page's frames are while it trains, and while it does not
 *   start  the packed app, never started before: from its start, and from the press of Start, to the first point in the
 *          chart (`npm run pack -- --dir` has packed it)
 */
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import type { Page } from 'playwright-core'
import { machine, median, nodeFlags, output } from './measure'
import { lastStep, runFileOf, runsIn, setStage, startButton, until, type Place } from './window-app'
import { measureCost } from './window-cost'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '7' },
    limit: { type: 'string', default: '60000' },
    only: { type: 'string', default: 'speed,cost,smooth,start' },
    /** Which of the window's ways; default: all. */
    ways: { type: 'string', default: 'thread shown,thread hidden,process shown,process hidden' },
  },
})
const rounds = Number(values.rounds)
const root = resolve(import.meta.dirname, '../..')
const only = new Set(values.only.split(','))
const ways = values.ways.split(',')

const stage = await setStage()
try {
  console.log(machine())
  if (only.has('speed')) await measureSpeed()
  if (only.has('cost')) await measureCost(stage, rounds)
  if (only.has('smooth')) await measureSmooth()
  if (only.has('start')) await measureStart()
} finally {
  await stage.close()
}

async function measureSpeed(): Promise<void> {
  const ratios = new Map<string, number[]>(ways.map((way) => [way, []]))
  for (let round = 1; round <= rounds; round++) {
    // who comes first is warmer or cooler: each does
    const order = round % 2 === 1 ? ['terminal', ...ways] : [...ways.toReversed(), 'terminal']
    const speeds = new Map<string, number>()
    for (const way of order) speeds.set(way, way === 'terminal' ? await inTerminal() : await inWindow(way))
    const terminal = speeds.get('terminal')!
    for (const way of ways) ratios.get(way)!.push(speeds.get(way)! / terminal)
    console.log(
      `speed ${round}: terminal ${terminal.toFixed(0)}` +
        ways.map((way) => `, ${way} ${speeds.get(way)!.toFixed(0)} (${ratios.get(way)!.at(-1)!.toFixed(3)})`).join('') +
        ' images/s',
    )
  }
  for (const [way, all] of ratios)
    console.log(
      `speed, ${way}: ${median(all).toFixed(3)} of the terminal's (${Math.min(...all).toFixed(3)}–${Math.max(...all).toFixed(3)}, median of ${all.length})`,
    )
}

async function inTerminal(): Promise<number> {
  const { result } = stage.place()
  const settings = ['--epochs', '1', '--limit', values.limit, '--out', result]
  const text = await output(process.execPath, [...nodeFlags, 'out/main/cli.js', 'train', '--json', ...settings])
  return (JSON.parse(text.trim().split('\n').at(-1)!) as { imagesPerSecond: number }).imagesPerSecond
}

async function measureSmooth(): Promise<void> {
  const place = stage.place({ trainer: 'thread', run: { epochs: 100 } })
  const { electron, child, ended } = await stage.open(place)
  const page = await electron.firstWindow()
  await page.waitForSelector('main[aria-busy=false]')
  await tellFrames(page, 'nothing trains')
  await startButton(page).click()
  await until(() => runsIn(place.result).some((run) => lastStep(run) > 20), 200)
  await tellFrames(page, 'it trains')
  child.kill('SIGTERM')
  await ended
}

/** Ten seconds of frames: each is asked for as soon as the one before was there. */
async function tellFrames(page: Page, when: string): Promise<void> {
  const gaps = await page.evaluate(
    () =>
      new Promise<number[]>((done) => {
        const gaps: number[] = []
        let last = performance.now()
        const end = last + 10_000
        const frame = (now: number) => {
          gaps.push(now - last)
          last = now
          if (now < end) requestAnimationFrame(frame)
          else done(gaps)
        }
        requestAnimationFrame(frame)
      }),
  )
  const sorted = gaps.toSorted((a, b) => a - b)
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!.toFixed(0)
  console.log(
    `smooth, ${when}: ${(gaps.length / 10).toFixed(0)} frames a second, ` +
      `${at(0.5)} ms apart (95 of 100 within ${at(0.95)} ms, 99 within ${at(0.99)} ms, the longest ${at(1)} ms)`,
  )
}

/** The figure is the app's own, as the terminal's is: of the epoch's steps alone. */
async function inWindow(way: string): Promise<number> {
  const [trainer, window] = way.split(' ') as ['thread' | 'process', 'shown' | 'hidden']
  const place = stage.place({ trainer, run: { epochs: 1, limit: Number(values.limit) } })
  const { electron, child, ended } = await stage.open(place)
  const page = await electron.firstWindow()
  await page.waitForSelector('main[aria-busy=false]')
  await startButton(page).click()
  await until(() => runsIn(place.result).length > 0)
  if (window === 'hidden') await electron.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]!.hide())
  const done = () => runsIn(place.result).some((run) => runFileOf(run).status === 'done')
  // looked at so seldom that it costs nothing
  await until(done, 500)
  const speed = await until(() => speedIn(place), 100)
  child.kill('SIGTERM')
  await ended
  return speed
}

function speedIn({ user }: Place): number | undefined {
  const { speeds } = JSON.parse(readFileSync(join(user, 'settings.json'), 'utf8')) as {
    speeds?: Record<string, number>
  }
  return Object.values(speeds ?? {})[0]
}

async function measureStart(): Promise<void> {
  const program = packedProgram()
  const cold = dropsCaches()
  console.log(
    `start: ${cold ? 'no file of it in the system’s cache' : 'files may be in the system’s cache: run as root to have none there'}`,
  )
  const times: { fromStart: number; fromPress: number }[] = []
  for (let round = 1; round <= rounds; round++) {
    if (cold) dropsCaches()
    const place = stage.place({}, { cache: false })
    // as after an install: no settings at all
    rmSync(join(place.user, 'settings.json'))
    const began = performance.now()
    const { page, child, ended } = await stage.openPacked(place, program)
    const there = performance.now()
    await startButton(page).click()
    const pressed = performance.now()
    await firstPoint(page)
    const now = performance.now()
    times.push({ fromStart: now - began, fromPress: now - pressed })
    console.log(
      `start ${round}: page there after ${seconds(there - began)}, first point ${seconds(now - pressed)} after the press, ${seconds(now - began)} after the start`,
    )
    child.kill('SIGTERM')
    await ended
  }
  for (const from of ['fromStart', 'fromPress'] as const) {
    const all = times.map((time) => time[from])
    console.log(
      `start, ${from === 'fromStart' ? 'from the start of the app' : 'from the press'} to the first point: ${seconds(median(all))} ` +
        `(${seconds(Math.min(...all))}–${seconds(Math.max(...all))}, median of ${all.length})`,
    )
  }
}

async function firstPoint(page: Page): Promise<void> {
  await page.getByRole('img', { name: /^Loss by epoch.*train: from/s }).waitFor({ timeout: 60_000 })
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(2)} s`
}

/** @throws Error that says how to pack it */
function packedProgram(): string {
  const program = join(root, 'out/dist/linux-unpacked/vlae-studio')
  if (!existsSync(program)) throw new Error('There is no packed app in out/dist: npm run pack -- --dir')
  return program
}

/** Linux, as root: what was read from the disk is read from there again. */
function dropsCaches(): boolean {
  try {
    execFileSync('sync')
    writeFileSync('/proc/sys/vm/drop_caches', '3')
    return true
  } catch {
    return false
  }
}
