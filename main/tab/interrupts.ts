/** How the process ends when a person or the system asks it to. */

/** Asked to stop by a person, by the system, or because the terminal was closed. */
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
/** Two signals of one press (a terminal sends it to npm and to us, and npm passes it on) are not two presses. */
const onePress = 300

/** The first time, `close` has its way to the end; the second time the process ends at once. Exit code 130 then. */
export function onInterrupts(close: () => Promise<void>): void {
  let asked: number | null = null
  const interrupt = (): void => {
    const now = performance.now()
    if (asked !== null) {
      if (now - asked > onePress) process.exit(130)
      return
    }
    asked = now
    close().then(
      () => process.exit(0),
      (error: unknown) => {
        console.error(error instanceof Error ? error.message : error)
        process.exit(1)
      },
    )
  }
  for (const signal of signals) process.on(signal, interrupt)
}
