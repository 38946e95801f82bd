/** What Explore asks: codes and their costs, classes, and ways between codes, of both models and of those without. */
import { beforeAll, describe, expect, it } from 'vitest'
import { OnnxEngine } from '../../main/engine/lanes/cpu'
import { bundledFolder } from '../../main/mnist/bundled'
import { loadDataset } from '../../main/mnist/dataset'
import type { Dataset } from '../../main/mnist/types'
import { createModel, type ModelSettings } from '../../main/models/create'
import { sampleGaussian } from '../../main/models/gaussian'
import { codeNoise } from '../../main/models/likelihood'
import { answer } from '../../main/questions/answers'
import type { Checkpoint } from '../../main/questions/question'
import { createPrograms } from '../../main/training/programs'
import { asSeen } from '../../main/training/seen'
import { runSettings, type AnswerTo, type Question } from '../../preload/contract'

let mnist: Dataset
const engine = new OnnxEngine(1)
beforeAll(async () => {
  mnist = await loadDataset(bundledFolder())
})

/** A checkpoint of fresh weights, small shifts of them, so that no prior is the standard normal one. */
function checkpointOf(settings: ModelSettings): Checkpoint {
  const model = createModel(settings)
  const parameters = model.initialise(3).map((value, i) => value + 0.02 * Math.sin(i))
  const data = async () => ({ ...mnist, test: asSeen(model, mnist.test) })
  const run = { settings: runSettings.parse(settings) }
  return { programs: createPrograms(engine, model), parameters, data, run } as unknown as Checkpoint
}

const image = (at: number) => mnist.test.images.slice(784 * at, 784 * (at + 1))
const sum = (values: Iterable<number>) => [...values].reduce((total, value) => total + value, 0)
function expectClose(one: ArrayLike<number>, other: ArrayLike<number>, within: number): void {
  expect(one.length).toBe(other.length)
  for (let i = 0; i < one.length; i++) expect(Math.abs(one[i]! - other[i]!)).toBeLessThanOrEqual(within)
}

describe.each([
  { model: 'ladder', condition: 'label' },
  { model: 'ladder', condition: 'none' },
  { model: 'vlae', decoder: 'factorised', prior: 'gaussian', condition: 'label' },
  { model: 'vlae', decoder: 'local', window: '4x2', prior: 'flow', hidden: 1, condition: 'label' },
] satisfies ModelSettings[])('of $model $decoder $condition', (settings) => {
  let checkpoint: Checkpoint
  let size: number
  const ask = <Q extends Question>(question: Q): Promise<AnswerTo<Q>> => answer(question, checkpoint)
  beforeAll(() => {
    checkpoint = checkpointOf(settings)
    size = checkpoint.programs.model.codes!.size
  })

  it('each number of a code has its cost, and together they are the rate that compressing states', async () => {
    const { images } = await ask({ type: 'compress', images: [3] })
    const { labels } = mnist.test
    const [{ pixels: seen }] = [await ask({ type: 'testImages', images: [3] })]
    const found = await ask({ type: 'encode', pixels: seen })
    expect(sum(found.latents.map((latent) => latent.size))).toBe(size)
    const own = found.classes === null ? 0 : labels[3]!
    const rate = sum(found.costs.subarray(own * size, (own + 1) * size))
    // both are means over sixteen codes, not the same ones
    expect(Math.abs(rate - images[0]!.rate)).toBeLessThan(0.05 * images[0]!.rate + 2)
    expect(Math.abs(found.residual / images[0]!.residual - 1)).toBeLessThan(0.03)
    expect(found.back.columns).toBe(checkpoint.programs.model.drawing === undefined ? 1 : 3)
  })

  it('noise and code are each other’s inverse, and the prior is told the same by both', async () => {
    const { programs, parameters } = checkpoint
    const codes = programs.model.codes!
    const one = { code: { shape: [1, size], dtype: 'float32' }, labels: { shape: [1], dtype: 'uint8' } } as const
    const there = await programs.prepare(
      'there and back',
      (p, { code, labels }) => {
        const { noise, logScale } = codes.standardise(p, code, labels)
        return { noise, logScale, back: codes.codeOf(p, noise, labels), prior: codes.logPrior(p, code) }
      },
      one,
    )
    const code = Float32Array.from({ length: size }, (_, i) => Math.sin(3 * i))
    const { noise, logScale, back, prior } = await there(parameters, { code, labels: Uint8Array.of(4) })
    expectClose(back, code, 1e-4)
    const log = sum(noise.map((value, i) => -(value ** 2 + Math.log(2 * Math.PI)) / 2 - logScale[i]!))
    expect(log).toBeCloseTo(prior[prior.length > 1 ? 4 : 0]!, 2)
  })

  it('a number costs what its posterior tells beyond its prior, as the prior sees it', async () => {
    const { costs, standardised, latents } = await ask({ type: 'encode', pixels: image(3) })
    expect([standardised.mean.length, standardised.deviation.length]).toEqual([costs.length, costs.length])
    // KL( N(m, s²) ‖ N(0, 1) )
    const told = costs.map((_, i) => {
      const [mean, deviation] = [standardised.mean[i]!, standardised.deviation[i]!]
      return (mean ** 2 + deviation ** 2 - 1) / 2 - Math.log(deviation)
    })
    // z1 of the ladder has another prior for each z2, each number of a flow another one for others: there it moves with them
    const moved = 'prior' in settings && settings.prior === 'flow' ? size : size - latents.at(-1)!.size
    for (const [i, cost] of costs.entries())
      expect(Math.abs(told[i]! - cost)).toBeLessThanOrEqual(i % size < moved ? 0.2 * Math.abs(cost) + 0.2 : 1e-3)
  })

  it('few samples are the first that sampling draws of their class', async () => {
    const few = await ask({ type: 'fewSamples', label: 4 })
    const samples = await ask({ type: 'sample', digit: 4, count: 6 })
    expect([few.rows, few.columns]).toEqual([1, 4])
    expect(few.pixels).toEqual(samples.pixels.subarray(0, 4 * 784))
  })

  it('a map has the means of the posteriors, and the plane in which they differ most', async () => {
    const [map, pictures] = await Promise.all([
      ask({ type: 'map', images: 130 }),
      ask({ type: 'mapPictures', images: 130 }),
    ])
    expect([map.size, map.means.length, pictures.columns]).toEqual([size, 130 * size, 130])
    expect([...map.labels!]).toEqual([...mnist.test.labels.subarray(0, 130)])
    // the second is in another batch than the first
    for (const at of [3, 120]) {
      const { mean } = await ask({ type: 'encode', pixels: pictures.pixels.slice(784 * at, 784 * (at + 1)) })
      expectClose(map.means.subarray(at * size, (at + 1) * size), mean, 1e-4)
    }
    expect(sum(map.axes.map((value) => value ** 2))).toBeCloseTo(2, 5)
    expect(map.shares[0]).toBeGreaterThanOrEqual(map.shares[1])
    expect(map.shares[0] + map.shares[1]).toBeLessThanOrEqual(1)
  })

  it('codes’ moments are those of the noise that each class’s prior would make them of', async () => {
    const found = await ask({ type: 'codeMoments', images: 130 })
    const byClass = settings.condition === 'label'
    expect(found.groups.map(({ label }) => label)).toEqual(
      byClass ? Array.from({ length: 10 }, (_, label) => label) : [null],
    )
    expect(sum(found.groups.map(({ images }) => images))).toBe(130)
    expect(sum(found.latents.map((latent) => latent.size))).toBe(size)
    // the same by hand, of the images of one class, one by one
    const label = byClass ? 7 : null
    const { images, mean, variance } = found.groups.find((group) => group.label === label)!
    const own = Array.from({ length: 130 }, (_, i) => i).filter((i) => !byClass || mnist.test.labels[i] === label)
    expect(images).toBe(own.length)
    const codes = checkpoint.programs.model.codes!
    const seen = await ask({ type: 'mapPictures', images: 130 })
    const run = await checkpoint.programs.prepare(
      'one as noise',
      (p, { image, drawn, labels }) => {
        const z = sampleGaussian(codes.encode(p, image), drawn)
        return { noise: codes.standardise(p, z, labels).noise }
      },
      {
        image: { shape: [1, 784], dtype: 'uint8' },
        drawn: { shape: [1, size], dtype: 'float32' },
        labels: { shape: [1], dtype: 'uint8' },
      },
    )
    const vectors: Float32Array[] = []
    for (const i of own) {
      const image = seen.pixels.slice(784 * i, 784 * (i + 1))
      const given = { image, drawn: codeNoise(i, 1, size)[0]!, labels: Uint8Array.of(label ?? 0) }
      vectors.push((await run(checkpoint.parameters, given)).noise)
    }
    const means = Float32Array.from({ length: size }, (_, k) => sum(vectors.map((one) => one[k]!)) / own.length)
    expectClose(mean, means, 1e-3)
    const variances = means.map((middle, k) => sum(vectors.map((one) => (one[k]! - middle) ** 2)) / own.length)
    expectClose(variance, variances, 2e-3)
  })

  it('a way ends at what the codes themselves are decoded to, straight or along the prior', async () => {
    const [from, to] = await Promise.all(
      [1, 2].map(async (at) => (await ask({ type: 'encode', pixels: image(at) })).mean),
    )
    const ends = await ask({ type: 'decode', codes: Float32Array.of(...from!, ...to!) })
    for (const path of ['straight', 'prior'] as const) {
      const way = await ask({ type: 'between', from: from!, to: to!, labels: [1, 7], steps: 5, path })
      expect(way.columns).toBe(5)
      // drawn pixels may flip where a logit lies at its threshold
      const [first, last] = [way.pixels.subarray(0, 784), way.pixels.subarray(4 * 784)]
      const differ = (a: Uint8Array, b: Uint8Array) => a.filter((value, i) => Math.abs(value - b[i]!) > 1).length
      expect(differ(first, ends.pixels.subarray(0, 784)) + differ(last, ends.pixels.subarray(784))).toBeLessThan(8)
    }
  })
})

describe('classes', () => {
  it('are told by ten shares, and changed with the noise kept: its own class gives the same picture', async () => {
    const checkpoint = checkpointOf({ condition: 'label' })
    const found = await answer({ type: 'encode', pixels: image(0) }, checkpoint)
    expect(sum(found.classes!)).toBeCloseTo(1, 5)
    expect(found.classes![found.likeliest!]).toBe(Math.max(...found.classes!))
    const ten = await answer({ type: 'morph', code: found.mean, label: 6 }, checkpoint)
    const own = await answer({ type: 'decode', codes: found.mean }, checkpoint)
    expect([...ten.labels!]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    expectClose(ten.pixels.subarray(6 * 784, 7 * 784), own.pixels, 1)
  })

  it('are not known to a prior without them', async () => {
    const checkpoint = checkpointOf({ condition: 'none' })
    const found = await answer({ type: 'encode', pixels: image(0) }, checkpoint)
    expect([found.classes, found.likeliest]).toEqual([null, null])
    await expect(answer({ type: 'morph', code: found.mean, label: 6 }, checkpoint)).rejects.toMatchObject({
      code: 'explore/no-classes',
    })
  })
})

describe('what cannot be answered', () => {
  it('is said of a model without a code, of one that says nothing of its codes, and of numbers that are no code', async () => {
    const alone = checkpointOf({ model: 'vlae', decoder: 'alone', window: '4x2' })
    await expect(answer({ type: 'encode', pixels: image(0) }, alone)).rejects.toMatchObject({ code: 'explore/no-code' })
    await expect(answer({ type: 'map' }, alone)).rejects.toMatchObject({ code: 'explore/no-code' })
    const ladder = checkpointOf({})
    await expect(answer({ type: 'map', images: 5001 }, ladder)).rejects.toMatchObject({ name: 'ZodError' })
    const { codes: _, ...model } = ladder.programs.model
    const silent = { ...ladder, programs: { ...ladder.programs, model } } as Checkpoint
    await expect(answer({ type: 'encode', pixels: image(0) }, silent)).rejects.toMatchObject({
      code: 'explore/not-offered',
    })
    await expect(answer({ type: 'decode', codes: new Float32Array(64) }, ladder)).rejects.toMatchObject({
      message: 'A code of this model has 48 numbers; these are 64.',
    })
    const two = new Float32Array(96)
    const way = { type: 'between', from: two, to: two, steps: 3, path: 'straight' } as const
    await expect(answer(way, ladder)).rejects.toMatchObject({ code: 'explore/other-code' })
  })
})
