/** How an error is shown in the terminal, and the exit code it ends with. */
import type { AppError } from '../../preload/errors'
import { exitCode, harmless, type Terminal } from './terminal'

/** Message and remedy on standard error, the technical cause only on request. */
export function tellError(terminal: Terminal, error: AppError, details: boolean): number {
  if (error.code === 'cancelled') return exitCode.interrupted
  const texts = [error.message, error.remedy, details ? error.details : undefined]
  terminal.err.write(`${harmless(texts.filter((text) => text !== undefined).join('\n'))}\n`)
  return error.code === 'usage' ? exitCode.usage : exitCode.failure
}
