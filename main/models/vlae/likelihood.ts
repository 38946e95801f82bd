/** −log p(x) by importance sampling (Rezende et al. 2014, app. E; Burda et al. 2016, eq. 8), whatever the model. */
import { normals, stream } from '../random'
import { AppError } from '../../../preload/errors'

/** log Σ exp of numbers that come one after another, kept as the largest and the sum beside it: nothing overflows. */
export class LogSumExp {
  #largest = -Infinity
  #rest = 0
  #count = 0

  add(value: number): void {
    this.#count++
    if (value > this.#largest) {
      this.#rest = this.#rest * Math.exp(this.#largest - value) + 1
      this.#largest = value
    } else if (value > -Infinity) this.#rest += Math.exp(value - this.#largest)
    else if (Number.isNaN(value)) this.#rest = NaN
  }

  /** log of the mean of exp of what was added. */
  get logMean(): number {
    return this.#largest + Math.log(this.#rest) - Math.log(this.#count)
  }
}

/** What the estimate asks of a model with its parameters. A posterior is whatever `encode` makes of an image. */
export interface Weigher<Posterior> {
  /** Numbers of a code. */
  readonly codeSize: number
  /** q(z|x) of one image: asked once. */
  encode(image: number): Promise<Posterior>
  /**
   * log p(x|z) + log p(z) − log q(z|x) for codes z ~ q(z|x) made of standard normal noise.
   * @param noise [count, codeSize]
   * @returns [count], nats
   */
  logWeights(image: number, posterior: Posterior, noise: Float32Array): Promise<ArrayLike<number>>
}

export interface LikelihoodOptions {
  /** K: codes for each image. */
  readonly samples: number
  /** Codes that are weighed at once; the numbers do not depend on it but for rounding. */
  readonly chunk?: number
  readonly seed?: number
}

/**
 * −log p̂(x) = −log (1/K) Σₖ p(x, zₖ)/q(zₖ|x), zₖ ~ q(z|x), nats, of one image after another: on average no better than
 * the truth, and the closer to it the larger K. Image i meets the same noise whichever images are asked for.
 * @throws AppError `likelihood/samples` where K is no number of codes
 */
export async function* negativeLogLikelihoods<Posterior>(
  { codeSize, encode, logWeights }: Weigher<Posterior>,
  images: Iterable<number>,
  { samples, chunk = 64, seed = 0 }: LikelihoodOptions,
): AsyncGenerator<number> {
  assertSamples(samples)
  for (const image of images) {
    const noise = normals(new Float32Array(samples * codeSize), { seed, stream: stream.likelihood, counter: image })
    const posterior = await encode(image)
    const total = new LogSumExp()
    for (let at = 0; at < samples; at += chunk) {
      const part = noise.subarray(at * codeSize, Math.min(at + chunk, samples) * codeSize)
      const weights = await logWeights(image, posterior, part)
      for (let k = 0; k < weights.length; k++) total.add(weights[k]!)
    }
    yield -total.logMean
  }
}

function assertSamples(samples: number): void {
  if (Number.isInteger(samples) && samples >= 1) return
  throw new AppError(
    'likelihood/samples',
    `The likelihood cannot be estimated with ${samples} samples an image.`,
    'Ask for a whole number of samples, 1 or more: papers take 4096, a quick look 64.',
  )
}

/** The mean of numbers that come one after another, and its standard error σ/√n (Welford 1962). */
export class Mean {
  #count = 0
  #mean = 0
  #squares = 0

  add(value: number): void {
    const distance = value - this.#mean
    this.#mean += distance / ++this.#count
    this.#squares += distance * (value - this.#mean)
  }

  get count(): number {
    return this.#count
  }

  get mean(): number {
    return this.#mean
  }

  /** NaN of less than two numbers. */
  get standardError(): number {
    return Math.sqrt(this.#squares / (this.#count - 1) / this.#count)
  }
}
