/** The app cannot start: the person is told why, and it ends. */
import { app, dialog } from 'electron'
import { AppError } from '../../preload/errors'

export function failToStart(thrown: unknown): void {
  const { message, remedy, details } = AppError.from(thrown)
  dialog.showErrorBox('VLAE Studio cannot start', [message, remedy, details].filter(Boolean).join('\n\n'))
  app.quit()
}
