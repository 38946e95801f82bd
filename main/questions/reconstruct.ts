/** What comes back of test images that go through a checkpoint. */
import { decodingsOf } from '../../preload/contract'
import { imageSize } from '../training/batches'
import { drawReconstructions } from '../training/gallery'
import { pickImages } from './images'
import type { Answer } from './question'

/** @throws AppError `data/no-such-image` */
export const reconstruct: Answer<'reconstruct'> = async (question, checkpoint, watch) => {
  const { images, ...how } = question
  const { run, programs, parameters, data } = checkpoint
  const { test, hasLabels } = await data()
  const columns = images.length
  const rows = 1 + decodingsOf(run.settings)
  const { images: originals, labels } = pickImages(test, images)
  const pixels = new Uint8Array(rows * columns * imageSize)
  pixels.set(originals)
  pixels.set(await drawReconstructions(programs, parameters, originals, watch, how), originals.length)
  const repeated = new Uint8Array(rows * columns)
  for (let row = 0; row < rows; row++) repeated.set(labels, row * columns)
  return { rows, columns, pixels, labels: hasLabels ? repeated : null }
}
