/** Where do a checkpoint's codes of the first test images lie, seen from the two directions in which they vary most? */
import { imageSize } from '../training/batches'
import { overflown, quietly } from '../training/evaluate'
import { posteriorsOf } from './codes'
import { exploredCodes } from './explored'
import { firstImages } from './images'
import { pca } from './pca'
import type { Answer, Checkpoint } from './question'

/** Images of a map where nobody says how many. */
const usual = 2000

/** @throws AppError `explore/not-offered`, `explore/no-code`, `data/no-such-image`, `run/overflown` */
export const map: Answer<'map'> = async ({ images: wanted }, checkpoint, watch) => {
  const { size } = exploredCodes(checkpoint)
  const { images, labels } = await mapped(wanted, checkpoint)
  const { mean } = await posteriorsOf(checkpoint.programs, checkpoint.parameters, images, quietly(watch))
  if (!mean.every(Number.isFinite)) throw overflown()
  return { size, means: mean, labels, ...pca(mean, size) }
}

/** @throws AppError `data/no-such-image` */
export const mapPictures: Answer<'mapPictures'> = async ({ images: wanted }, checkpoint) => {
  const { images, labels } = await mapped(wanted, checkpoint)
  return { rows: 1, columns: images.length / imageSize, pixels: images, labels }
}

async function mapped(wanted: number | null, { data }: Checkpoint) {
  const { test, hasLabels } = await data()
  const count = firstImages(wanted, usual, test)
  return { images: test.images.slice(0, count * imageSize), labels: hasLabels ? test.labels.slice(0, count) : null }
}
