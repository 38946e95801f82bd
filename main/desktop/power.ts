/** The machine stays awake while it trains; its screen may go dark. */
import { powerSaveBlocker } from 'electron'
import { isBusy } from '../app/live-run'
import type { TrainingState } from '../../preload/contract'

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
