/** Tells a person who is elsewhere that a run has ended. */
import { Notification, type BrowserWindow } from 'electron'
import type { TrainingState } from '../../preload/contract'
import { showWindow } from './window'

/** Returns what to tell each state of the training. @param wanted whether the person wants to be told */
export function createNotifier(window: BrowserWindow, wanted: () => boolean): (training: TrainingState) => void {
  let before: TrainingState['phase'] | null = null
  return (training) => {
    const { phase } = training
    const ended = phase !== before && before !== null && (phase === 'done' || phase === 'failed')
    before = phase
    if (!ended || window.isFocused() || !wanted() || !Notification.isSupported()) return
    const note = new Notification(textOf(training))
    note.on('click', () => showWindow(window))
    note.show()
  }
}

function textOf({ phase, epochs, problem }: TrainingState): { title: string; body: string } {
  return phase === 'done'
    ? { title: 'Training is done', body: `All ${epochs} epochs are trained.` }
    : { title: 'Training has stopped', body: problem?.message ?? '' }
}
