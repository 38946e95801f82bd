/** The page can be lost without harm (its process was killed, ran out of memory, hangs): what it shows is in the app. */
import { app, dialog, type BrowserWindow } from 'electron'

/** A page that is lost again so soon (in milliseconds) is loaded once more only when a person asks for it. */
const tooSoon = 10_000

export function bringPageBack(window: BrowserWindow): void {
  const { webContents } = window
  let lost = Number.NEGATIVE_INFINITY
  let question = new AbortController()

  webContents.on('render-process-gone', (_event, { reason }) => {
    question.abort()
    const now = performance.now()
    const again = now - lost < tooSoon
    lost = now
    if (reason === 'clean-exit') return
    if (again) void askAfterLoss(reason)
    else webContents.reload()
  })
  window.on('unresponsive', () => void askWhileHung())
  window.on('responsive', () => question.abort())

  async function askAfterLoss(reason: string): Promise<void> {
    const answer = await ask('The page has been lost twice in a row.', `Its process has ended (${reason}).`, [
      'Load it again',
      'Quit',
    ])
    if (answer === 0) webContents.reload()
    else app.quit()
  }

  async function askWhileHung(): Promise<void> {
    question.abort()
    question = new AbortController()
    const answer = await ask(
      'The page does not answer.',
      'It may come back by itself.',
      ['Wait', 'Load it again'],
      question.signal,
    )
    // its end brings it back, as any other
    if (answer === 1) webContents.forcefullyCrashRenderer()
  }

  /** Which of two answers, the first one when nobody answers. */
  async function ask(message: string, detail: string, buttons: string[], signal?: AbortSignal): Promise<number> {
    const { response } = await dialog.showMessageBox(window, {
      type: 'warning',
      message,
      detail: `${detail} What trains goes on either way, and nothing is lost.`,
      buttons,
      defaultId: 0,
      cancelId: 0,
      noLink: true,
      ...(signal && { signal }),
    })
    return response
  }
}
