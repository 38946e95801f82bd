/** Diagonal Gaussians N(μ, diag e^λ), λ the log-variance: their samples, densities and divergences, in nats. */
import { add, exp, mul, neg, square, sub, sum, type Tensor } from '@tensorflow/tfjs-core'

/** N(μ, diag e^λ) for each image of a batch: both [B, D]. */
export interface Gaussian {
  readonly mean: Tensor
  readonly logVariance: Tensor
}

/** A reparameterised sample z = μ + e^{λ/2} · ε, with ε [B, D] standard normal (Kingma & Welling 2014, §2.4). */
export function sampleGaussian({ mean, logVariance }: Gaussian, noise: Tensor): Tensor {
  return add(mean, mul(exp(mul(logVariance, 0.5)), noise))
}

/** Its inverse: ε of z, and the logarithm λ/2 of what ε is scaled by; both [B, D]. */
export function standardiseGaussian(z: Tensor, { mean, logVariance }: Gaussian): { noise: Tensor; logScale: Tensor } {
  const logScale = mul(logVariance, 0.5)
  return { noise: mul(sub(z, mean), exp(neg(logScale))), logScale }
}

/**
 * KL(q ‖ p) = ½ Σ_d (e^{λq − λp} − (λq − λp) − 1 + (μq − μp)² e^{−λp}): [B].
 * Without p, to the standard normal: ½ Σ_d (e^{λq} − λq − 1 + μq²).
 */
export function kl(q: Gaussian, p?: Gaussian): Tensor {
  const logRatio = p ? sub(q.logVariance, p.logVariance) : q.logVariance
  const distance = p ? mul(square(sub(q.mean, p.mean)), exp(neg(p.logVariance))) : square(q.mean)
  const terms = add(sub(sub(exp(logRatio), logRatio), 1), distance)
  return mul(sum(terms, 1), 0.5)
}

/** log N(z; μ, diag e^λ) = −½ Σ_d (ln 2π + λ + (z − μ)² e^{−λ}): [B]. */
export function logNormal(z: Tensor, { mean, logVariance }: Gaussian): Tensor {
  const terms = add(add(logVariance, Math.log(2 * Math.PI)), mul(square(sub(z, mean)), exp(neg(logVariance))))
  return mul(sum(terms, 1), -0.5)
}
