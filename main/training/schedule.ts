/** What a run's settings make of its length: images, steps, and the weight of the KL terms as they go by. */
import type { RunSettings } from '../../preload/contract'
import type { Split } from '../mnist/types'

/** The images that are trained on: all, or the first `limit`. */
export function limited(train: Split, { limit }: Pick<RunSettings, 'limit'>): Split {
  return limit === 0 || limit >= train.count ? train : { ...train, count: limit }
}

/** Steps in an epoch; the last one may hold fewer images than the others. */
export function stepsPerEpoch(images: number, batch: number): number {
  return Math.ceil(images / batch)
}

/**
 * w = min(1, step / (klWarmup · stepsPerEpoch)): the KL weight in step `step` (from 1; 0: before training), counted with
 * the steps behind the weights that the run began with.
 * Warm-up as in Bowman et al. 2016 and Sønderby et al. 2016; without one w = 1 from the start.
 */
export function klWeight(step: number, { klWarmup }: Pick<RunSettings, 'klWarmup'>, steps: number): number {
  return klWarmup === 0 ? 1 : Math.min(1, step / (klWarmup * steps))
}
