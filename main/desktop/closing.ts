/** Leaving the app: what trains is saved first, and the person decides whether it goes on without the window. */
import { app, dialog, powerMonitor, type BrowserWindow } from 'electron'
import { isBusy } from '../app/live-run'
import type { TrainingState } from '../../preload/contract'

export interface Closing {
  readonly window: BrowserWindow
  readonly training: () => TrainingState
  /** Saves and ends everything. */
  readonly close: () => Promise<void>
}

const answers = ['background', 'quit', 'stay'] as const

/** Asks before the window is closed or the app is quit while it trains. */
export function guardClosing({ window, training, close }: Closing): void {
  let state: 'open' | 'asking' | 'closing' | 'closed' = 'open'
  const leave = async (): Promise<void> => {
    if (state !== 'open') return
    state = 'asking'
    const answer = isBusy(training().phase) ? await ask(window) : 'quit'
    state = 'open'
    if (answer === 'background') window.hide()
    if (answer === 'quit') await quit()
  }
  const quit = async (): Promise<void> => {
    state = 'closing'
    // what could not be saved is resumed from its last save
    await close().catch(() => undefined)
    state = 'closed'
    app.quit()
  }
  const hold = (event: { preventDefault(): void }): void => {
    if (state === 'closed') return
    event.preventDefault()
    void leave()
  }
  window.on('close', hold)
  app.on('before-quit', hold)
  app.on('window-all-closed', () => app.quit())
  // the machine is being shut down: there is nobody to ask, and little time
  powerMonitor.on('shutdown', (event?: { preventDefault(): void }) => {
    if (state === 'closing' || state === 'closed') return
    event?.preventDefault()
    void quit()
  })
}

async function ask(window: BrowserWindow): Promise<(typeof answers)[number]> {
  const { response } = await dialog.showMessageBox(window, {
    type: 'question',
    message: 'A run is being trained.',
    detail:
      'It can go on in the background; start the app again to see it. Or it is saved now and goes on another time.',
    buttons: ['Keep training in the background', 'Save and quit', 'Cancel'],
    defaultId: 0,
    cancelId: 2,
    noLink: true,
  })
  return answers[response] ?? 'stay'
}

/** A run that ended in the background brings the window back, so that the app does not go on unseen. */
export function createReturn(window: BrowserWindow): (training: TrainingState) => void {
  return ({ phase }) => {
    if (!isBusy(phase) && phase !== 'paused' && !window.isVisible()) window.showInactive()
  }
}
