/** What comes back of test images that go through a checkpoint. */
import { AppError } from '../../preload/errors'
import { imageSize } from '../training/batches'
import { drawReconstructions } from '../training/gallery'
import type { Answer } from './question'

/** @throws AppError `data/no-such-image` */
export const reconstruct: Answer<'reconstruct'> = async ({ images }, { programs, parameters, data }, watch) => {
  const { test, hasLabels } = await data()
  const columns = images.length
  const pixels = new Uint8Array(2 * columns * imageSize)
  const labels = new Uint8Array(2 * columns)
  for (const [i, image] of images.entries()) {
    if (image >= test.count)
      throw new AppError(
        'data/no-such-image',
        `There is no test image ${image}: the dataset has ${test.count}.`,
        `Give numbers from 0 to ${test.count - 1}.`,
      )
    pixels.set(test.images.subarray(image * imageSize, (image + 1) * imageSize), i * imageSize)
    labels[i] = labels[columns + i] = test.labels[image]!
  }
  const originals = pixels.subarray(0, columns * imageSize)
  pixels.set(await drawReconstructions(programs, parameters, originals, watch), originals.length)
  return { rows: 2, columns, pixels, labels: hasLabels ? labels : null }
}
