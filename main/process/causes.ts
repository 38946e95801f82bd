/** What asks a process of a terminal to end besides signals: see ./end for what comes of it. */
import { ask, codeOf, exit, ignoreHangups } from './end'
import { startedByNohup } from './nohup.mjs'
import { guardOutput } from './output'

/** To be called first of all by a door that a terminal starts. */
export function heedTerminal(): void {
  guardOutput()
  endOnErrors()
  endWithParent(startedByNohup())
}

/** An error that nobody caught: what trains is saved before the end. */
function endOnErrors(): void {
  process.on('uncaughtException', (error) => {
    console.error(error)
    if (!ask('error')) exit(codeOf.error)
  })
}

/** Milliseconds between two looks at who our parent is. */
const lookEvery = 500

/**
 * npm that is asked to end (SIGTERM) ends the shell it started us with, and the shell passes nothing on: being left
 * alone is the signal. Not where nohup has started us and the terminal has closed, which npm does not survive.
 * Returns a function that ends that.
 */
export function endWithParent(nohup: boolean): () => void {
  let hungUp = false
  if (nohup) {
    ignoreHangups()
    process.on('SIGHUP', () => (hungUp = true))
  }
  if (process.env['npm_lifecycle_event'] === undefined) return () => undefined
  const { ppid } = process
  let alone = false
  const watch = setInterval(() => {
    if (process.ppid === ppid) return
    // The hangup that ended our parent may be waiting for us: after a standstill, timers come before signals.
    if (!alone) return (alone = true)
    clearInterval(watch)
    if (!hungUp && !ask('interrupt')) process.kill(process.pid, 'SIGTERM')
  }, lookEvery)
  watch.unref()
  return () => clearInterval(watch)
}
