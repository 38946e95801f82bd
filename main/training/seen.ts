/** Images as a model sees them, where it is not their grey levels that it sees. */
import type { Split } from '../mnist/types'
import { binarizeOnce } from '../models/binarize'
import type { Model } from '../models/model'

/** Binary images of sets of grey ones, as long as somebody has those. */
const drawn = new WeakMap<Uint8Array, Uint8Array>()

/** The split itself; for a model of binary images the one drawing of it that every run is measured on. */
export function asSeen({ images }: Pick<Model, 'images'>, split: Split): Split {
  if (images === 'grey') return split
  const binary = drawn.get(split.images) ?? binarizeOnce(split.images)
  drawn.set(split.images, binary)
  return { ...split, images: binary }
}
