/** Timeouts: a network disk that is gone answers nothing, not even that it is gone. */
import { setTimeout as sleep } from 'node:timers/promises'

/** What is promised, or `otherwise` where that is not there after so many milliseconds; it may still come then. */
export async function soon<T, O>(promise: Promise<T>, milliseconds: number, otherwise: O): Promise<T | O> {
  const waiting = new AbortController()
  const late = sleep(milliseconds, otherwise, { signal: waiting.signal })
  // ended as soon as the other one is there
  late.catch(() => undefined)
  try {
    return await Promise.race([promise, late])
  } finally {
    waiting.abort()
  }
}
