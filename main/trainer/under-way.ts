/** Cancellation: the calls under way, so that a thread that is to end can give them up and wait for them. */
import { AppError } from '../../preload/errors'

/** Why a call rejects that was given up. */
export function givenUp(): AppError {
  return new AppError('cancelled', 'It was stopped before it was done.', 'Start it again when you like.')
}

export class UnderWay {
  private readonly ending = new AbortController()
  private readonly calls = new Set<Promise<unknown>>()

  /**
   * Does something that can be given up.
   *
   * @param own the call's own way to be given up
   * @throws AppError `cancelled` also when everything is, before or meanwhile
   */
  async call<T>(work: (signal: AbortSignal) => Promise<T>, own = new AbortController()): Promise<T> {
    const signal = AbortSignal.any([own.signal, this.ending.signal])
    signal.throwIfAborted()
    const call = work(signal)
    this.calls.add(call)
    try {
      return await call
    } finally {
      this.calls.delete(call)
    }
  }

  /** Gives up every call, takes no new one, and resolves when none is under way. */
  async end(): Promise<void> {
    this.ending.abort(givenUp())
    await Promise.allSettled(this.calls)
  }
}
