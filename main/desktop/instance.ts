/** The single-instance lock: a second start brings the first one's window forward. */
import { app } from 'electron'

/** @returns false when another instance runs: this one is to end */
export function claimInstance(show: () => void): boolean {
  if (!app.requestSingleInstanceLock()) return false
  app.on('second-instance', show)
  app.on('activate', show)
  return true
}
