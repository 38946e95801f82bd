/** When the app is to end and nobody can be asked: a signal, a logout, a shutdown. */
import { powerMonitor, type BrowserWindow } from 'electron'

export interface SessionEnd {
  /** Saves what trains and ends. Called again and again, it is under way; true when it is done. */
  end(): boolean
  /** Ends at once: a person has pressed Ctrl-C again. */
  endNow(): void
}

/** Two signals of one press (a terminal sends it to npm and to us, and npm passes it on) are not two presses. */
const onePress = 300

/** Once the app is ready: Electron’s own handlers of signals, which would close the window as a person does, come before. */
export function onSessionEnd(window: BrowserWindow, { end, endNow }: SessionEnd): void {
  let asked: number | null = null
  const first = (): void => {
    asked ??= performance.now()
    end()
  }
  process.on('SIGTERM', first)
  process.on('SIGHUP', first)
  process.on('SIGINT', () => (asked !== null && performance.now() - asked > onePress ? endNow() : first()))

  // Windows: as long as one app asks for time, the others are left alone; it goes on when this one has ended
  const hold = (event?: { preventDefault(): void }): void => {
    if (!end()) event?.preventDefault()
  }
  window.on('query-session-end', hold)
  window.on('session-end', first)
  // macOS and Linux
  powerMonitor.on('shutdown', hold)
}
