/** The tab's door as a process with real training behind it, and pages without their looks. */
import { spawn, type ChildProcess, type ChildProcessWithoutNullStreams } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inject, vi } from 'vitest'
import { socketChannel } from '../../preload/channels'
import type { AppEvent, TrainingState } from '../../preload/contract'
import { AppError } from '../../preload/errors'
import { connectToApp, type App } from '../../preload/seam'
import { patience } from '../patience'
import { dial } from './dial'

export { patience }

export interface Door {
  readonly url: string
  readonly pid: number
  readonly output: () => string
  end(signal: NodeJS.Signals): Promise<number | null>
}

export interface Program {
  readonly child: ChildProcess
  readonly output: () => string
}

/** The programs as they ship, working in a folder of the test's own. @param start how a program is started: as `spawn` does */
export function openDoors(start: typeof startProgram = startProgram) {
  const folder = mkdtempSync(join(tmpdir(), 'vlae-tab-'))
  const running: Door[] = []

  // neither npm nor nohup is what starts them here, whatever has started the tests
  const starter = { npm_lifecycle_event: undefined, _: undefined }
  const env = { ...process.env, ...starter, XDG_CONFIG_HOME: join(folder, 'config') }
  /** The words that start a program. */
  const words = (program: 'browser' | 'cli') => [process.execPath, join(inject('programs'), `${program}.js`)] as const

  function run(program: 'browser' | 'cli', args: readonly string[], cwd = folder): Program {
    const [node, file] = words(program)
    const child = start(node, [file, ...args], { cwd, env })
    let text = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (data: Buffer) => (text += data.toString()))
    return { child, output: () => text }
  }

  async function open(cwd = folder): Promise<Door> {
    const { child, output } = run('browser', ['--no-open'], cwd)
    const url = await vi.waitUntil(() => /ready: (\S+)/.exec(output())?.[1], patience)
    const exit = new Promise<number | null>((resolve) => child.once('exit', resolve))
    const end = (signal: NodeJS.Signals) => (child.kill(signal), exit)
    const door = { url, pid: child.pid!, output, end }
    running.push(door)
    return door
  }

  async function closeAll(): Promise<void> {
    for (const door of running.splice(0)) await door.end('SIGKILL')
  }

  async function remove(): Promise<void> {
    await closeAll()
    rmSync(folder, { recursive: true })
  }

  return { folder, env, words, run, open, closeAll, remove }
}

function startProgram(
  command: string,
  args: readonly string[],
  options: { readonly cwd: string; readonly env: NodeJS.ProcessEnv },
): ChildProcessWithoutNullStreams {
  // in a group of its own it is not within a nohup's reach that has started the tests
  return spawn(command, args, { ...options, detached: process.platform !== 'win32' })
}

export interface TestPage {
  readonly app: App
  readonly events: AppEvent[]
  training(): TrainingState
  cut(): void
}

/** A page without its looks. */
export async function visit({ url }: Pick<Door, 'url'>): Promise<TestPage> {
  const socket = await dial(url)
  const events: AppEvent[] = []
  const app = connectToApp({ events: (batch) => void events.push(...batch) }, socketChannel(socket))
  socket.on('close', () => app.$close(new AppError('link/lost', 'The socket was cut.', '')))
  let training = (await app.snapshot({})).training
  return {
    app,
    events,
    training: () => (training = events.findLast((event) => event.type === 'training')?.training ?? training),
    cut: () => socket.terminate(),
  }
}
