/** Test images that a question names. */
import { count } from '../../preload/amounts'
import { AppError } from '../../preload/errors'
import type { Split } from '../mnist/types'
import { imageSize } from '../training/batches'

/** These images and their labels, copied, in the order given. @throws AppError `data/no-such-image` */
export function pickImages(test: Split, indices: readonly number[]) {
  const images = new Uint8Array(indices.length * imageSize)
  const labels = new Uint8Array(indices.length)
  for (const [i, index] of indices.entries()) {
    if (index >= test.count)
      throw new AppError(
        'data/no-such-image',
        `There is no test image ${index}: the dataset has ${test.count}.`,
        `Give numbers from 0 to ${test.count - 1}.`,
      )
    images.set(test.images.subarray(index * imageSize, (index + 1) * imageSize), i * imageSize)
    labels.set(test.labels.subarray(index, index + 1), i)
  }
  return { images, labels }
}

/** How many images are meant: so many, or by default. @throws AppError `data/no-such-image` */
export function firstImages(wanted: number | null, usual: number, { count: there }: Split): number {
  if (wanted === null) return Math.min(usual, there)
  if (wanted <= there) return wanted
  throw new AppError(
    'data/no-such-image',
    `There are ${count(there)} test images, and ${count(wanted)} were asked for.`,
    `Ask for ${count(there)} or fewer.`,
  )
}
