/** What a run's settings make of its length: images and steps. */
import { imagesOf, type RunSettings } from '../../preload/contract'
import type { Split } from '../mnist/types'

/** What of the settings decides how many. */
export type Lengths = Pick<RunSettings, 'limit'> & Partial<Pick<RunSettings, 'model'>>

/** The images that are trained on: all, or the first `limit`, but for those that the model holds out. */
export function limited(train: Split, settings: Lengths): Split {
  const { trained } = imagesOf(settings, train.count)
  return trained === train.count ? train : { ...train, count: trained }
}

/** Steps in an epoch; the last one may hold fewer images than the others. */
export function stepsPerEpoch(images: number, batch: number): number {
  return Math.ceil(images / batch)
}
