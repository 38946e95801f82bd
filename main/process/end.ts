/**
 * Graceful shutdown: how this process ends when it is asked to, by a signal or for another cause (./causes, ./output).
 * It is the same at every door: the first time it saves and ends, the second time it ends at once.
 */
import { closeSync } from 'node:fs'
import { isatty } from 'node:tty'
import { AppError } from '../../preload/errors'

/** `interrupt`: by a person or the system; `hangup`: the terminal is gone; `error`: a fault of the app itself. */
export type Asked = 'interrupt' | 'hangup' | 'error'

/** What a process ends with that did as it was asked. */
export const codeOf = { interrupt: 130, hangup: 129, error: 1 } as const

/** Milliseconds within which signals are one press: a terminal sends it to npm and to us, and npm passes it on. */
const onePress = 300

const signals = new Map<NodeJS.Signals, Asked>([
  ['SIGINT', 'interrupt'],
  ['SIGTERM', 'interrupt'],
  ['SIGHUP', 'hangup'],
])

/** What nohup has set, Node has set back: a hangup would end us. */
export function ignoreHangups(): void {
  signals.delete('SIGHUP')
  process.on('SIGHUP', () => undefined)
}

const listeners = new Set<(asked: Asked) => void>()
let first: Asked | null = null
/** When a person pressed last. */
let pressedAt: number | null = null

/** Why the process is to end, as it was asked first; null while it was not. */
export function asked(): Asked | null {
  return first
}

/**
 * Calls `listener` whenever the process is asked to end, at once if it was already; returns a function that ends that.
 * While nobody listens, signals end the process as they do by themselves.
 */
export function onAsked(listener: (asked: Asked) => void): () => void {
  if (listeners.size === 0) for (const signal of signals.keys()) process.on(signal, take)
  listeners.add(listener)
  if (first !== null) listener(first)
  return () => {
    listeners.delete(listener)
    if (listeners.size === 0) for (const signal of signals.keys()) process.off(signal, take)
  }
}

/** Asks, unless it was asked before: only a person asks twice, by two signals. Whether anyone listens. */
export function ask(how: Asked): boolean {
  if (first === null) tell(how)
  return listeners.size > 0
}

const terminals = [0, 1, 2].filter((stream) => isatty(stream))

/**
 * Ends the process. Threads that compute have ended before.
 *
 * On its way out Node gives terminals their modes back, and aborts where one of them is gone: those are closed first.
 */
export function exit(code: number): void {
  for (const stream of terminals) if (!isatty(stream)) closeSync(stream)
  process.exit(code)
}

/**
 * Ends the process at once, as Ctrl-C ends a program that does not listen for it: a shell reports 130. Not
 * process.exit, which stops the threads first: ONNX Runtime aborts when its thread is taken away in the middle of a
 * call.
 */
export function die(): void {
  process.removeAllListeners('SIGINT')
  process.kill(process.pid, 'SIGINT')
}

/**
 * The first time, `close` has its way to the end, and the exit code is 0; 129 after a hangup, 1 when it fails. The
 * second time the process ends at once.
 *
 * @param close saves and ends everything
 */
export function endWhenAsked(close: (asked: Asked) => Promise<void>): void {
  let closing = false
  onAsked((how) => {
    if (closing) return die()
    closing = true
    close(how).then(
      () => exit(how === 'interrupt' ? 0 : codeOf[how]),
      (thrown: unknown) => {
        const { message, remedy } = AppError.from(thrown)
        console.error(`${message}\n${remedy}`)
        exit(1)
      },
    )
  })
}

/** A second press counts, what is only the first one again does not; nor does a first one when the end has begun. */
function take(signal: NodeJS.Signals): void {
  const how = signals.get(signal)
  if (how === undefined) return
  const now = performance.now()
  const again = how === 'interrupt' && pressedAt !== null && now - pressedAt > onePress
  if (how === 'interrupt') pressedAt = now
  if (again) tell(how)
  else ask(how)
}

function tell(how: Asked): void {
  first ??= how
  for (const listener of listeners) listener(how)
}
