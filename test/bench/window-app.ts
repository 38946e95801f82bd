/** The app's window in the real Electron, for benches: in folders and on a display of its own. */
import { spawn, type ChildProcess } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { _electron, chromium, type ElectronApplication, type Page } from 'playwright-core'
import type { MetricsLine } from '../../main/runs/metrics-line'
import type { RunFile } from '../../main/runs/run-file'
import { programOf } from '../../main/start/window'
import type { AppSettings, RunSettings } from '../../preload/contract'
import { displayIsThere, openDisplay, sandbox } from '../desktop/display'

const root = resolve(import.meta.dirname, '../..')
export type Settings = Partial<Omit<AppSettings, 'run'>> & { readonly run?: Partial<RunSettings> }

export interface Place {
  readonly folder: string
  /** Electron's own folder of the app. */
  readonly user: string
  readonly result: string
  readonly environment: Readonly<Record<string, string>>
}

export interface End {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

export interface Opened {
  readonly page: Page
  readonly child: ChildProcess
  readonly ended: Promise<End>
  /** What it wrote on its way. */
  words(): string
}

export interface Stage {
  /** A new folder, with settings. `cache`: what earlier places have measured is known. */
  place(settings?: Settings, options?: { readonly cache?: boolean }): Place
  /** The app as `npm start` opens it: resolves when Electron is there, and its window may not be. */
  open(place: Place): Promise<{ readonly electron: ElectronApplication } & Omit<Opened, 'page'>>
  /** A packed app, as its icon starts it; the page is there, and can be pressed. */
  openPacked(place: Place, program: string): Promise<Opened>
  /** Ends what still runs. */
  close(): Promise<void>
}

/** @throws Error where there is no Electron, or no display */
export async function setStage(): Promise<Stage> {
  const program = electronProgram()
  if (!displayIsThere) throw new Error('There is no display. Install xvfb.')
  // from where it lies: it looks for the sources from there
  const builder = pathToFileURL(join(root, 'main/build.mjs')).href
  const { buildFor } = (await import(builder)) as { buildFor(door: string): Promise<string> }
  const app = await buildFor('start')
  const display = await openDisplay()
  const folder = mkdtempSync(join(tmpdir(), 'vlae-window-'))
  const running = new Map<ChildProcess, Promise<End>>()
  let places = 0

  function watch(child: ChildProcess): Omit<Opened, 'page'> {
    let words = ''
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (data: Buffer) => (words += data.toString()))
    const ended = new Promise<End>((done) =>
      child.once('exit', (code, signal) => {
        running.delete(child)
        done({ code, signal })
      }),
    )
    running.set(child, ended)
    return { child, ended, words: () => words }
  }

  return {
    place(settings = {}, { cache = true } = {}) {
      const own = join(folder, `place-${++places}`)
      const [user, result] = [join(own, 'config', 'vlae-studio'), join(own, 'result')]
      mkdirSync(user, { recursive: true })
      writeFileSync(join(user, 'settings.json'), JSON.stringify({ resultFolder: result, ...settings }))
      mkdirSync(result)
      const environment = {
        ...(process.env as Record<string, string>),
        ...display.environment,
        HOME: own,
        XDG_CONFIG_HOME: join(own, 'config'),
        XDG_CACHE_HOME: join(cache ? folder : own, 'cache'),
      }
      return { folder: own, user, result, environment }
    },
    async open({ folder, user, environment }) {
      const args = [...sandbox, `--user-data-dir=${user}`, app]
      const electron = await _electron.launch({
        executablePath: program,
        args,
        cwd: folder,
        env: environment,
        timeout: 60_000,
      })
      return { electron, ...watch(electron.process()) }
    },
    async openPacked({ folder, environment }, program) {
      const args = [...sandbox, '--remote-debugging-port=0']
      const opened = watch(spawn(program, args, { cwd: folder, env: environment, stdio: ['ignore', 'pipe', 'pipe'] }))
      const address = await until(() => /DevTools listening on (\S+)/.exec(opened.words())?.[1])
      const browser = await chromium.connectOverCDP(address)
      const page = await until(() => browser.contexts()[0]?.pages()[0])
      await page.waitForSelector('main[aria-busy=false]')
      return { page, ...opened }
    },
    async close() {
      for (const child of running.keys()) child.kill('SIGKILL')
      await Promise.all(running.values())
      display.close()
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

/** @throws Error that says how to get one */
export function electronProgram(): string {
  const program = programOf(join(root, 'node_modules/electron'))
  if (program !== null) return program
  throw new Error('Electron’s program is not here: npx install-electron, or set ELECTRON_OVERRIDE_DIST_PATH.')
}

/** The first value of `look` that is there. @throws Error after two minutes */
export async function until<T>(look: () => T | Promise<T>, every = 20): Promise<NonNullable<T>> {
  const late = performance.now() + 120_000
  for (;;) {
    const found = await look()
    if (found) return found
    if (performance.now() > late) throw new Error(`This did not happen in two minutes: ${look.toString()}`)
    await new Promise((next) => setTimeout(next, every))
  }
}

export const startButton = (page: Page) =>
  page.getByRole('main').getByRole('button', { name: 'Start training', exact: true })

/** Those that have begun. */
export function runsIn(result: string): string[] {
  return readdirSync(result)
    .map((name) => join(result, name))
    .filter((run) => existsSync(join(run, 'run.json')))
}

export const runFileOf = (run: string) => JSON.parse(readFileSync(join(run, 'run.json'), 'utf8')) as RunFile

/** The last step whose line is whole; 0 before the first. */
export function lastStep(run: string): number {
  const file = join(run, 'metrics.jsonl')
  if (!existsSync(file)) return 0
  const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1)
  return lines
    .map((line) => JSON.parse(line) as MetricsLine)
    .reduce((last, line) => (line.type === 'step' ? line.step : last), 0)
}
