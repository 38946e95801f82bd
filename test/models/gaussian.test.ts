import type { Tensor } from '@tensorflow/tfjs-core'
import { describe, expect, it } from 'vitest'
import { tf } from '../../main/engine/tfjs/tfjs'
import { kl, logNormal, sampleGaussian, type Gaussian } from '../../main/models/gaussian'
import { normals } from '../../main/models/random'

/** One-dimensional distributions as a batch. */
const gaussian = (mean: number[], logVariance: number[]): Gaussian => ({
  mean: tf.tensor2d(mean, [mean.length, 1]),
  logVariance: tf.tensor2d(logVariance, [logVariance.length, 1]),
})
const values = (tensor: Tensor) => [...tensor.dataSync()]

describe('kl', () => {
  it('equals the closed form ln(σp/σq) + (σq² + (μq − μp)²) / 2σp² − ½', () => {
    const [mq, lq, mp, lp] = [0.3, -0.8, -1.1, 0.5]
    const expected = (lp - lq) / 2 + (Math.exp(lq) + (mq - mp) ** 2) / (2 * Math.exp(lp)) - 0.5
    expect(values(kl(gaussian([mq], [lq]), gaussian([mp], [lp])))[0]).toBeCloseTo(expected, 6)
  })

  it('is 0 between equals, and to the standard normal what it is to N(0, 1)', () => {
    const q = gaussian([0.3, -2], [-0.8, 1.5])
    for (const value of values(kl(q, q))) expect(value).toBeCloseTo(0, 6)
    const standard = values(kl(q, gaussian([0, 0], [0, 0])))
    values(kl(q)).forEach((value, i) => expect(value).toBeCloseTo(standard[i]!, 5))
  })

  it('sums over dimensions, not over the batch', () => {
    const q = {
      mean: tf.tensor2d([
        [1, 2],
        [3, 0],
      ]),
      logVariance: tf.zeros([2, 2]),
    }
    expect(values(kl(q))).toEqual([2.5, 4.5])
  })

  it('is the mean of log q(z) − log p(z) over z ~ q', () => {
    const count = 50_000
    const repeat = (value: number) => Array.from({ length: count }, () => value)
    const q = gaussian(repeat(0.3), repeat(-0.8))
    const p = gaussian(repeat(-0.5), repeat(0.4))
    const noise = tf.tensor2d(normals(new Float32Array(count), { seed: 3, stream: 2, counter: 0 }), [count, 1])
    const z = sampleGaussian(q, noise)
    const estimate = values(tf.mean(tf.sub(logNormal(z, q), logNormal(z, p))))[0]!
    // the terms deviate by about 0.8, so four standard errors are 0.015
    expect(Math.abs(estimate - values(kl(q, p))[0]!)).toBeLessThan(0.015)
  })
})

describe('logNormal', () => {
  it('is the logarithm of a density that integrates to 1', () => {
    const step = 0.01
    const grid = Array.from({ length: 4000 }, (_, i) => (i - 2000) * step)
    const p = gaussian(
      grid.map(() => 1.5),
      grid.map(() => 0.7),
    )
    const total = values(tf.sum(tf.exp(logNormal(tf.tensor2d(grid, [grid.length, 1]), p))))[0]!
    expect(total * step).toBeCloseTo(1, 5)
  })
})
