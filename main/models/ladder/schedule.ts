/** How `ladder` is steered: its KL weight rises with the steps. Knows no tensors. */
import type { LadderSettings } from '../../../preload/models/ladder'
import type { Schedule } from '../model'

/** What it is steered by. */
export type Steering = Readonly<Record<'klWeight', number>>

/**
 * w = min(1, step / (klWarmup · stepsPerEpoch)): the KL weight in a step; without a warm-up w = 1 from the start.
 * Warm-up as in Bowman et al. 2016 and Sønderby et al. 2016.
 */
export function warmUp({ klWarmup }: Pick<LadderSettings, 'klWarmup'>, stepsPerEpoch: number): Schedule {
  return {
    start: {},
    scalars: (step) => ({ klWeight: klWarmup === 0 ? 1 : Math.min(1, step / (klWarmup * stepsPerEpoch)) }),
    next: (state) => state,
  }
}
