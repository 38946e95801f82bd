/** How long a run still takes, from the steps seen so far and everything between them. */
import type { TrainerEvent } from '../../preload/contract'
import { duration } from './format'

export interface TimeLeft {
  event(event: TrainerEvent): void
  /** `12 min left`; empty until it can be said. */
  text(): string
}

/** @param now seconds, from any start */
export function timeLeft(now: () => number): TimeLeft {
  let totalSteps = 0
  let first: { step: number; at: number } | null = null
  let last = { step: 0, at: 0 }
  return {
    event: (event) => {
      if (event.type === 'started') {
        ;({ totalSteps } = event)
        first = null
      }
      if (event.type !== 'step') return
      last = { step: event.step, at: now() }
      first ??= last
    },
    text: () => {
      if (first === null || last.step === first.step) return ''
      const secondsAStep = (last.at - first.at) / (last.step - first.step)
      const seconds = secondsAStep * (totalSteps - last.step) - (now() - last.at)
      return `${duration(Math.max(seconds, 0))} left`
    },
  }
}
