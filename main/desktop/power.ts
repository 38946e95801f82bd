/**
 * The power-save blocker: the machine stays awake while it trains; its screen may go dark. Where it is made to sleep,
 * what trains is saved.
 */
import { powerMonitor, powerSaveBlocker } from 'electron'
import type { TrainingState } from '../../preload/contract'
import { isBusy } from '../../preload/life'

/** Returns what to tell each state of the training. */
export function createWakeLock(): (training: TrainingState) => void {
  let blocker: number | null = null
  return ({ phase }) => {
    if (isBusy(phase) === (blocker !== null)) return
    if (blocker === null) {
      blocker = powerSaveBlocker.start('prevent-app-suspension')
    } else {
      powerSaveBlocker.stop(blocker)
      blocker = null
    }
  }
}

/** Once the app is ready. @param sleep to be done soon: systems wait a moment at most */
export function onSleep({ sleep, wake }: { sleep(): void; wake(): void }): void {
  powerMonitor.on('suspend', sleep)
  powerMonitor.on('resume', wake)
}
