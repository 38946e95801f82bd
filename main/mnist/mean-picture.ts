/** What pictures cost somebody who knows only their mean: who needs as much has learnt nothing of a single one. */
import { imageSize as pixels } from '../../preload/images'
import type { Split } from './types'

/**
 * Nats an image, −Σ m log m + (1 − m) log(1 − m) over its pixels: each a 1 with the mean grey level m of all images as probability. The
 * same for grey levels and for images that are drawn of them.
 */
export function meanPictureCost({ images, count }: Pick<Split, 'images' | 'count'>): number {
  const sums = new Float64Array(pixels)
  for (let image = 0; image < count; image++)
    for (let pixel = 0; pixel < pixels; pixel++)
      sums[pixel] = (sums[pixel] ?? 0) + (images[image * pixels + pixel] ?? 0)
  const entropy = (share: number) => (share === 0 ? 0 : -share * Math.log(share))
  return sums.reduce((cost, sum) => {
    const mean = sum / (255 * count)
    return cost + entropy(mean) + entropy(1 - mean)
  }, 0)
}
