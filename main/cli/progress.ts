/** How far work on images is, on standard error. */
import { count, left } from '../../preload/amounts'
import { canRedraw, type Terminal } from './terminal'

/** Seconds between two lines of a log. */
const logEvery = 10

/** How far it is, on standard error: a line drawn again and again where there is a terminal, else one now and then. */
export function progressOn(terminal: Terminal) {
  const { err } = terminal
  const redraws = canRedraw(err)
  const began = performance.now()
  let [first, told, open] = [-1, began, false]
  const clear = () => {
    if (open) err.write('\r\u001b[K')
    open = false
  }
  return {
    progress(done: number, total: number) {
      // what was known before took no time
      if (first < 0) first = done
      const now = performance.now()
      if (now - told < (redraws ? 200 : 1000 * logEvery)) return
      told = now
      const speed = (done - first) / (now - began)
      const rest = speed > 0 ? left((total - done) / speed / 1000) : ''
      const line = [`${count(done)} of ${count(total)} images`, rest].filter(Boolean).join(', ')
      clear()
      err.write(redraws ? line : `${line}\n`)
      open = redraws
    },
    say(sentence: string) {
      clear()
      err.write(`${sentence}\n`)
    },
    end: clear,
  }
}
