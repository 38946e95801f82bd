/**
 * A heartbeat: whether the other end is still there. A connection can die without a word, and then looks open for
 * ever.
 */

/** Milliseconds between questions: one that dies is noticed after at most three of them. */
export const pulseEvery = 6000

/**
 * Resolves when the other end has let two turns pass without an answer; an error is an answer, too.
 *
 * Turns are counted, not time: the timers of a page that is hidden, or of a machine that sleeps, come late, and then what
 * has come meanwhile is only heard after the first of them.
 *
 * @param ask asks it for a sign of life
 * @param until rejected or resolved when nobody needs to know any more
 */
export function pulseLost(ask: () => Promise<unknown>, until: Promise<unknown>): Promise<void> {
  return new Promise((resolve) => {
    let unanswered = 0
    const answered = (): void => void (unanswered = 0)
    const timer = setInterval(() => {
      if (unanswered === 2) {
        clearInterval(timer)
        return resolve()
      }
      unanswered++
      ask().then(answered, answered)
    }, pulseEvery)
    const end = (): void => clearInterval(timer)
    until.then(end, end)
  })
}
