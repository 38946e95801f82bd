/** How far training is, on the dock or the taskbar. */
import type { BrowserWindow } from 'electron'
import type { TrainingState } from '../../preload/contract'
import { isBusy, isOpen } from '../../preload/life'

export function showProgress(window: BrowserWindow, { phase, step, steps, problem }: TrainingState): void {
  if (phase === 'starting') window.setProgressBar(2, { mode: 'indeterminate' })
  else if (steps > 0 && isBusy(phase)) window.setProgressBar(step / steps)
  else if (steps > 0 && isOpen(phase))
    window.setProgressBar(step / steps, { mode: problem === null ? 'paused' : 'error' })
  else window.setProgressBar(-1)
}
