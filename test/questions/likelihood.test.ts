/** The likelihood of small sets: against the models' own losses, stopped and gone on with, and what is refused. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { OnnxEngine } from '../../main/engine/lanes/cpu'
import { bundledFolder } from '../../main/mnist/bundled'
import { loadDataset } from '../../main/mnist/dataset'
import type { Dataset } from '../../main/mnist/types'
import { createModel } from '../../main/models/create'
import type { Model } from '../../main/models/model'
import { normals, stream } from '../../main/models/random'
import { createVlae, paper, type VlaeSettings } from '../../main/models/vlae/vlae'
import { answer } from '../../main/questions/answers'
import { likelihood } from '../../main/questions/likelihood'
import type { Checkpoint } from '../../main/questions/question'
import { readRunFile } from '../../main/runs/folder'
import { isOwnName } from '../../main/runs/names'
import type { RunFile } from '../../main/runs/run-file'
import type { Watch } from '../../main/training/evaluate'
import { createPrograms, type Programs } from '../../main/training/programs'
import { asSeen } from '../../main/training/seen'
import { question, runSettings, type Likelihood, type QuestionOf, type RunSettings } from '../../preload/contract'
import { comparisons, published } from '../../preload/published'
import { writeRun } from '../app/fake-trainer'

let mnist: Dataset
let results: string
const engine = new OnnxEngine(1)
beforeAll(async () => {
  mnist = await loadDataset(bundledFolder())
})
beforeEach(() => (results = mkdtempSync(join(tmpdir(), 'vlae-likelihood-'))))
afterEach(() => rmSync(results, { recursive: true, force: true }))

/** By model: what is made ready is kept. */
const made = new Map<string, { programs: Programs; parameters: Float32Array }>()

function machine(model: Model) {
  const found = made.get(model.name) ?? { programs: createPrograms(engine, model), parameters: model.initialise(3) }
  made.set(model.name, found)
  return found
}

interface Options {
  readonly model?: Model
  readonly settings?: RunSettings
  readonly images?: number
  readonly data?: Dataset
}

/** A checkpoint of weights that were never trained; test sets are the first images of MNIST's. */
async function checkpointOf({
  settings = runSettings.parse({ condition: 'label' }),
  model = createModel(settings),
  images = 30,
  data = mnist,
}: Options = {}): Promise<Checkpoint> {
  const folder = writeRun(results, 'a', 1, { settings })
  const run: RunFile = await readRunFile(folder)
  const test = { ...data.test, images: data.test.images.subarray(0, images * 784), count: images }
  return {
    folder,
    run,
    epoch: 1,
    ...machine(model),
    averaged: false,
    raw: async () => Promise.reject(new Error('nobody asked for them')),
    data: async () => ({ ...data, test: asSeen(model, test) }),
    done: () => undefined,
  }
}

const asking = (fields: object = {}) =>
  question.parse({ type: 'likelihood', samples: 16, ...fields }) as QuestionOf<'likelihood'>
const ask = (checkpoint: Checkpoint, fields: object = {}, watch: Watch = {}): Promise<Likelihood> =>
  likelihood(asking(fields), checkpoint, watch)

/** The noise of the first code of each of the first images. */
function firstNoise(images: number, size: number): Float32Array {
  const all = new Float32Array(images * size)
  for (let image = 0; image < images; image++)
    normals(all.subarray(image * size, (image + 1) * size), { seed: 0, stream: stream.likelihood, counter: image })
  return all
}

const mean = (values: Float32Array) => values.reduce((sum, value) => sum + value, 0) / values.length

describe('with one code an image it is what the model’s own one-sample bound says', () => {
  it('of the ladder, whose classes are summed', async () => {
    const checkpoint = await checkpointOf()
    const { programs, parameters } = checkpoint
    const [run, { test }] = [await programs.marginal(30), await checkpoint.data()]
    const inputs = { images: test.images.slice(), labels: test.labels.slice(0, 30), noise: firstNoise(30, 48) }
    const { marginal } = await run(parameters, inputs)
    const found = await ask(checkpoint, { samples: 1 })
    expect(found.marginal.mean).toBeCloseTo(mean(marginal), 3)
    expect(found).toMatchObject({ epoch: 1, images: 30, samples: 1, seen: 'grey', codeSize: 48, unkept: null })
    expect(found.conditional!.mean).toBeCloseTo(found.bound.mean, 9)
    expect(Math.abs(found.marginal.mean - found.conditional!.mean)).toBeLessThan(Math.log(10))
  })

  it.each<[string, Partial<VlaeSettings>]>([
    ['local, with the flow', { hidden: [40] }],
    ['local, by class', { hidden: [40], condition: 'label' }],
    ['factorised, with a Gaussian', { decoder: 'factorised', prior: 'gaussian' }],
    ['alone', { decoder: 'alone' }],
  ])('of the paper’s VLAE, %s', { timeout: 120_000 }, async (_, settings) => {
    const model = createVlae({ ...paper, ...settings })
    const byClass = settings.condition === 'label'
    const of = runSettings.parse({ condition: byClass ? 'label' : 'none' })
    const checkpoint = await checkpointOf({ model: { ...model, name: String(_) }, settings: of, images: 20 })
    const { parameters } = checkpoint
    // gains that are not 0, whatever they are before the first images
    for (const { name, offset, size } of model.layout.entries)
      if (/\.(g|gain)$/.test(name)) parameters.fill(0.7, offset, offset + size)
    const { test } = await checkpoint.data()
    const noise = firstNoise(20, model.noiseSize)
    const inputs = { images: test.images.slice(), labels: test.labels.slice(0, 20), noise }
    const losses = await (await checkpoint.programs.losses(20))(parameters, inputs)
    const found = await ask(checkpoint, { samples: 1 })
    expect(found.reconstruction.mean).toBeCloseTo(mean(losses['reconstruction']!), 2)
    expect(found.rate.mean).toBeCloseTo(mean(losses['kl']!), 2)
    expect(found.seen).toBe('dynamic')
    // without classes it is the sum of both, and with none of them there is no other
    const { marginal } = await (await checkpoint.programs.marginal(20))(parameters, inputs)
    expect(found.marginal.mean).toBeCloseTo(mean(marginal), 2)
    expect(found.conditional === null).toBe(!byClass)
    const { size } = model.codes!
    expect([found.samples, found.codeSize]).toEqual([size === 0 ? null : 1, size])
    expect(found.rate.error === 0).toBe(size === 0)
  })
})

it('is the better the more codes there are, and never worse than the bound', async () => {
  const checkpoint = await checkpointOf()
  const few = await ask(checkpoint, { samples: 2 })
  const many = await ask(checkpoint, { samples: 64 })
  expect(many.marginal.mean).toBeLessThan(few.marginal.mean)
  expect(many.marginal.mean).toBeLessThan(many.bound.mean)
  expect(many.marginal.error).toBeGreaterThan(0)
})

it('knows data that is binary itself', async () => {
  const binary = (images: Uint8Array) => images.map((level) => (level > 127 ? 255 : 0))
  const { train, test } = mnist
  const few = { ...train, images: binary(train.images.subarray(0, 784 * 50)), count: 50 }
  const data = { ...mnist, train: few, test: { ...test, images: binary(test.images.subarray(0, 784 * 30)), count: 30 } }
  expect((await ask(await checkpointOf({ data }))).seen).toBe('static')
})

describe('what was found', () => {
  const stopAt = (images: number): Watch => {
    const stop = new AbortController()
    return {
      signal: stop.signal,
      progress: (done) => {
        if (done >= images) stop.abort(new Error('given up'))
      },
    }
  }
  const file = () => join(results, 'a', 'likelihood_epoch1_k16.json')
  const known = () => (JSON.parse(readFileSync(file(), 'utf8')) as { costs: unknown[] }).costs.length
  /** How many images were known when it began. */
  const begins = async (checkpoint: Checkpoint, fields: object = {}) => {
    let first: number | undefined
    const found = await ask(checkpoint, fields, { progress: (done) => (first ??= done) })
    return { answer: found, first }
  }

  it('is kept when it is given up, and gone on with to the same numbers', async () => {
    const whole = await ask(await checkpointOf())
    rmSync(file())
    const checkpoint = await checkpointOf()
    await expect(ask(checkpoint, {}, stopAt(16))).rejects.toThrow('given up')
    expect(known()).toBe(16)
    const { answer, first } = await begins(checkpoint)
    expect(answer).toEqual(whole)
    expect(first).toBe(16)
    expect(known()).toBe(30)
    expect(isOwnName('likelihood_epoch1_k16.json')).toBe(true)
  })

  it('serves fewer images without a code weighed, and more from where it ends', async () => {
    const checkpoint = await checkpointOf()
    await ask(checkpoint, { images: 20 })
    const fewer = await begins(checkpoint, { images: 10 })
    expect([fewer.first, fewer.answer.images, known()]).toEqual([10, 10, 20])
    expect((await begins(checkpoint)).answer).toEqual(await ask(await checkpointOf()))
    expect(known()).toBe(30)
  })

  it('is of these weights only, and begins anew where its file is damaged', async () => {
    const checkpoint = await checkpointOf()
    const whole = await ask(checkpoint)
    const other = { ...checkpoint, parameters: checkpoint.parameters.map((value) => 0.5 * value) }
    expect((await ask(other)).marginal.mean).not.toBeCloseTo(whole.marginal.mean, 3)
    expect(await ask(checkpoint)).toEqual(whole)
    for (const text of ['', '{"format":1', '{"format":1,"of":{},"costs":[[null,1,1,1]]}', '[]']) {
      writeFileSync(file(), text)
      expect(await ask(checkpoint)).toEqual(whole)
    }
  })

  it('is looked up without anything being computed, of so many images and these weights', async () => {
    const checkpoint = await checkpointOf()
    const kept = (images: number, of: Checkpoint = checkpoint) =>
      answer({ type: 'keptLikelihood', samples: 16, images }, of)
    expect(await kept(20)).toBeNull()
    const { marginal } = await ask(checkpoint, { images: 20 })
    expect(await kept(20)).toEqual(marginal)
    expect(await kept(1)).toMatchObject({ error: null })
    expect(await kept(21)).toBeNull()
    expect(await kept(20, { ...checkpoint, parameters: new Float32Array(3) })).toBeNull()
  })

  it('is answered where it cannot be kept, and that is said', async () => {
    const checkpoint = await checkpointOf()
    const gone = { ...checkpoint, folder: join(results, 'gone') }
    expect((await ask(gone)).unkept).toMatchObject({ code: 'disk/not-found' })
  })
})

describe('what cannot be', () => {
  it('more images than there are', async () => {
    await expect(ask(await checkpointOf(), { images: 31 })).rejects.toMatchObject({
      code: 'data/no-such-image',
      message: 'There are 30 test images, and 31 were asked for.',
      remedy: 'Ask for 30 or fewer.',
    })
  })

  it('no codes', () => {
    expect(() => asking({ samples: 0 })).toThrow('samples')
  })

  it('a model that says nothing of its codes', async () => {
    const { codes: _, ...model } = createModel({ condition: 'none' })
    const checkpoint = await checkpointOf({ model: { ...model, name: 'without' } })
    await expect(ask(checkpoint)).rejects.toMatchObject({ code: 'likelihood/not-offered' })
  })

  it('weights that grow beyond all bounds', async () => {
    const checkpoint = await checkpointOf()
    const wild = { ...checkpoint, parameters: checkpoint.parameters.map((value) => 1e12 * value) }
    await expect(ask(wild)).rejects.toMatchObject({ code: 'run/overflown' })
  })
})

describe('the sentences beside the published numbers', () => {
  const estimate = { mean: 80, error: 0.4 }
  const found: Likelihood = {
    epoch: 1,
    images: 1000,
    samples: 64,
    averaged: true,
    seen: 'dynamic',
    marginal: estimate,
    conditional: null,
    bound: estimate,
    reconstruction: estimate,
    rate: estimate,
    activeUnits: 1,
    codeSize: 2,
    unkept: null,
  }

  it('never let a bound, another K, another binarization or a class pass for the same', () => {
    const text = comparisons({ ...found, conditional: estimate }, 10_000).join('\n')
    for (const word of [
      'column “dynamic” only',
      'K = 64',
      '−ELBO',
      '−log p(x|y)',
      '1,000 of 10,000 test images',
      '0.80',
    ])
      expect(text).toContain(word)
    expect(comparisons({ ...found, seen: 'static' }, 1000).join('\n')).toContain('column “static” only')
    expect(comparisons({ ...found, samples: null }, 1000).join('\n')).toContain('exact')
  })

  it('stand in their order, the best first', () => {
    const numbers = published.map((row) => row.dynamic ?? row.static ?? NaN)
    expect(numbers).toEqual(numbers.toSorted((a, b) => a - b))
  })

  it('let grey levels be compared with nothing', () => {
    expect(comparisons({ ...found, seen: 'grey' }, 1000)).toHaveLength(1)
  })
})
