/** Throttles what is told of single steps: neither the app nor a page is woken for each, which would take a core from the lanes. */
import type { TrainerEvent } from '../trainer/events'

/**
 * @param interval milliseconds, at the least, between two tellings of steps
 * @returns what takes the events, and passes them on in their order: other events at once, steps now and then
 */
export function gatherSteps(
  send: (events: TrainerEvent[]) => void,
  interval: number,
  now: () => number = () => performance.now(),
): (event: TrainerEvent) => void {
  let waiting: TrainerEvent[] = []
  let toldAt = -Infinity
  return (event) => {
    waiting.push(event)
    if (event.type === 'step' && now() - toldAt < interval) return
    const events = waiting
    waiting = []
    if (events.some(({ type }) => type === 'step')) toldAt = now()
    send(events)
  }
}
