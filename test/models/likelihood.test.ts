import { describe, expect, it } from 'vitest'
import { estimate, LogSumExp, Mean, type ImageCosts, type Weigher } from '../../main/models/likelihood'

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
 * z ~ N(m, 1), x|z ~ N(a·z, s²), m = 0, or by the class of three: p(x|y) = N(a·m, a² + s²), and p(z|x, y) is N((a·x + s²·m)/(a² + s²),
 * s²/(a² + s²)). q is that of m = 0, or as much wider as `spread` says.
 */
function linearGaussian(images: readonly number[], { spread = 1, batch = 64, means = [0] } = {}) {
  const [a, s] = [1.5, 0.6]
  const evidence = a * a + s * s
  const logNormal = (x: number, mean: number, variance: number) =>
    -0.5 * (Math.log(2 * Math.PI * variance) + (x - mean) ** 2 / variance)
  const asked: number[][] = []
  const labelOf = (image: number) => image % means.length
  const weigher: Weigher = {
    codeSize: 1,
    batch,
    labelOf,
    async weigh(rows) {
      asked.push(rows.map(({ image }) => image))
      const reconstructions: number[] = []
      const rates: number[] = []
      for (const { image, noise } of rows) {
        const x = images[image]!
        const [mean, variance] = [(a * x) / evidence, (spread * s * s) / evidence]
        const z = mean + Math.sqrt(variance) * noise[0]!
        reconstructions.push(-logNormal(x, a * z, s * s))
        for (const m of means) rates.push(logNormal(z, mean, variance) - logNormal(z, m, 1))
      }
      return { reconstructions, rates, classes: means.length }
    },
  }
  const costs = images.map((x) => means.map((m) => -logNormal(x, a * m, evidence)))
  return {
    weigher,
    asked,
    exact: costs.map((given, i) => given[labelOf(i)]!),
    /** Of all classes, each as likely as the others. */
    summed: costs.map((given) => -Math.log(given.reduce((sum, cost) => sum + Math.exp(-cost), 0) / means.length)),
  }
}

async function all(generator: AsyncGenerator<ImageCosts>): Promise<ImageCosts[]> {
  const values: ImageCosts[] = []
  for await (const value of generator) values.push(value)
  return values
}

describe('the likelihood by importance sampling', () => {
  const images = [0.2, -1.7, 3]

  it('is exact where q is the posterior, whatever K', async () => {
    const { weigher, exact } = linearGaussian(images)
    for (const samples of [1, 7, 200])
      for (const [i, costs] of (await all(estimate(weigher, [0, 1, 2], { samples }))).entries()) {
        expect(costs.marginal).toBeCloseTo(exact[i]!, 5)
        expect(costs.conditional).toBe(costs.marginal)
        // there the bound is the truth
        expect(costs.reconstruction + costs.rate).toBeCloseTo(exact[i]!, 5)
      }
  })

  it('comes to the exact value where q is not, and the bound stays above it', async () => {
    const { weigher, exact } = linearGaussian(images, { spread: 3, batch: 1000 })
    const costs = await all(estimate(weigher, [0, 1, 2], { samples: 50_000 }))
    // weights deviate by 0.4 of their mean: four standard errors are 0.007
    costs.forEach(({ marginal, reconstruction, rate }, i) => {
      expect(Math.abs(marginal - exact[i]!)).toBeLessThan(0.007)
      expect(reconstruction + rate).toBeGreaterThan(exact[i]! + 0.1)
    })
  })

  it('tells what an image costs whose class is known, and all classes summed', async () => {
    const { weigher, exact, summed } = linearGaussian(images, { spread: 2, batch: 1000, means: [-1, 0.5, 2] })
    const costs = await all(estimate(weigher, [0, 1, 2], { samples: 100_000 }))
    for (const [i, { conditional, marginal }] of costs.entries()) {
      expect(Math.abs(conditional - exact[i]!)).toBeLessThan(0.03)
      expect(Math.abs(marginal - summed[i]!)).toBeLessThan(0.03)
      // being told one of three is worth log 3 at most
      expect(marginal - conditional).toBeLessThan(Math.log(3) + 1e-9)
    }
  })

  it('is never better than the truth on average, and the closer the larger K', async () => {
    const many = Array.from({ length: 4000 }, () => 1.1)
    const { weigher, exact } = linearGaussian(many, { spread: 5 })
    const gap = async (samples: number) => {
      const mean = new Mean()
      for (const { marginal } of await all(estimate(weigher, many.keys(), { samples }))) mean.add(marginal - exact[0]!)
      expect(mean.mean).toBeGreaterThan(-4 * mean.standardError)
      return mean.mean
    }
    const gaps = [await gap(1), await gap(4), await gap(16)]
    expect(gaps[0]!).toBeGreaterThan(2 * gaps[1]!)
    expect(gaps[1]!).toBeGreaterThan(2 * gaps[2]!)
  })

  it('does not depend on the batches, nor on the other images', async () => {
    const of = (batch: number) => linearGaussian(images, { spread: 3, batch })
    const whole = await all(estimate(of(1000).weigher, [0, 1, 2], { samples: 100 }))
    const { weigher, asked } = of(64)
    expect(await all(estimate(weigher, [0, 1, 2], { samples: 100 }))).toEqual(whole)
    // full ones, across the images' borders
    expect(asked.map(({ length }) => length)).toEqual([64, 64, 64, 64, 44])
    expect(asked.flat().filter((image) => image === 1)).toHaveLength(100)
    expect(await all(estimate(of(7).weigher, [2], { samples: 100 }))).toEqual([whole[2]])
    const [other] = await all(estimate(weigher, [2], { samples: 100, seed: 1 }))
    expect(other!.marginal).not.toBe(whole[2]!.marginal)
  })

  it('tells of each image as soon as its codes are weighed', async () => {
    const { weigher, asked } = linearGaussian(images, { batch: 10 })
    const told = estimate(weigher, [0, 1, 2], { samples: 10 })
    await told.next()
    expect(asked).toHaveLength(1)
    await told.next()
    expect(asked).toHaveLength(2)
  })

  it('of a model without a code is exact with one row an image', async () => {
    const asked: number[][] = []
    const weigher: Weigher = {
      codeSize: 0,
      batch: 2,
      labelOf: () => 7,
      async weigh(rows) {
        asked.push(rows.map(({ image, noise }) => image + noise.length))
        return { reconstructions: rows.map(({ image }) => 10 * image), rates: rows.map(() => 0), classes: 1 }
      },
    }
    const costs = await all(estimate(weigher, [1, 2, 3], { samples: 64 }))
    expect(costs.map(({ marginal }) => marginal)).toEqual([10, 20, 30])
    expect(costs[2]).toEqual({ marginal: 30, conditional: 30, reconstruction: 30, rate: 0 })
    expect(asked).toEqual([[1, 2], [3]])
  })

  it('is no number where a weight is none', async () => {
    const { weigher } = linearGaussian([NaN])
    const [costs] = await all(estimate(weigher, [0], { samples: 3 }))
    expect(costs!.marginal).toBeNaN()
  })

  it.each([0, -1, 2.5, NaN])('refuses K = %f with a sentence', async (samples) => {
    const { weigher } = linearGaussian(images)
    await expect(all(estimate(weigher, [0], { samples }))).rejects.toMatchObject({
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
    expect(mean.variance).toBeCloseTo(32 / 7, 12)
    expect(mean.standardError).toBeCloseTo(Math.sqrt(32 / 7 / 8), 12)
  })

  it('of one number has none', () => {
    const mean = new Mean()
    mean.add(3)
    expect(mean.standardError).toBeNaN()
  })
})
