/** The app's window in the real Electron: as `npm start` opens it, in folders of the test's own. */
import { spawn } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { _electron, errors, type ElectronApplication, type Page } from 'playwright-core'
import { vi } from 'vitest'
import { buildFor } from '../../main/build.mjs'
import type { MetricsLine } from '../../main/runs/metrics-line'
import type { RunFile } from '../../main/runs/run-file'
import { programOf } from '../../main/start/window'
import type { AppSettings, RunSettings } from '../../preload/contract'
import { folderWith, smallSet } from '../mnist/small-set'
import { patience } from '../patience'
import { displayIsThere, openDisplay, sandbox } from './display'

const root = resolve(import.meta.dirname, '../..')
export const electronProgram = programOf(join(root, 'node_modules/electron'))

const missing =
  electronProgram === null
    ? 'Electron’s program is not here. Run `npx install-electron`, or set ELECTRON_OVERRIDE_DIST_PATH to the folder of one: test/desktop/get-electron.sh makes it'
    : displayIsThere
      ? null
      : 'there is no display. Install xvfb'
/** Without Electron or a display the tests are skipped, and say so; with VLAE_REQUIRE_ELECTRON set they fail instead. */
export const skipped = missing !== null && process.env['VLAE_REQUIRE_ELECTRON'] === undefined
if (skipped) console.info(`The window is not tested in the real Electron: ${missing}.`)

export { patience }
/** Milliseconds in which the app answers, or has ended. */
const answerTime = 120_000

export interface RunningApp {
  readonly electron: ElectronApplication
  readonly page: Page
  readonly pid: number
  readonly place: Place
  /** Resolves when its process has ended; rejects, with all that it wrote, where that takes longer than anyone waits. */
  ended(): Promise<{ code: number | null; signal: NodeJS.Signals | null }>
  /** What it wrote on its way. */
  output(): string
}

export interface StartOptions {
  /** Where it keeps all it keeps; default: a new one. */
  readonly place?: Place
  /** What a person has set before. */
  readonly settings?: Partial<Omit<AppSettings, 'run'>> & { readonly run?: Partial<RunSettings> }
  readonly args?: readonly string[]
}

/** A folder with the app's settings and its runs. */
export interface Place {
  readonly folder: string
  /** Electron's own folder of the app: settings, window bounds. */
  readonly user: string
  readonly result: string
}

export interface Stage {
  readonly environment: NodeJS.ProcessEnv
  readonly app: string
  place(): Promise<Place>
  /** A folder of real images of which few are to be tested with, which all of MNIST takes longer for than an epoch. */
  fewTests(): Promise<string>
  start(options?: StartOptions): Promise<RunningApp>
  /** Starts the app where it runs already; resolves with its exit code. */
  startAgain(place: Place): Promise<number | null>
  /** Ends what still runs. */
  clear(): Promise<void>
  close(): Promise<void>
}

export async function setStage(): Promise<Stage> {
  if (missing !== null) throw new Error(`VLAE_REQUIRE_ELECTRON is set, but ${missing}.`)
  const app = await buildFor('start')
  const display = await openDisplay()
  const folder = await mkdtemp(join(tmpdir(), 'vlae-electron-'))
  const environment = {
    ...process.env,
    ...display.environment,
    HOME: folder,
    XDG_CONFIG_HOME: join(folder, 'config'),
    // measured once for all starts
    XDG_CACHE_HOME: join(folder, 'cache'),
  }
  const running = new Map<number, Promise<unknown>>()
  let places = 0
  let few: Promise<string> | undefined

  async function place(): Promise<Place> {
    const own = join(folder, `place-${++places}`)
    const [user, result] = [join(own, 'user'), join(own, 'result')]
    await mkdir(user, { recursive: true })
    return { folder: own, user, result }
  }

  async function start({ place: given, settings, args = [] }: StartOptions = {}) {
    const where = given ?? (await place())
    if (settings !== undefined) await writeFile(join(where.user, 'settings.json'), JSON.stringify(settings))
    const launch = (timeout: number) =>
      _electron.launch({
        executablePath: electronProgram!,
        args: [...sandbox, `--user-data-dir=${where.user}`, app, ...args],
        cwd: where.folder,
        env: environment as Record<string, string>,
        // the system's, as a person has it
        colorScheme: null,
        timeout,
      })
    const electron = await launch(answerTime / 2).catch((error: unknown) => {
      // on a busy machine a launch was seen that Playwright never heard of (1 of 232): it is told, and another one made
      if (!(error instanceof errors.TimeoutError)) throw error
      console.warn(error.message)
      return launch(patience.timeout)
    })
    electron.context().setDefaultTimeout(patience.timeout)
    const child = electron.process()
    let said = ''
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (data: Buffer) => (said += data.toString()))
    const output = () => said
    const exit: ReturnType<RunningApp['ended']> = new Promise((done) =>
      child.once('exit', (code, signal) => done({ code, signal })),
    )
    running.set(child.pid!, exit)
    void exit.then(() => running.delete(child.pid!))
    answerInTime(electron, output)
    const page = await electron.firstWindow(patience)
    await page.waitForSelector('main[aria-busy=false]')
    const ended = () => inTime(exit, 'The app has not ended', output)
    return { electron, page, pid: child.pid!, ended, output, place: where }
  }

  function startAgain({ user, folder }: Place): Promise<number | null> {
    const again = spawn(electronProgram!, [...sandbox, `--user-data-dir=${user}`, app], {
      cwd: folder,
      env: environment,
    })
    const exit = new Promise<number | null>((done) => again.once('exit', done))
    return inTime(exit, 'The app that was started again has not ended')
  }

  async function clear(): Promise<void> {
    await Promise.all(
      [...running].map(([pid, exit]) => {
        process.kill(pid, 'SIGKILL')
        return exit
      }),
    )
  }

  return {
    environment,
    app,
    place,
    fewTests: () => (few ??= smallSet(6400, 100).then(folderWith)),
    start,
    startAgain,
    clear,
    async close() {
      await clear()
      display.close()
      for (const path of [folder, await few])
        if (path !== undefined) await rm(path, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

/* What a person sees, and what lies on the disk. */

export const press = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).first().click()
/** What the header says of the training: “Training”, “Paused”, … */
export const state = (page: Page) => page.locator('header.head [role=status]').textContent()
export const step = (page: Page) =>
  page.getByRole('progressbar', { name: 'Training' }).getAttribute('aria-valuenow').then(Number)
export const lossChart = (page: Page) => page.getByRole('img', { name: /^Loss by epoch/ }).getAttribute('aria-label')

/** Waits until the header says so. */
export async function reach(page: Page, wanted: string): Promise<void> {
  await vi.waitUntil(async () => (await state(page))?.includes(wanted), patience)
}

/** Quits as the menu's entry does. Whether it answers before it is gone is chance. */
export function quit({ electron, ended }: RunningApp): ReturnType<RunningApp['ended']> {
  electron.evaluate(({ app }) => app.quit()).catch(() => undefined)
  return ended()
}

/** Starts training, and waits until steps are made. */
export async function train(page: Page): Promise<void> {
  await page.getByRole('main').getByRole('button', { name: 'Start training' }).click()
  await vi.waitUntil(async () => (await lossChart(page))?.includes('train: from'), patience)
}

export async function runsIn(result: string): Promise<string[]> {
  const names = await readdir(result).catch(() => [])
  return names.toSorted().map((name) => join(result, name))
}

export async function runFile(run: string): Promise<RunFile> {
  return JSON.parse(await readFile(join(run, 'run.json'), 'utf8')) as RunFile
}

export async function metrics(run: string): Promise<MetricsLine[]> {
  const text = await readFile(join(run, 'metrics.jsonl'), 'utf8')
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as MetricsLine)
}

/**
 * What the app's own process is asked is answered in time. Electron's inspector now and then loses the promise of an
 * answer that it collects as garbage: then it is asked again.
 */
function answerInTime(electron: ElectronApplication, output: () => string): void {
  const evaluate = electron.evaluate.bind(electron) as (...args: unknown[]) => Promise<unknown>
  electron.evaluate = ((...args: unknown[]) => {
    const answer = evaluate(...args).catch((error: unknown) => {
      if (!String(error).includes('promise was garbage collected')) throw error
      return evaluate(...args)
    })
    return inTime(answer, `The app has not answered ${String(args[0])}`, output)
  }) as typeof electron.evaluate
}

/** @throws Error what has not come, and what the app wrote until then */
async function inTime<T>(work: Promise<T>, missing: string, output = () => ''): Promise<T> {
  const soon = new AbortController()
  const late = sleep(answerTime, null, { signal: soon.signal }).then(() => {
    throw new Error(`${missing} within ${answerTime / 1000} s. It wrote:\n${output()}`)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    soon.abort()
    late.catch(() => undefined)
  }
}
