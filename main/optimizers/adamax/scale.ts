/** The constants of Adamax, of its clipping and of its averages, and what of them changes with the step. No tensors. */

export const beta1 = 0.9
export const beta2 = 0.999
/** Beside |g|, so that nothing is divided by 0. */
export const epsilon = 1e-8
/** The longest gradient of a batch's mean loss that is followed as it is, nats (MAE, Ma et al. 2019). */
export const longest = 5
/** First moments below this are set to 0, as Adam's are: a step can tell neither, and processors are slow with smaller ones. */
export const negligible = 2 ** -100
/** What an average keeps of itself at a step, once it has warmed up (Chen et al. 2016, app. A). */
const kept = 0.998

/**
 * The numbers of the step-th update, from 1, without bias correction. `keep` is (step − 1)/(step + 8), at most 0.998: the
 * first average is the first parameters, and for long it reaches back over a tenth of all steps. `share` makes of a sum over
 * a step's images a mean.
 */
export function scale(
  learningRate: number,
  step: number,
  images: number,
): readonly [rate: number, keep: number, share: number] {
  return [learningRate, Math.min(kept, (step - 1) / (step + 8)), 1 / images]
}
