/** How far codes lie from where their prior expects them, from their moments in the prior's own measure. */
import type { CodeMoments } from '../../preload/contract'

/** What a number of a latent is called: `z1[3]`, counted from 1. */
export function numberName({ name, size }: CodeMoments['latents'][number], at: number): string {
  return size === 1 ? name : `${name}[${at + 1}]`
}

export interface CodeGap {
  /** Summed over the numbers of a code, a mean over the images: nats. About 0 where each follows the prior; chance is taken off. */
  readonly nats: number
  /** The number that lies furthest off. */
  readonly furthest: {
    /** `z2[4]`, counted from 1. */
    readonly name: string
    /** Of which class's codes; null: the prior knows none. */
    readonly label: number | null
    readonly mean: number
    readonly deviation: number
  }
}

/**
 * KL( N(m, v) ‖ N(0, 1) ) of each number and class. What so many images make of it by chance, about 1/images, is taken off.
 * Null: there are no codes.
 */
export function codeGap({ latents, groups }: CodeMoments): CodeGap | null {
  const names = latents.flatMap((latent) => Array.from({ length: latent.size }, (_, i) => numberName(latent, i)))
  let [nats, most, images] = [0, -Infinity, 0]
  let furthest: CodeGap['furthest'] | null = null
  for (const group of groups) {
    // of a single image there is no spread
    if (group.images < 2) continue
    images += group.images
    for (const [i, name] of names.entries()) {
      const [mean, variance] = [group.mean[i] ?? NaN, Math.max(group.variance[i] ?? NaN, 1e-6)]
      const own = (mean ** 2 + variance - 1 - Math.log(variance)) / 2 - 1 / group.images
      nats += group.images * own
      if (own <= most) continue
      most = own
      furthest = { name, label: group.label, mean, deviation: Math.sqrt(variance) }
    }
  }
  return furthest && { nats: Math.max(0, nats / images), furthest }
}
