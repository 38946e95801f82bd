import { describe, expect, it } from 'vitest'
import { LogSumExp, Mean, negativeLogLikelihoods, type Weigher } from '../../../main/models/vlae/likelihood'

const logMean = (values: readonly number[]) => {
  const total = new LogSumExp()
  values.forEach((value) => total.add(value))
  return total.logMean
}

describe('log Σ exp', () => {
  it('is that of all numbers, in any order', () => {
    const values = [0.3, -2, 1.7, 1.7, -40]
    const expected = Math.log(values.reduce((sum, value) => sum + Math.exp(value), 0) / values.length)
    expect(logMean(values)).toBeCloseTo(expected, 12)
    expect(logMean(values.toReversed())).toBeCloseTo(expected, 12)
  })

  it('neither overflows nor vanishes', () => {
    expect(logMean([5000, 5000])).toBeCloseTo(5000, 9)
    expect(logMean([-5000, -5001])).toBeCloseTo(-5000 + Math.log((1 + Math.exp(-1)) / 2), 9)
  })

  it('knows what weighs nothing, and what is no number', () => {
    expect(logMean([-Infinity, 0])).toBeCloseTo(-Math.log(2), 12)
    expect(logMean([-Infinity, -Infinity])).toBe(-Infinity)
    expect(logMean([1, NaN, 2])).toBeNaN()
  })
})

/**
 * z ~ N(0, 1), x|z ~ N(a·z, s²): p(x) = N(0, a² + s²), and p(z|x) = N(a·x/(a² + s²), s²/(a² + s²)). q is that, or as much
 * wider as `spread` says.
 */
function linearGaussian(images: readonly number[], spread = 1) {
  const [a, s] = [1.5, 0.6]
  const evidence = a * a + s * s
  const logNormal = (x: number, mean: number, variance: number) =>
    -0.5 * (Math.log(2 * Math.PI * variance) + (x - mean) ** 2 / variance)
  const asked: number[] = []
  const weigher: Weigher<{ mean: number; variance: number }> = {
    codeSize: 1,
    async encode(image) {
      asked.push(image)
      return { mean: (a * images[image]!) / evidence, variance: (spread * s * s) / evidence }
    },
    async logWeights(image, { mean, variance }, noise) {
      return noise.map((e) => {
        const z = mean + Math.sqrt(variance) * e
        return logNormal(images[image]!, a * z, s * s) + logNormal(z, 0, 1) - logNormal(z, mean, variance)
      })
    },
  }
  return { weigher, asked, exact: images.map((x) => -logNormal(x, 0, evidence)) }
}

async function all(generator: AsyncGenerator<number>): Promise<number[]> {
  const values: number[] = []
  for await (const value of generator) values.push(value)
  return values
}

describe('the likelihood by importance sampling', () => {
  const images = [0.2, -1.7, 3]

  it('is exact where q is the posterior, whatever K', async () => {
    const { weigher, exact } = linearGaussian(images)
    for (const samples of [1, 7, 200]) {
      const values = await all(negativeLogLikelihoods(weigher, [0, 1, 2], { samples }))
      values.forEach((value, i) => expect(value).toBeCloseTo(exact[i]!, 5))
    }
  })

  it('comes to the exact value where q is not', async () => {
    const { weigher, exact } = linearGaussian(images, 3)
    const values = await all(negativeLogLikelihoods(weigher, [0, 1, 2], { samples: 50_000, chunk: 1000 }))
    // weights deviate by 0.4 of their mean: four standard errors are 0.007
    values.forEach((value, i) => expect(Math.abs(value - exact[i]!)).toBeLessThan(0.007))
  })

  it('is never better than the truth on average, and the closer the larger K', async () => {
    const many = Array.from({ length: 4000 }, () => 1.1)
    const { weigher, exact } = linearGaussian(many, 5)
    const gap = async (samples: number) => {
      const mean = new Mean()
      for (const value of await all(negativeLogLikelihoods(weigher, many.keys(), { samples })))
        mean.add(value - exact[0]!)
      expect(mean.mean).toBeGreaterThan(-4 * mean.standardError)
      return mean.mean
    }
    const gaps = [await gap(1), await gap(4), await gap(16)]
    expect(gaps[0]!).toBeGreaterThan(2 * gaps[1]!)
    expect(gaps[1]!).toBeGreaterThan(2 * gaps[2]!)
  })

  it('does not depend on the chunks, nor on the other images, and encodes each image once', async () => {
    const { weigher, asked } = linearGaussian(images, 3)
    const options = { samples: 100 }
    const whole = await all(negativeLogLikelihoods(weigher, [0, 1, 2], options))
    expect(asked).toEqual([0, 1, 2])
    const parts = await all(negativeLogLikelihoods(weigher, [0, 1, 2], { ...options, chunk: 7 }))
    parts.forEach((value, i) => expect(value).toBeCloseTo(whole[i]!, 6))
    expect(await all(negativeLogLikelihoods(weigher, [2], options))).toEqual([whole[2]])
    const other = await all(negativeLogLikelihoods(weigher, [2], { ...options, seed: 1 }))
    expect(other[0]).not.toBe(whole[2])
  })

  it.each([0, -1, 2.5, NaN])('refuses K = %f with a sentence', async (samples) => {
    const { weigher } = linearGaussian(images)
    await expect(all(negativeLogLikelihoods(weigher, [0], { samples }))).rejects.toMatchObject({
      code: 'likelihood/samples',
      message: `The likelihood cannot be estimated with ${samples} samples an image.`,
    })
  })
})

describe('a mean', () => {
  it('has its standard error', () => {
    const mean = new Mean()
    for (const value of [2, 4, 4, 4, 5, 5, 7, 9]) mean.add(value)
    expect([mean.count, mean.mean]).toEqual([8, 5])
    expect(mean.standardError).toBeCloseTo(Math.sqrt(32 / 7 / 8), 12)
  })

  it('of one number has none', () => {
    const mean = new Mean()
    mean.add(3)
    expect(mean.standardError).toBeNaN()
  })
})
