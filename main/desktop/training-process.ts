/** Training in a process of its own, as Electron has it: its own program can start no process of Node's when packed. */
import { on } from 'node:events'
import { constants } from 'node:os'
import { fileURLToPath } from 'node:url'
import { app, utilityProcess, type Details } from 'electron'
import { lastWords, type End, type Host } from '../trainer/hosts'
import { singleThreadedGarbage } from './garbage'

const serviceName = 'VLAE Studio: training'

export function startUtilityProcess(file: URL, args: readonly string[]): Host {
  const child = utilityProcess.fork(fileURLToPath(file), [...args], {
    serviceName,
    execArgv: [singleThreadedGarbage],
    stdio: ['ignore', 'inherit', 'pipe'],
  })
  const words = child.stderr === null ? () => '' : lastWords(child.stderr)
  return {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a process has no origin
    post: (message) => child.postMessage(message),
    on: (listener) => void child.on('message', listener),
    ended: new Promise<End>((resolve) =>
      child.once('exit', async (code) => {
        const signal = code === 0 ? null : await signalOf()
        resolve({ kind: 'process', code, signal, words: words() })
      }),
    ),
    // its own way, SIGTERM, is for the process to hear, which leaves that to the app
    terminate: () => void (child.pid !== undefined && process.kill(child.pid, 'SIGKILL')),
  }
}

/** Milliseconds after the exit in which Electron says how the process died, if it did not end by itself. */
const explanation = 200

/** The signal that the process just ended by; null when it ended by itself. Its exit code alone could be either. */
async function signalOf(): Promise<string | null> {
  try {
    const events = on(app, 'child-process-gone', { signal: AbortSignal.timeout(explanation) })
    for await (const [, details] of events as AsyncIterable<[unknown, Details]>)
      if (details.name === serviceName) return signalIn(details)
  } catch {
    // nothing was said: it ended by itself
  }
  return null
}

function signalIn({ reason, exitCode }: Details): string {
  // Windows has none: what stands for them is its own code
  if (process.platform === 'win32') return reason === 'killed' ? 'SIGKILL' : `0x${(exitCode >>> 0).toString(16)}`
  return Object.entries(constants.signals).find(([, number]) => number === exitCode)?.[0] ?? reason
}
