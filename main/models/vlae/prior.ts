/**
 * The prior of a code: a Gaussian, or the autoregressive flow z = f(ε), ε ~ N(0, I) (Chen et al. 2016, §3.2 and app. A;
 * Kingma et al. 2016), either one for each class or the same for all.
 */
import { add, matMul, mul, square, sub, sum, zerosLike, type Tensor } from '@tensorflow/tfjs-core'
import { classCount } from '../../../preload/classes'
import { present } from '../../../preload/present'
import { entryOf } from '../../optimizers/named'
import { logNormal, sampleGaussian, standardiseGaussian, type Gaussian } from '../gaussian'
import { table, type Parameter } from '../layers'
import type { Standardised } from '../model'
import { made } from './made'
import { settled, type Pass } from './normalised'

export interface Prior {
  readonly parameters: readonly Parameter[]
  /** log p(z|y): codes [B, D], classes one-hot [B, 10] where it has them → [B], nats. */
  logDensity(pass: Pass, z: Tensor, y?: Tensor): Tensor
  /** Codes of standard normal noise [B, D]. */
  sample(pass: Pass, noise: Tensor, y?: Tensor): Tensor
  /** Codes [B, D] as the noise that `sample` would make them of. */
  standardise(pass: Pass, z: Tensor, y?: Tensor): Standardised
  /** Steps z ← z − shift after which numbers are Gaussian: of each the order in which its shifts come to be known. */
  readonly steps: readonly { readonly reversed: boolean; shift(pass: Pass, z: Tensor, y?: Tensor): Tensor }[]
  /** What they are then, like z. */
  left(pass: Pass, z: Tensor, y?: Tensor): Gaussian
}

export interface PriorOptions {
  readonly size: number
  /** The prior depends on the class. */
  readonly byClass?: boolean
}

/** N(0, I), or for each class a Gaussian that is learned. */
export function gaussianPrior({ size, byClass = false }: PriorOptions): Prior {
  const [mean, logVariance] = ['prior.mean', 'prior.logVariance']
  const of = ({ parameters }: Pass, z: Tensor, y?: Tensor): Gaussian => {
    if (!byClass) return { mean: zerosLike(z), logVariance: zerosLike(z) }
    const given = present(y, 'class')
    return {
      mean: matMul(given, entryOf(parameters, mean)),
      logVariance: matMul(given, entryOf(parameters, logVariance)),
    }
  }
  return {
    parameters: byClass
      ? [table(mean, classCount, size, { deviation: 0.05 }), table(logVariance, classCount, size, { deviation: 0 })]
      : [],
    logDensity: (pass, z, y) => logNormal(z, of(pass, z, y)),
    sample: (pass, noise, y) => sampleGaussian(of(pass, noise, y), noise),
    standardise: (pass, z, y) => standardiseGaussian(z, of(pass, z, y)),
    steps: [],
    left: of,
  }
}

export interface FlowOptions extends PriorOptions {
  /** Default 4. */
  readonly steps?: number
  /** Units of a MADE's hidden layers; default two of 640. */
  readonly hidden?: readonly number[]
  /** All steps share one MADE. */
  readonly tied?: boolean
}

export interface Flow extends Prior {
  /** ε = f⁻¹(z), in one pass. */
  noise(pass: Pass, z: Tensor, y?: Tensor): Tensor
}

/**
 * Each step of f⁻¹ is ε = z − μ(z), μ a MADE, the order reversed from step to step. ∂ε/∂z is triangular with ones on its
 * diagonal: the log-determinant is 0, and log p(z) = log N(f⁻¹(z); 0, I).
 */
export function flowPrior({ size, byClass = false, steps = 4, hidden = [640, 640], tied = false }: FlowOptions): Flow {
  const shifts = Array.from({ length: steps }, (_, step) =>
    made({
      name: `prior.${tied ? 0 : step}`,
      size,
      hidden,
      reversed: step % 2 === 1,
      context: byClass ? classCount : 0,
    }),
  )
  const given = (y: Tensor | undefined) => (byClass ? y : undefined)
  const taken = shifts.map((shift, step): Prior['steps'][number] => ({
    reversed: step % 2 === 1,
    shift: (pass, z, y) => shift.apply(tied && step > 0 ? settled(pass) : pass, { z, context: given(y) }),
  }))
  const noise: Flow['noise'] = (pass, z, y) => taken.reduce((x, { shift }) => sub(x, shift(pass, x, y)), z)
  return {
    parameters: (tied ? shifts.slice(0, 1) : shifts).flatMap(({ parameters }) => parameters),
    noise,
    logDensity: (pass, z, y) => mul(sum(add(square(noise(pass, z, y)), Math.log(2 * Math.PI)), 1), -0.5),
    sample: (pass, noise, y) => shifts.reduceRight((x, shift) => shift.solve(pass, x, given(y)), noise),
    // mean-only: nothing is scaled
    standardise: (pass, z, y) => ({ noise: noise(pass, z, y), logScale: zerosLike(z) }),
    steps: taken,
    left: (_, z) => ({ mean: zerosLike(z), logVariance: zerosLike(z) }),
  }
}
