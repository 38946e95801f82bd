/** Throttles what is told of single steps: the app is not woken for each, which would take a core from the lanes. */
import type { TrainerEvent } from '../trainer/events'

/** Milliseconds, at the least, between two tellings that hold nothing but steps. */
const interval = 250

/** @returns what takes the events, and passes them on in their order: other events at once, steps four times a second */
export function gatherSteps(
  send: (events: TrainerEvent[]) => void,
  now: () => number = () => performance.now(),
): (event: TrainerEvent) => void {
  let waiting: TrainerEvent[] = []
  let sentAt = -Infinity
  return (event) => {
    waiting.push(event)
    if (event.type === 'step' && now() - sentAt < interval) return
    sentAt = now()
    const events = waiting
    waiting = []
    send(events)
  }
}
