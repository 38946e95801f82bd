/** Programs on terminals of their own, which a test can close as a window is closed or a connection drops. */
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { vi } from 'vitest'
import { patience } from '../browser/door'

const { stdout } = spawnSync('script', ['--version'], { encoding: 'utf8' })
/** Without util-linux's `script` there is nothing to make a terminal with. */
export const skipped = !/util-linux/.test(stdout ?? '')
if (skipped) console.info('No `script` of util-linux here (bsdutils): nothing is tried on a terminal.')

export interface OnTerminal {
  /** All that the terminal was sent. */
  readonly shown: () => string
  type(text: string): void
  /** The terminal is gone, and with it `script`; who was on it lives on as long as it likes. */
  close(): Promise<void>
}

/** Runs a shell's command on a terminal of 100 columns. @param environment beside that of the test */
export function onTerminal(command: string, environment: NodeJS.ProcessEnv = {}): OnTerminal {
  // The shell stays until the command has ended: that the terminal is gone is told to it, and when it has died of that
  // to the others.
  const child = spawn('script', ['-qec', `stty cols 100; ${command}; :`, '/dev/null'], {
    env: { ...process.env, ...environment, CI: '', TERM: 'xterm', SHELL: '/bin/sh' },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  let text = ''
  child.stdout.on('data', (data: Buffer) => (text += data.toString()))
  // what is typed into a terminal that is gone is lost
  child.stdin.on('error', () => undefined)
  return {
    shown: () => text,
    type: (keys) => void child.stdin.write(keys),
    close: () => (child.kill('SIGKILL'), gone),
  }
}

/** A shell's command that outlives its terminal for long enough to write a program's exit code into a file. */
export function noting(file: string, command: string): string {
  return `sh -c 'trap : HUP; ${command}; echo $? > ${file}'`
}

/** The exit code that such a command has noted. */
export async function noted(file: string): Promise<number> {
  const text = await vi.waitUntil(() => existsSync(file) && readFileSync(file, 'utf8').trim(), patience)
  return Number(text)
}
