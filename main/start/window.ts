/** Tries to open the app in a window of its own, and says in one sentence why that cannot be had. */
import { spawn, type ChildProcess } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { hasDisplay } from './display.mjs'

export interface WindowOptions {
  /** The folder of the npm package `electron`; null where it is not installed. */
  readonly electron: string | null
  /** What Electron is given: the app's folder, then the arguments for it. */
  readonly args: readonly string[]
  readonly environment?: NodeJS.ProcessEnv
  readonly platform?: NodeJS.Platform
  /** Milliseconds until it must be decided. */
  readonly patience?: number
}

export type WindowAttempt =
  /** It is open, or was; `code` is what its process ends with. Signals that ask this process to end are passed to it. */
  { readonly opened: true; readonly code: Promise<number> } | { readonly opened: false; readonly reason: string }

/** Resolves once it is clear, at the latest when the patience is at its end. */
export async function tryWindow(options: WindowOptions): Promise<WindowAttempt> {
  const { promise, timer } = startTimer(options.patience ?? 5000)
  try {
    return await attempt(options, promise)
  } finally {
    clearTimeout(timer)
  }
}

function startTimer(milliseconds: number): { promise: Promise<'late'>; timer: NodeJS.Timeout } {
  let timer!: NodeJS.Timeout
  const promise = new Promise<'late'>((resolve) => (timer = setTimeout(resolve, milliseconds, 'late')))
  return { promise, timer }
}

async function attempt(options: WindowOptions, deadline: Promise<'late'>): Promise<WindowAttempt> {
  const { electron, args, environment = process.env, platform = process.platform } = options
  if (!hasDisplay(environment, platform)) return refused('There is no display for a window here')
  if (electron === null || !existsSync(join(electron, 'install.js'))) return refused('Electron is not installed')
  if (programOf(electron, environment, platform) === null) {
    const answer = await Promise.race([download(electron, environment), deadline])
    if (answer === 'late')
      return refused('Electron’s program is not here yet (it goes on downloading, for the next start)')
    if (answer !== 0) return refused('Electron’s program could not be downloaded')
  }
  const program = programOf(electron, environment, platform)
  if (program === null) return refused('Electron’s program is damaged')
  const window = spawn(program, args, {
    env: { ...environment, ELECTRON_RUN_AS_NODE: undefined },
    stdio: ['inherit', 'inherit', 'pipe'],
  })
  // what Electron says before it is clear whether it can open a window is not shown unless it does
  let said = ''
  window.stderr.on('data', (text: Buffer) => (said += text.toString()))
  const code = ended(window)
  const signals = passSignals(window)
  const early = await Promise.race([code, deadline])
  if (early !== 'late' && early !== 0 && !signals.asked()) {
    signals.leave()
    return refused('Electron cannot open a window here')
  }
  process.stderr.write(said)
  window.stderr.removeAllListeners('data')
  window.stderr.pipe(process.stderr)
  return { opened: true, code }
}

/** The window saves and ends, and this process after it. Ctrl-C reaches both; the others are sent to one process. */
function passSignals(window: ChildProcess): { asked(): boolean; leave(): void } {
  let asked = false
  const take = (signal: NodeJS.Signals): void => {
    asked = true
    if (signal !== 'SIGINT') window.kill(signal)
  }
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
  for (const signal of signals) process.on(signal, take)
  return {
    asked: () => asked,
    leave() {
      for (const signal of signals) process.off(signal, take)
    },
  }
}

function refused(reason: string): WindowAttempt {
  return { opened: false, reason }
}

/**
 * The program's path, as the package's own index.js finds it, but without its download; null where there is none. The
 * variable ELECTRON_OVERRIDE_DIST_PATH names the folder of another Electron than the package's own.
 */
export function programOf(
  electron: string,
  environment: NodeJS.ProcessEnv = process.env,
  platform: NodeJS.Platform = process.platform,
): string | null {
  const pathFile = join(electron, 'path.txt')
  const other = environment['ELECTRON_OVERRIDE_DIST_PATH']
  // the package's download is whole once it has written the file
  const name = existsSync(pathFile) ? readFileSync(pathFile, 'utf8') : other ? names[platform] : undefined
  const program = name === undefined ? null : join(other || join(electron, 'dist'), name)
  return program !== null && existsSync(program) ? program : null
}

const names: Partial<Record<NodeJS.Platform, string>> = {
  linux: 'electron',
  darwin: 'Electron.app/Contents/MacOS/Electron',
  win32: 'electron.exe',
}

/** Electron's own installer; it outlives this process where it takes longer. */
function download(electron: string, environment: NodeJS.ProcessEnv): Promise<number> {
  const installer = spawn(process.execPath, [join(electron, 'install.js')], {
    env: environment,
    stdio: 'ignore',
    detached: true,
  })
  installer.unref()
  return ended(installer)
}

function ended(child: ChildProcess): Promise<number> {
  return new Promise((resolve) => {
    child.once('error', () => resolve(1))
    child.once('exit', (code) => resolve(code ?? 1))
  })
}
