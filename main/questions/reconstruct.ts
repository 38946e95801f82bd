/** What comes back of test images that go through a checkpoint. */
import { imageSize } from '../training/batches'
import { drawReconstructions } from '../training/gallery'
import { pickImages } from './images'
import type { Answer } from './question'

/** @throws AppError `data/no-such-image` */
export const reconstruct: Answer<'reconstruct'> = async ({ images }, { programs, parameters, data }, watch) => {
  const { test, hasLabels } = await data()
  const columns = images.length
  const { images: originals, labels } = pickImages(test, images)
  const pixels = new Uint8Array(2 * columns * imageSize)
  pixels.set(originals)
  pixels.set(await drawReconstructions(programs, parameters, originals, watch), originals.length)
  return { rows: 2, columns, pixels, labels: hasLabels ? Uint8Array.from([...labels, ...labels]) : null }
}
