/** The one error that is shown to a person: what happened, and what to do about it. */
import { refusalOf } from './refusals.mjs'

/** An AppError as it crosses a channel (IPC, WebSocket, a worker's port). */
export interface ErrorData {
  /** Stable, for code: `data/not-found`. */
  code: string
  /** One or two sentences for a person: what happened and what was kept. */
  message: string
  /** What the person can do about it. */
  remedy: string
  /** The raw text of the cause, shown only on request. */
  details?: string | undefined
}

/**
 * An error whose text is meant for a person.
 *
 * @example throw new AppError('data/not-found', `There are no MNIST files in ${folder}.`, 'Pick the folder that …')
 */
export class AppError extends Error {
  override readonly name = 'AppError'
  readonly details: string | undefined

  constructor(
    readonly code: string,
    message: string,
    readonly remedy: string,
    options: { cause?: unknown; details?: string } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.details = options.details ?? (options.cause === undefined ? undefined : textOf(options.cause))
  }

  toData(): ErrorData {
    const { code, message, remedy, details } = this
    return details === undefined ? { code, message, remedy } : { code, message, remedy, details }
  }

  static fromData(data: ErrorData): AppError {
    return new AppError(
      data.code,
      data.message,
      data.remedy,
      data.details === undefined ? {} : { details: data.details },
    )
  }

  /** Any thrown value as an AppError: itself, what the system refused in words, or wrapped as `internal`. */
  static from(thrown: unknown): AppError {
    if (thrown instanceof AppError) return thrown
    const refusal = refusalOf(thrown)
    if (refusal !== undefined) {
      const { path } = thrown as { path?: unknown }
      const what = typeof path === 'string' ? `${path} could not be used` : 'That could not be done'
      return new AppError(refusal.code, `${what}: ${refusal.reason}.`, refusal.remedy, { cause: thrown })
    }
    return new AppError(
      'internal',
      `Something went wrong inside the app: ${thrown instanceof Error ? thrown.message : String(thrown)}`,
      'Nothing that was saved is lost. Try again; if it happens again, report it with the details.',
      { cause: thrown },
    )
  }
}

/** A name that others made up, as it may stand in a sentence: in quotes, its end cut off, control characters escaped. */
export function quote(name: string): string {
  return JSON.stringify(name.length > 60 ? `${name.slice(0, 60)}…` : name)
}

function textOf(cause: unknown): string {
  return cause instanceof Error ? (cause.stack ?? cause.message) : String(cause)
}
