/** What an encoding says, as numbers to show. Costs in bits. */
import type { Encoding } from '../../preload/contract'
import { numberName } from '../lib/code-gap'
import { inBits } from '../lib/format'

/** Below this a number of a code counts as unused: it says next to nothing of this digit. */
export const unusedBelow = 0.1

/** NaN beyond its end. */
const numberAt = (numbers: Float32Array, at: number): number => numbers[at] ?? NaN

/** One number of a code. */
export interface CodeNumber {
  /** `z1[3]`, counted from 1. */
  readonly name: string
  /** Which latent it is of. */
  readonly latent: number
  /** Its place in the code. */
  readonly at: number
  readonly mean: number
  readonly deviation: number
  readonly bits: number
  /** q(z|x) as the prior sees it, which itself has mean 0 and deviation 1. */
  readonly standardised: { readonly mean: number; readonly deviation: number }
}

/** The class whose prior a digit is measured with: its own where it is known, else the likeliest; null: there are none. */
export function classOf({ classes, likeliest }: Encoding, label: number | null): number | null {
  return classes === null ? null : (label ?? likeliest)
}

/** @param label as `classOf` gives it */
export function codeNumbers(
  { latents, mean, logVariance, costs, standardised }: Encoding,
  label: number | null,
): CodeNumber[] {
  const from = (costs.length === mean.length ? 0 : (label ?? 0)) * mean.length
  let at = 0
  return latents.flatMap((of, latent) =>
    Array.from({ length: of.size }, (_, i) => {
      const place = at++
      return {
        name: numberName(of, i),
        latent,
        at: place,
        mean: numberAt(mean, place),
        deviation: Math.exp(numberAt(logVariance, place) / 2),
        bits: inBits(numberAt(costs, from + place)),
        standardised: {
          mean: numberAt(standardised.mean, from + place),
          deviation: numberAt(standardised.deviation, from + place),
        },
      }
    }),
  )
}

/** What the code costs, and what the pixels do once it is known. */
export function totals(encoding: Encoding, label: number | null): { code: number; pixels: number } {
  const code = codeNumbers(encoding, label).reduce((sum, { bits }) => sum + bits, 0)
  return { code, pixels: inBits(encoding.residual) }
}
