/** −log p(x) by importance sampling (Rezende et al. 2014, app. E; Burda et al. 2016, eq. 8), whatever the model. */
import { AppError } from '../../preload/errors'
import { normals, stream } from './random'

/** log Σ exp of numbers that come one after another, kept as the largest and the sum beside it: nothing overflows. */
export class LogSumExp {
  private largest = -Infinity
  private rest = 0
  private count = 0

  add(value: number): void {
    this.count++
    if (value > this.largest) {
      this.rest = this.rest * Math.exp(this.largest - value) + 1
      this.largest = value
    } else if (value > -Infinity) this.rest += Math.exp(value - this.largest)
    else if (Number.isNaN(value)) this.rest = NaN
  }

  /** log of the mean of exp of what was added. */
  get logMean(): number {
    return this.largest + Math.log(this.rest) - Math.log(this.count)
  }
}

/** A code of an image, to be weighed: it is made of standard normal noise, [codeSize]. */
export interface Row {
  readonly image: number
  readonly noise: Float32Array
}

/** The noise of an image's first codes, each [codeSize]: the same whatever is asked for, and how many. */
export function codeNoise(image: number, codes: number, codeSize: number, seed = 0): Float32Array[] {
  const noise = normals(new Float32Array(codes * codeSize), { seed, stream: stream.likelihood, counter: image })
  return Array.from({ length: codes }, (_, k) => noise.subarray(k * codeSize, (k + 1) * codeSize))
}

/** What codes z ~ q(z|x) cost, nats. */
export interface Weighed {
  /** −log p(x|z) of each row. */
  readonly reconstructions: ArrayLike<number>
  /** log q(z|x) − log p(z|y) for each row and each class y, [rows, classes]; one class: the prior knows none. */
  readonly rates: ArrayLike<number>
  readonly classes: number
}

/** What the estimate asks of a model with its parameters. */
export interface Weigher {
  /** Numbers of a code; 0: there is none, and one row an image is exact. */
  readonly codeSize: number
  /** Rows that are weighed at once. The numbers do not depend on it but for rounding. */
  readonly batch: number
  labelOf(image: number): number
  /** @param rows at most `batch` */
  weigh(rows: readonly Row[]): Promise<Weighed>
}

/** What an image costs, nats. */
export interface ImageCosts {
  /** −log p̂(x), classes summed out: the one that models are compared by. */
  readonly marginal: number
  /** −log p̂(x|y), told the class; without classes it is `marginal`. */
  readonly conditional: number
  /** Means over the codes, of the image's class: their sum is −ELBO. */
  readonly reconstruction: number
  readonly rate: number
}

/**
 * −log p̂(x) = −log (1/K) Σₖ p(x, zₖ)/q(zₖ|x), zₖ ~ q(z|x), of one image after another: on average no better than the truth,
 * and the closer to it the larger K. Image i meets the same noise whichever images are asked for, and its first codes are
 * the same whatever K.
 * @throws AppError `likelihood/samples` where K is no number of codes
 */
export async function* estimate(
  { codeSize, batch, labelOf, weigh }: Weigher,
  images: Iterable<number>,
  { samples, seed = 0 }: { readonly samples: number; readonly seed?: number },
): AsyncGenerator<ImageCosts> {
  assertSamples(samples)
  const codes = codeSize === 0 ? 1 : samples
  const open: Tally[] = []
  let rows: (Row & { readonly tally: Tally })[] = []

  async function* flush(): AsyncGenerator<ImageCosts> {
    if (rows.length === 0) return
    const { reconstructions, rates, classes } = await weigh(rows)
    for (const [row, { tally }] of rows.entries()) tally.add(reconstructions[row]!, rates, row * classes, classes)
    rows = []
    while (open[0]?.codes === codes) yield open.shift()!.costs
  }

  for (const image of images) {
    const tally = new Tally(labelOf(image))
    open.push(tally)
    for (const noise of codeNoise(image, codes, codeSize, seed)) {
      rows.push({ image, noise, tally })
      if (rows.length === batch) yield* flush()
    }
  }
  yield* flush()
}

/** The codes of one image so far. */
class Tally {
  codes = 0
  private readonly marginals = new LogSumExp()
  private readonly conditionals = new LogSumExp()
  private readonly reconstructions = new Mean()
  private readonly rates = new Mean()

  constructor(private readonly label: number) {}

  /** @param rates those of this code are `classes` numbers from `at` on */
  add(reconstruction: number, rates: ArrayLike<number>, at: number, classes: number): void {
    const rate = rates[at + (classes > 1 ? this.label : 0)]!
    const overClasses = new LogSumExp()
    for (let y = 0; y < classes; y++) overClasses.add(-rates[at + y]!)
    this.marginals.add(overClasses.logMean - reconstruction)
    this.conditionals.add(-reconstruction - rate)
    this.reconstructions.add(reconstruction)
    this.rates.add(rate)
    this.codes++
  }

  get costs(): ImageCosts {
    return {
      marginal: -this.marginals.logMean,
      conditional: -this.conditionals.logMean,
      reconstruction: this.reconstructions.mean,
      rate: this.rates.mean,
    }
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
  private seen = 0
  private average = 0
  private squares = 0

  add(value: number): void {
    const distance = value - this.average
    this.average += distance / ++this.seen
    this.squares += distance * (value - this.average)
  }

  get count(): number {
    return this.seen
  }

  get mean(): number {
    return this.average
  }

  /** σ² of the numbers themselves; NaN of less than two. */
  get variance(): number {
    return this.squares / (this.seen - 1)
  }

  /** NaN of less than two numbers. */
  get standardError(): number {
    return Math.sqrt(this.variance / this.seen)
  }
}
