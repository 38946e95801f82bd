/** The paper's VLAE as a model that engines train, with its two rivals. */
import { describe, expect, it } from 'vitest'
import type { DataArray, TensorSpec } from '../../../main/engine/engine'
import { OnnxEngine } from '../../../main/engine/lanes/cpu'
import { bundledFolder } from '../../../main/mnist/bundled'
import { loadDataset } from '../../../main/mnist/dataset'
import { binarize } from '../../../main/models/binarize'
import type { Tensors } from '../../../main/models/model'
import { fillNoise } from '../../../main/models/noise'
import { views } from '../../../main/models/parameters'
import { normals, stream } from '../../../main/models/random'
import { freeNats } from '../../../main/models/vlae/free-bits'
import { createVlae, paper, type Vlae, type VlaeSettings } from '../../../main/models/vlae/vlae'
import { averages } from '../../../main/optimizers/adamax/tensors'
import { freshState } from '../../../main/optimizers/optimizer'
import { weighed } from '../../../main/training/loop'

const batch = 20
const small: VlaeSettings = { ...paper, hidden: [64, 64] }
const variants: [string, VlaeSettings][] = [
  ['local', small],
  ['by class', { ...small, condition: 'label', freeBits: 'soft' }],
  ['factorised', { ...small, decoder: 'factorised', prior: 'gaussian' }],
  ['alone', { ...small, decoder: 'alone', prior: 'gaussian' }],
]
const { train } = await loadDataset(bundledFolder())
const images = binarize(train.images.slice(0, batch * 784), { seed: 1, step: 0 })
const labels = train.labels.slice(0, batch)
const engine = new OnnxEngine(1)
const random = (count: number, counter = 0) =>
  normals(new Float32Array(count), { seed: 1, stream: stream.noise, counter })

/** Runs a function of a model once. */
async function run(
  model: Vlae,
  parameters: Float32Array,
  inputs: Readonly<Record<string, { values: DataArray; size?: number }>>,
  fn: (inputs: Tensors) => Tensors,
): Promise<Record<string, Float32Array>> {
  const specs = model.layout.entries.map(({ name, shape }): [string, TensorSpec] => [name, { shape, dtype: 'float32' }])
  const given = Object.entries(inputs).map(([name, { values, size }]): [string, TensorSpec] => {
    const dtype = values instanceof Uint8Array ? 'uint8' : 'float32'
    return [name, { shape: size === undefined ? [batch] : [batch, size], dtype }]
  })
  const program = await engine.prepare(fn, Object.fromEntries([...specs, ...given]))
  try {
    const arrays = Object.entries(inputs).map(([name, { values }]) => [name, values] as const)
    return await program.run({ ...views(parameters, model.layout), ...Object.fromEntries(arrays) })
  } finally {
    await program.release()
  }
}

const batchInputs = (model: Vlae) => ({
  images: { values: images, size: 784 },
  labels: { values: labels },
  noise: { values: random(batch * model.noiseSize), size: model.noiseSize },
})
const batchOf = ({ images, labels, noise }: Tensors) => ({ images: images!, labels: labels!, noise: noise! })

/** As training begins: fresh directions, and the gains and biases that the images make of them. */
async function begun(model: Vlae): Promise<Float32Array> {
  const parameters = model.initialise(3)
  const found = await run(model, parameters, batchInputs(model), (all) => model.find(all, batchOf(all)))
  for (const { name, offset } of model.layout.entries) if (found[name]) parameters.set(found[name], offset)
  return parameters
}

describe.each(variants)('%s', (_, settings) => {
  const model = createVlae(settings)
  const withCode = settings.decoder !== 'alone'

  it('finds every gain and bias of its images, and learns', async () => {
    const start = await begun(model)
    const fresh = views(start, model.layout)
    const gains = Object.entries(fresh).filter(([name]) => name.endsWith('.g'))
    expect(gains.length).toBeGreaterThan(10)
    for (const [, values] of gains) expect(values.every((gain) => Number.isFinite(gain) && gain > 0)).toBe(true)
    const learner = await engine.learner({ model, batch, lanes: 1 })
    learner.load(freshState(start, model.optimizer))
    const losses: number[] = []
    let schedule = model.schedule({} as never, 1).start
    const { scalars, next } = model.schedule({} as never, 1)
    for (let step = 1; step <= 25; step++) {
      const noise = random(batch * model.noiseSize, step)
      const input = { images, labels, noise, count: batch, learningRate: 0.002, step }
      const over = (sums: Readonly<Record<string, number>>) =>
        Object.fromEntries(Object.entries(sums).map(([name, sum]) => [name, sum / batch]))
      const now = scalars(step, schedule)
      const costs = over(await learner.step(weighed(model, input, now)))
      schedule = next(schedule, costs)
      losses.push(model.objective(costs, now))
    }
    const state = await learner.state()
    await learner.release()
    expect(losses.every(Number.isFinite)).toBe(true)
    expect(losses.at(-1)!).toBeLessThan(0.7 * losses[0]!)
    expect(state[averages]!.every(Number.isFinite)).toBe(true)
  })

  it('samples and reconstructs in pixels, a function of weights and noise', async () => {
    const parameters = await begun(model)
    const noise = (counter: number, size: number, uniforms = 0) => {
      const key = { seed: 1, stream: stream.gallery, counter }
      return { values: fillNoise(new Float32Array(batch * size), { size, uniforms }, key), size }
    }
    const draw = (counter: number) =>
      run(
        model,
        parameters,
        { labels: { values: labels }, noise: noise(counter, model.latentSize, model.latentUniforms) },
        (all) => ({ pixels: model.sample(all, all['labels']!, all['noise']!) }),
      )
    const { pixels } = await draw(9)
    const { pixels: others } = await draw(10)
    const drawnBy = model.decodingUniforms ?? 0
    const seenInputs = { images: { values: images, size: 784 }, noise: noise(11, drawnBy, drawnBy) }
    const { pixels: seen } = await run(model, parameters, seenInputs, (all) => ({
      pixels: model.reconstruct(all, all['images']!, all['noise']!),
    }))
    const probability = (p: number) => p > 0 && p < 1
    const possible = settings.decoder === 'factorised' ? probability : (pixel: number) => pixel === 0 || pixel === 1
    for (const found of [pixels!, seen!]) {
      expect(found).toHaveLength(batch * 784)
      expect(found.every(possible)).toBe(true)
    }
    expect(pixels).not.toEqual(others)
  })

  it('has a bound on −log p(x) that no class’s is far from', async () => {
    const parameters = await begun(model)
    const result = await run(model, parameters, batchInputs(model), (all) => ({
      ...model.losses(all, batchOf(all)),
      marginal: model.marginal(all, batchOf(all)),
    }))
    // −log Σ_y p(x|y)/10 is at most −log p(x|y) + log 10; without classes it is the loss
    const [most, least] = settings.condition === 'none' ? [0.01, -0.01] : [Math.log(10) + 0.01, -Infinity]
    result['marginal']!.forEach((marginal, i) => {
      const more = marginal - result['reconstruction']![i]! - result['kl']![i]!
      expect(more).toBeLessThan(most!)
      expect(more).toBeGreaterThan(least!)
    })
    expect(result['kl']!.every((kl) => kl === 0)).toBe(!withCode)
  })
})

it('leaves the code free as a whole batch, not image by image', () => {
  const model = createVlae(small)
  expect(model.measuredFirst).toEqual(['kl'])
  expect(model.partWeights({}, { kl: freeNats / 2 })).toEqual([1, 0])
})
