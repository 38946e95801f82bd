/** A model's functions as others run them, for any batch, beside what the app itself answers. */
import type { Tensor1D } from '@tensorflow/tfjs-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { OnnxEngine } from '../../main/engine/lanes/cpu'
import { InferenceSession, Tensor } from '../../main/engine/onnx/runtime'
import { tf } from '../../main/engine/tfjs/tfjs'
import { compileForOthers } from '../../main/engine/trace/compile'
import { createModel, type ModelSettings } from '../../main/models/create'
import { views } from '../../main/models/parameters'
import { normals } from '../../main/models/random'
import type { Vlae } from '../../main/models/vlae/vlae'
import { createPrograms, type Programs } from '../../main/training/programs'

const imageSize = 784
const about = { name: 'test', about: 'A test.', version: '1.2.3', epoch: 7, facts: { seed: '3' } }

/** Settings, and the files that there are of them. */
const kinds: [string, ModelSettings, string[]][] = [
  ['ladder with classes', { model: 'ladder', condition: 'label' }, ['vae_encoder', 'vae_decoder', 'vae_sampler']],
  ['ladder without', { model: 'ladder', condition: 'none' }, ['vae_encoder', 'vae_decoder', 'vae_sampler']],
  ['vlae', { model: 'vlae', hidden: 1 }, ['vae_encoder', 'vae_decoder', 'vae_sampler']],
  ['vlae with classes, factorised', { model: 'vlae', decoder: 'factorised', condition: 'label', prior: 'gaussian' }, ['vae_encoder', 'vae_decoder', 'vae_sampler']], // prettier-ignore
  ['vlae without a code', { model: 'vlae', decoder: 'alone', window: '4x2' }, ['vae_decoder']],
]

describe.each(kinds)('%s', (_, settings, names) => {
  const model = createModel(settings)
  const parameters = model.initialise(3)
  const weights = views(parameters, model.layout)
  const constants = Object.fromEntries(
    model.layout.entries.map(({ name, shape }) => [name, { shape, data: weights[name]! }]),
  )
  const sessions = new Map<string, InferenceSession>()
  const programs: Programs = createPrograms(new OnnxEngine(1), model)

  beforeAll(async () => {
    for (const { name, inputs, run } of model.standalone!) {
      const bytes = compileForOthers((all) => run(all, all), { inputs, constants }, about)
      sessions.set(name, await InferenceSession.create(bytes, { logSeverityLevel: 3, intraOpNumThreads: 1 }))
    }
  })
  afterAll(async () => {
    for (const session of sessions.values()) await session.release()
    await programs.release()
  })

  it('has these files', () => {
    expect([...sessions.keys()]).toEqual(names)
  })

  it.each([1, 3, 64])('answers as the app does for %i', async (batch) => {
    const random = { seed: batch, stream: 0, counter: 0 }
    const bytes = Uint8Array.from({ length: batch * imageSize }, (_, i) =>
      model.images === 'binary' ? ((i * 7919) % 5 === 0 ? 255 : 0) : (i * 7919) % 256,
    )
    const images = new Tensor(
      'float32',
      Float32Array.from(bytes, (grey) => grey / 255),
      [batch, 1, 28, 28],
    )
    const labels = Uint8Array.from({ length: batch }, (_, i) => i % 10)
    const floats = (data: Float32Array) => new Tensor('float32', data, [batch, data.length / batch])
    const run = async (name: string, feeds: Record<string, Tensor>) =>
      Object.values(await sessions.get(name)!.run(feeds))[0]!.data as Float32Array

    const answers: Record<string, [theirs: Float32Array, own: Float32Array]> = {}
    if (sessions.has('vae_encoder')) {
      const encode = await programs.prepare(
        'encode',
        (p, { images }) => {
          const { mean, logVariance } = model.codes!.encode(p, images)
          return { both: tf.concat([mean, logVariance], 1) }
        },
        { images: { shape: [batch, imageSize], dtype: 'uint8' } },
      )
      const own = await encode(parameters, { images: bytes })
      answers['code'] = [await run('vae_encoder', { sample: images }), own.both]
    }

    const size = model.codes!.size
    const code = normals(new Float32Array(batch * size), random)
    const cost = await programs.prepare<string, 'costs'>(
      'cost',
      (p, given) => ({ costs: model.codes!.pixelCosts(p, given['images']!, given['code']) }),
      {
        images: { shape: [batch, imageSize], dtype: 'uint8' },
        ...(size > 0 && { code: { shape: [batch, size], dtype: 'float32' as const } }),
      },
    )
    const { costs } = await cost(parameters, { images: bytes, ...(size > 0 && { code }) })
    const session = sessions.get('vae_decoder')!
    const decoded = await run('vae_decoder', {
      ...(size > 0 && { latent_sample: floats(code) }),
      ...(session.inputNames.includes('image') && { image: images }),
    })
    // −log p of a pixel of its logit, or of its probability
    const x = images.data as Float32Array
    const pixelCosts = decoded.map((value, i) => {
      if (session.outputNames[0] === 'logits') return Math.log1p(Math.exp(value)) - x[i]! * value
      return -x[i]! * Math.log(value) - (1 - x[i]!) * Math.log(1 - value)
    })
    answers['pixels'] = [pixelCosts, costs]

    const sampler = sessions.get('vae_sampler')
    if (sampler !== undefined) {
      const noise = normals(new Float32Array(batch * size), random)
      const label = new Tensor('int32', Int32Array.from(labels), [batch])
      const asked = sampler.inputNames.includes('label')
      const theirs = await run('vae_sampler', { noise: floats(noise), ...(asked && { label }) })
      const sampleCode = async () => {
        const draw = await programs.prepare(
          'sampled',
          (p, { noise, labels }) => {
            const y = settings['condition'] === 'label' ? tf.oneHot(labels as Tensor1D, 10, 1, 0, 'float32') : undefined
            return { code: (model as Vlae).network.sampleCode({ parameters: p }, noise, y) }
          },
          { noise: { shape: [batch, size], dtype: 'float32' }, labels: { shape: [batch], dtype: 'uint8' } },
        )
        return (await draw(parameters, { noise, labels })).code
      }
      const sample = async () => (await (await programs.sample(batch))(parameters, { labels, noise })).pixels
      answers['samples'] = [theirs, await (sampler.outputNames[0] === 'sample' ? sample : sampleCode)()]
    }
    expect(Object.entries(answers).map(([name, both]) => [name, apart(...both) <= 1e-5])).toEqual(
      Object.keys(answers).map((name) => [name, true]),
    )
  })
})

/** How far numbers are from those that they should be at most, as a share of what is above 1; NaN counts as far. */
function apart(actual: Float32Array, expected: Float32Array): number {
  if (actual.length !== expected.length) return Infinity
  const far = Array.from(expected, (value, i) => Math.abs(value - actual[i]!) / Math.max(1, Math.abs(value)))
  return Math.max(...far.map((share) => (Number.isNaN(share) ? Infinity : share)))
}
