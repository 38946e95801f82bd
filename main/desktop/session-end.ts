/** When the app is to end and nobody can be asked: a signal, a logout, a shutdown. */
import { powerMonitor, type BrowserWindow } from 'electron'
import { onAsked } from '../process/end'

/**
 * To be called once the app is ready: Electron's own handlers of signals, which close the window as a person does, are
 * in force by then, and these take their place.
 *
 * @param end saves what trains and ends; true when that is done. Called again and again while it is under way
 * @param die ends at once: a person has pressed Ctrl-C again
 */
export function onSessionEnd(window: BrowserWindow, end: () => boolean, die: () => void): void {
  let asked = false
  // electron-store's library listens from its load on. As long as anybody does, Node takes its own handler for the one in
  // force, which is Electron's since: without them, listening brings Node's back
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.removeAllListeners(signal)
  onAsked(() => {
    if (asked) return die()
    asked = true
    end()
  })
  // Windows: while an app asks for time, the system waits, and goes on when it has ended
  const hold = (event?: { preventDefault(): void }): void => {
    if (!end()) event?.preventDefault()
  }
  window.on('query-session-end', hold)
  window.on('session-end', () => void end())
  // macOS and Linux
  powerMonitor.on('shutdown', hold)
}
