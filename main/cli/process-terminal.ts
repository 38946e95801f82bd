/** This process as the terminal door sees it: standard streams, signals, and a trainer that is loaded when needed. */
import type { Terminal } from './terminal'

/** Asked to stop by a person, by the system, or because the terminal was closed. */
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** @param worker the built file of the trainer's thread */
export function processTerminal(worker: URL): Terminal {
  const listeners = new Set<() => void>()
  const interrupt = () => {
    for (const listener of listeners) listener()
  }
  // `train --json | head`: nobody reads any more, which is as good as being asked to stop, once
  let read = true
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
    if (!read) return
    read = false
    if (listeners.size === 0) process.exit()
    interrupt()
  })
  return {
    out: process.stdout,
    err: process.stderr,
    onInterrupt: (listener) => {
      if (listeners.size === 0) for (const signal of signals) process.on(signal, interrupt)
      listeners.add(listener)
      return () => {
        listeners.delete(listener)
        if (listeners.size === 0) for (const signal of signals) process.off(signal, interrupt)
      }
    },
    // Not process.exit: it would wait for the training thread, and ONNX Runtime aborts when its thread is taken away in
    // the middle of a step. Ended by the signal itself, as a shell expects of what Ctrl-C ends: it reports 130.
    die: () => {
      for (const signal of signals) process.off(signal, interrupt)
      process.kill(process.pid, 'SIGINT')
    },
    trainer: async () => (await import('../training/trainer')).createTrainer({ worker }),
  }
}
