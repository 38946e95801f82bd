/** How the inputs, or the time, are shared out among targets. */
import type { Target } from './target'
import type { Wish } from './try-target'

export interface Budget {
  readonly runs: number
  readonly seed: number
  /** On the clock, with `jobs` targets at a time. */
  readonly seconds: number
  readonly jobs: number
}

/** Runs by what a target's inputs cost, seconds in equal parts; the dear ones first, so that none is alone at the end. */
export function share(targets: readonly Target[], { runs, seconds, jobs, seed }: Budget): Wish[] {
  const total = targets.reduce((sum, { cheap = 1 }) => sum + cheap, 0)
  return targets
    .toSorted((a, b) => (a.cheap ?? 1) - (b.cheap ?? 1))
    .map(({ name, cheap = 1 }) => ({
      target: name,
      seed,
      runs: Math.ceil((runs * cheap) / total),
      seconds: (seconds * jobs) / targets.length,
    }))
}
