/** How far training is, on the dock or the taskbar. */
import type { BrowserWindow } from 'electron'
import type { TrainingState } from '../../preload/contract'

export function showProgress(window: BrowserWindow, { phase, step, steps, problem }: TrainingState): void {
  const running = phase === 'training' || phase === 'pausing' || phase === 'stopping'
  if (phase === 'starting') window.setProgressBar(2, { mode: 'indeterminate' })
  else if (steps > 0 && running) window.setProgressBar(step / steps)
  else if (steps > 0 && phase === 'paused')
    window.setProgressBar(step / steps, { mode: problem === null ? 'paused' : 'error' })
  else window.setProgressBar(-1)
}
