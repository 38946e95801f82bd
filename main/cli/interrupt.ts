/** Ctrl-C, or a terminal that is gone: once asks the work to stop properly, twice ends the process at once. */
import type { Terminal } from './terminal'

export interface Interruption {
  /** Aborted the first time. */
  readonly signal: AbortSignal
  /** The work is over: Ctrl-C ends the process again as it does by itself. */
  end(): void
}

/** @param handlers `first`, `second`: called the first and the second time; the process ends after the second */
export function onInterrupts(terminal: Terminal, handlers: { first?(): void; second?(): void } = {}): Interruption {
  const controller = new AbortController()
  const end = terminal.onInterrupt(() => {
    if (controller.signal.aborted) {
      handlers.second?.()
      terminal.die()
    } else {
      handlers.first?.()
      controller.abort()
    }
  })
  return { signal: controller.signal, end }
}
