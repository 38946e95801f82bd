/** Training in a process of its own, as Electron has it: its own program can start no process of Node's when packed. */
import { fileURLToPath } from 'node:url'
import { utilityProcess } from 'electron'
import { lastWords, type Host } from '../training/hosts'
import { singleThreadedGarbage } from './garbage'

export function startUtilityProcess(file: URL, args: readonly string[]): Host {
  const child = utilityProcess.fork(fileURLToPath(file), [...args], {
    serviceName: 'VLAE Studio: training',
    execArgv: [singleThreadedGarbage],
    stdio: ['ignore', 'inherit', 'pipe'],
  })
  const words = child.stderr === null ? () => '' : lastWords(child.stderr)
  return {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a process has no origin
    post: (message) => child.postMessage(message),
    on: (listener) => void child.on('message', listener),
    ended: new Promise((resolve) => child.once('exit', (code) => resolve({ kind: 'process', code, words: words() }))),
    terminate: () => void child.kill(),
  }
}
