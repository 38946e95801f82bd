/** What a run's settings make of its length: images and steps. */
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
