/** Rate limits: what one page, and all connections together, may ask of the tab's server. */

/**
 * Elements of an array in a message: memory for all of them is taken at each announcement. The longest are those of the test
 * images to reconstruct, 100, and of the numbers of a saved code.
 */
export const longestArray = 256

export interface Limits {
  /** Bytes of a message. The longest calls of a page hand over a piece of a file, or runs for the queue. */
  readonly longestMessage: number
  /** Messages that a page may send in a row, and those that it may send a second in the long run. */
  readonly burst: number
  readonly perSecond: number
  /** Bytes that wait for a page. One that does not read (asleep, gone) is cut off; it comes back for the whole picture. */
  readonly mostWaiting: number
  /** Milliseconds between two looks at whether a page is still there. */
  readonly pingEvery: number
  /** Pages at a time: a person's tabs. */
  readonly mostPages: number
  /** Connections at a time, those of pages among them. */
  readonly mostConnections: number
  /** Milliseconds until a request's head, and all of it, must be there. */
  readonly headTime: number
  readonly requestTime: number
}

export const limits: Limits = {
  longestMessage: 1 << 16,
  burst: 2000,
  perSecond: 500,
  mostWaiting: 64 << 20,
  pingEvery: 15_000,
  mostPages: 32,
  mostConnections: 128,
  headTime: 10_000,
  requestTime: 15_000,
}

/** @returns says, at each call, whether that one is still within bounds: `burst` at first, `perSecond` new ones a second */
export function meter({ burst, perSecond }: Pick<Limits, 'burst' | 'perSecond'>, now = () => performance.now()) {
  let [left, at] = [burst, now()]
  return (): boolean => {
    const time = now()
    left = Math.min(burst, left + ((time - at) / 1000) * perSecond)
    at = time
    if (left < 1) return false
    left--
    return true
  }
}
