/** Images that are not trained on, as a model sees them: where it is not their grey levels that it sees, one drawing of them. */
import { imagesOf } from '../../preload/contract'
import type { Split } from '../mnist/types'
import { binarizeOnce } from '../models/binarize'
import type { Model } from '../models/model'
import { imageSize } from './batches'
import type { Lengths } from './schedule'

/** Binary images of sets of grey ones, as long as somebody has those. */
const drawn = new WeakMap<Uint8Array, Uint8Array>()

/** The split itself; for a model of binary images the one drawing of it that every run is measured on. */
export function asSeen({ images }: Pick<Model, 'images'>, split: Split): Split {
  if (images === 'grey') return split
  const binary = drawn.get(split.images) ?? binarizeOnce(split.images)
  drawn.set(split.images, binary)
  return { ...split, images: binary }
}

/** The training images that a model holds out, the last ones; undefined where there are none. */
export function heldOut(model: Pick<Model, 'images'>, train: Split, settings: Lengths): Split | undefined {
  const { held } = imagesOf(settings, train.count)
  if (held === 0) return undefined
  const first = train.count - held
  return asSeen(model, {
    images: train.images.subarray(first * imageSize, train.count * imageSize),
    labels: train.labels.subarray(first, train.count),
    count: held,
  })
}
