/** What pictures cost somebody who knows only their mean. */
import { expect, it } from 'vitest'
import { meanPictureCost } from '../../main/mnist/mean-picture'

it('is the entropy of each pixel of the mean', () => {
  const images = new Uint8Array(4 * 784)
  // a pixel that is ink in half of the images, and one that is half grey in all; the others are the same in all
  for (const image of [0, 1]) images[image * 784 + 5] = 255
  for (let image = 0; image < 4; image++) images[image * 784 + 9] = 51
  images.fill(255, 3 * 784 + 700, 4 * 784)
  const bit = (p: number) => -p * Math.log(p) - (1 - p) * Math.log(1 - p)
  expect(meanPictureCost({ images, count: 4 })).toBeCloseTo(bit(0.5) + bit(0.2) + 84 * bit(0.25), 10)
})
