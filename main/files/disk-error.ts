/** What the file system refuses, as an error that a person can act on. */
import { AppError } from '../../preload/errors'
import { refusalOf } from '../../preload/refusals.mjs'

/**
 * A thrown value of Node's file calls as an AppError; an AppError stays as it is.
 *
 * @param action what was tried, as in "could not be …": `written`, `read`.
 */
export function diskError(thrown: unknown, action: string, path: string): AppError {
  if (thrown instanceof AppError) return thrown
  const refusal = refusalOf(thrown) ?? {
    code: 'disk/failed',
    reason: thrown instanceof Error ? thrown.message : String(thrown),
    remedy: 'Try again, or pick another folder; what was saved before is untouched.',
  }
  return new AppError(refusal.code, `${path} could not be ${action}: ${refusal.reason}.`, refusal.remedy, {
    cause: thrown,
  })
}

/** The code of a system error (`ENOSPC`), if it is one. */
export function systemCode(thrown: unknown): string | undefined {
  return thrown instanceof Error && 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : undefined
}
