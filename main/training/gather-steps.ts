/** Throttles what is told of single steps: neither the app nor a page is woken for each, which would take a core from the lanes. */
import type { TrainerEvent } from '../trainer/events'

/** Milliseconds, at the least, between two tellings of steps: each is a frame for every page, some 15 ms of the processor. */
const interval = 1000

/** @returns what takes the events, and passes them on in their order: other events at once, steps once a second */
export function gatherSteps(
  send: (events: TrainerEvent[]) => void,
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
