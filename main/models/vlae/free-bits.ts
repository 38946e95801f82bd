/** Free bits: what a code may cost before training presses it down. Knows no tensors. */
import type { Numbers, Schedule } from '../model'

/** The parts of the loss, means of a batch in nats. */
type Means = Readonly<Record<'reconstruction' | 'kl', number>>
/** What soft free bits are steered by. */
type State = Readonly<Record<'gamma', number>>

/** How a code's cost counts: what is minimised, its slope along (reconstruction, kl), and what steers it. */
export interface FreeBits {
  objective(means: Numbers, scalars: Numbers): number
  partWeights(scalars: Numbers, means: Numbers): readonly [reconstruction: number, kl: number]
  /** What the slope depends on: the whole batch's mean of it is taken before the gradient is. */
  readonly measuredFirst: readonly string[]
  readonly schedule: Schedule
}

/** 0.01 nats for each of 784 pixels: what the paper leaves free (Chen et al. 2016, app. A). */
export const freeNats = 7.84

/**
 * −log p(x|z) + max(λ, KL), the code as one group: its KL is the batch's mean (Kingma et al. 2016, IAF, eq. 15; Chen et
 * al. 2016, app. A). Below λ the code's cost has no slope.
 * @param lambda nats
 */
export function hardFreeBits(lambda: number): FreeBits {
  return {
    objective: ({ reconstruction, kl }: Means) => reconstruction + Math.max(lambda, kl),
    partWeights: (_scalars, { kl }: Means) => [1, kl > lambda ? 1 : 0],
    measuredFirst: ['kl'],
    schedule: { start: {}, scalars: () => ({}), next: (state) => state },
  }
}

/** Above λ by this share, γ rises. */
const tolerance = 0.05
/** By so much γ moves. */
const change = 1.1

/**
 * −log p(x|z) + γ · KL, where γ, at most 1, goes up by a tenth after a step whose KL was more than 5 % above λ, and down by
 * as much after one whose KL was below (Chen et al. 2016, §4.3 and app. C, "soft free bits").
 * @param lambda nats
 */
export function softFreeBits(lambda: number): FreeBits {
  return {
    objective: ({ reconstruction, kl }: Means, { gamma }: State) => reconstruction + gamma * kl,
    partWeights: ({ gamma }: State) => [1, gamma],
    measuredFirst: [],
    schedule: {
      start: { gamma: 1 },
      scalars: (_step, { gamma }: State) => ({ gamma }),
      next: ({ gamma }: State, { kl }: Means) => {
        const factor = kl > (1 + tolerance) * lambda ? change : kl < lambda ? 1 / change : 1
        return { gamma: Math.min(1, gamma * factor) }
      },
    },
  }
}
