/** What changes with the step: the weight of the KL terms. */
import type { RunSettings } from '../../preload/contract'

/** Steps in an epoch; the last one may hold fewer images than the others. */
export function stepsPerEpoch(images: number, batch: number): number {
  return Math.ceil(images / batch)
}

/**
 * w = min(1, step / (klWarmup · stepsPerEpoch)): the KL weight in step `step` of the run (from 1; 0: before training).
 * Warm-up as in Bowman et al. 2016 and Sønderby et al. 2016; without one w = 1 from the start.
 */
export function klWeight(step: number, { klWarmup }: Pick<RunSettings, 'klWarmup'>, steps: number): number {
  return klWarmup === 0 ? 1 : Math.min(1, step / (klWarmup * steps))
}
