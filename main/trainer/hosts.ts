/** Where training runs, seen from main's side: in a thread of the app, or in a process of its own. */
import { fork } from 'node:child_process'
import { Worker, type ResourceLimits } from 'node:worker_threads'
import type { Channel } from '../../preload/rpc'

/** How it ended. */
export interface End {
  /** What a person may call it, after "the training". */
  readonly kind: 'thread' | 'process'
  readonly code: number | null
  /** The signal that killed it. */
  readonly signal?: string | null
  /** The error that nobody caught. */
  readonly cause?: unknown
  /** The last of what it wrote on its way out. */
  readonly words?: string
}

export interface Host extends Channel {
  /** Never rejects. */
  readonly ended: Promise<End>
  /** At once, whatever it does: in a thread, the app may end with it. */
  terminate(): void
}

/** Starts worker.js, which finds these arguments in its `process.argv`. */
export type StartHost = (worker: URL, args: readonly string[], limits?: ResourceLimits) => Host

/** The default: nothing has to be copied out of a process, and it starts soonest. A crash in native code ends the app. */
export function startThread(file: URL, args: readonly string[], limits?: ResourceLimits): Host {
  const worker = new Worker(file, { name: 'training', argv: [...args], ...(limits && { resourceLimits: limits }) })
  let cause: unknown
  worker.on('error', (error) => (cause = error))
  return {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread's port has no origin
    post: (message) => worker.postMessage(message),
    on: (listener) => void worker.on('message', listener),
    ended: new Promise((resolve) => worker.once('exit', (code) => resolve({ kind: 'thread', code, cause }))),
    terminate: () => void worker.terminate(),
  }
}

/** A process of Node's own: whatever happens in it, the app stays. Electron has another way (main/desktop). */
export function startProcess(file: URL, args: readonly string[]): Host {
  const child = fork(file, args, {
    serialization: 'advanced',
    // every step leaves copies of the gradient behind, and threads that clear them away get in the lanes' way
    execArgv: ['--single-threaded-gc'],
    stdio: ['ignore', 'inherit', 'pipe', 'ipc'],
  })
  const words = lastWords(child.stderr)
  return {
    post: (message) => void (child.connected && child.send(message as object)),
    on: (listener) => void child.on('message', listener),
    ended: new Promise((resolve) => {
      child.once('error', (cause) => resolve({ kind: 'process', code: null, cause }))
      child.once('close', (code, signal) => resolve({ kind: 'process', code, signal, words: words() }))
    }),
    terminate: () => void child.kill('SIGKILL'),
  }
}

/** Passes on what a process writes, and keeps the end of it. */
export function lastWords(stream: NodeJS.ReadableStream | null): () => string {
  let text = ''
  stream?.on('data', (data: Buffer) => {
    process.stderr.write(data)
    text = (text + data.toString()).slice(-4000)
  })
  return () => text
}
