/** The worker's channel to the trainer that started it: as a thread, as a process of Node's, or as one of Electron's. */
import { parentPort } from 'node:worker_threads'
import type { Channel } from '../../preload/rpc'

/** What Electron puts on `process` in a utility process. */
interface ElectronPort {
  postMessage(message: unknown): void
  on(type: 'message', listener: (event: { data: unknown }) => void): void
}

export function openChannel(): Channel {
  if (parentPort !== null) {
    const port = parentPort
    return { post: (message) => port.postMessage(message), on: (listener) => void port.on('message', listener) }
  }
  // Ctrl-C reaches all processes of a terminal: the app decides when this one ends, and saves before
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined)
  const { parentPort: port } = process as { parentPort?: ElectronPort }
  if (port !== undefined)
    return {
      post: (message) => port.postMessage(message),
      on: (listener) => port.on('message', ({ data }) => listener(data)),
    }
  const send = process.send?.bind(process)
  if (send === undefined) throw new Error('This is where the app trains: the app starts it.')
  // Without the app nobody holds the run: it goes on from its last save. Not process.exit: see main/process/die.
  process.once('disconnect', () => process.kill(process.pid, 'SIGKILL'))
  return { post: (message) => void send(message), on: (listener) => void process.on('message', listener) }
}
