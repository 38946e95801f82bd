/** Leaving the app: what trains is saved first, and a person decides whether it goes on without the window. */
import { app, dialog, type BrowserWindow } from 'electron'
import type { TrainingState } from '../../preload/contract'
import { AppError } from '../../preload/errors'
import { isBusy, isOpen } from '../../preload/life'
import { die } from '../process/end'
import { onSessionEnd } from './session-end'

export interface Closing {
  readonly window: BrowserWindow
  readonly training: () => TrainingState
  /** Saves and ends everything. */
  readonly close: () => Promise<void>
  /** The system or a terminal ends the app: there is no time for more than that. */
  readonly hurry?: () => void
}

/** Milliseconds in which all is saved when nobody can be asked: systems wait about as long before they kill. */
const grace = 5000
const answers = ['background', 'quit', 'stay'] as const

/**
 * Asks before the window is closed or the app is quit while it trains. Where the system or a terminal ends the app, it
 * saves without asking. Returns what to tell each state of the training.
 */
export function guardClosing({ window, training, close, hurry }: Closing): (training: TrainingState) => void {
  let state: 'open' | 'asking' | 'closing' | 'closed' = 'open'
  let question = new AbortController()

  async function leave(): Promise<void> {
    if (state !== 'open') return
    state = 'asking'
    question = new AbortController()
    const answer = isBusy(training().phase) ? await ask(window, question.signal) : 'quit'
    if (state !== 'asking') return
    state = 'open'
    // what was asked about has ended meanwhile: nothing stands against leaving any more
    if (answer === 'quit' || question.signal.aborted) await quit((problem) => tell(window, problem))
    else if (answer === 'background') window.hide()
  }

  /** @param failed told why what trained could not be saved: it can be resumed from its last save */
  async function quit(failed: (problem: AppError) => Promise<void>): Promise<void> {
    if (state === 'closing' || state === 'closed') return
    state = 'closing'
    question.abort()
    await close().catch((thrown: unknown) => failed(AppError.from(thrown)))
    state = 'closed'
    app.quit()
  }

  function hold(event: { preventDefault(): void }): void {
    if (state === 'closed') return
    event.preventDefault()
    void leave()
  }
  window.on('close', hold)
  app.on('before-quit', hold)
  app.on('window-all-closed', () => app.quit())
  function end(): boolean {
    hurry?.()
    if (state === 'open' || state === 'asking') setTimeout(die, grace).unref()
    void quit(async () => undefined)
    return state === 'closed'
  }
  onSessionEnd(window, end, die)
  return ({ phase }) => {
    if (isBusy(phase)) return
    question.abort()
    // ended in the background: the app does not go on unseen
    if (state === 'open' && !isOpen(phase) && !window.isVisible()) window.showInactive()
  }
}

async function tell(window: BrowserWindow, { message, remedy }: AppError): Promise<void> {
  await dialog.showMessageBox(window, { type: 'warning', message, detail: remedy, buttons: ['Quit'], noLink: true })
}

async function ask(window: BrowserWindow, signal: AbortSignal): Promise<(typeof answers)[number]> {
  const { response } = await dialog.showMessageBox(window, {
    type: 'question',
    message: 'A run is being trained.',
    detail:
      'It can go on in the background; start the app again to see it. Or it is saved now, and can be resumed another time.',
    buttons: ['Keep training in the background', 'Save and quit', 'Cancel'],
    defaultId: 0,
    cancelId: 2,
    noLink: true,
    signal,
  })
  return answers[response] ?? 'stay'
}
