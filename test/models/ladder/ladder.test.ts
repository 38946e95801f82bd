import type { Scalar, Tensor } from '@tensorflow/tfjs-core'
import { describe, expect, it } from 'vitest'
import { tf } from '../../../main/engine/tfjs/tfjs'
import { createModel } from '../../../main/models/create'
import { views } from '../../../main/models/parameters'
import { normals, stream } from '../../../main/models/random'
import { referenceBatch, referenceParameters } from './reference'

const conditions = ['label', 'none'] as const

describe.each(conditions)('fresh parameters, %s', (condition) => {
  const { initialise, layout } = createModel({ condition })
  const flat = initialise(5)
  const fresh = views(flat, layout)

  it('are a function of the seed', () => {
    expect(Buffer.compare(bytes(initialise(5)), bytes(flat))).toBe(0)
    expect(Buffer.compare(bytes(initialise(6)), bytes(flat))).not.toBe(0)
  })

  // PyTorch's fan-in of each layer; a transposed convolution's is its outputs times its kernel's area
  it.each([
    ['encoder.conv.0', 16],
    ['encoder.conv.2', 512],
    ['encoder.shared', 3136],
    ['encoder.logvar2', 256],
    ['prior_net.net.0', condition === 'label' ? 26 : 16],
    ['prior_net.mu', 128],
    ['decoder.fc.0', 48],
    ['decoder.fc.2', 256],
    ['decoder.deconv.1', 512],
    ['decoder.deconv.3', 16],
  ])('%s is uniform in ±1/√%i', (layer, fanIn) => {
    const bound = 1 / Math.sqrt(fanIn)
    const weights = fresh[`${layer}.weight`]!
    for (const values of [weights, fresh[`${layer}.bias`]!])
      expect(values.every((value) => Math.abs(value) <= Math.fround(bound))).toBe(true)
    const { mean, deviation } = moments(weights)
    // five standard errors; the deviation of a uniform distribution is bound/√3
    expect(Math.abs(mean)).toBeLessThan((5 * bound) / Math.sqrt(3 * weights.length))
    expect(Math.abs(deviation / bound - 1 / Math.sqrt(3))).toBeLessThan(1.5 / Math.sqrt(weights.length))
  })
})

it('starts the classes of the prior near N(0, I): means of deviation 0.05, log-variances 0', () => {
  const { initialise, layout } = createModel({ condition: 'label' })
  const fresh = views(initialise(0), layout)
  const { mean, deviation } = moments(fresh['prior_net.mu2']!)
  expect(Math.abs(mean)).toBeLessThan(0.02)
  expect(deviation).toBeGreaterThan(0.038)
  expect(deviation).toBeLessThan(0.062)
  expect(fresh['prior_net.logvar2']!.every((value) => value === 0)).toBe(true)
})

describe('samples of the prior', () => {
  const noise = tf.tensor2d(normals(new Float32Array(48), { seed: 0, stream: stream.gallery, counter: 0 }), [1, 48])
  const pixels = (condition: 'label' | 'none', label: number) => {
    const model = createModel({ condition })
    return model.sample(tensors(condition), tf.tensor1d([label], 'int32'), noise).dataSync()
  }

  it('depend on the class with `label`', () => expect(pixels('label', 3)).not.toEqual(pixels('label', 4)))

  it('do not with `none`', () => expect(pixels('none', 3)).toEqual(pixels('none', 4)))

  it('are probabilities', () => {
    for (const value of pixels('label', 3)) expect(value >= 0 && value <= 1).toBe(true)
  })
})

describe.each(conditions)('the gradient, %s', (condition) => {
  it.each(['encoder', 'prior_net', 'decoder'])("of the loss along %s's agrees with finite differences", (part) => {
    const model = createModel({ condition })
    const parameters = tensors(condition)
    const batch = {
      images: tf.tensor2d(Int32Array.from(referenceBatch.images.subarray(0, 784)), [1, 784], 'int32'),
      labels: tf.tensor1d([referenceBatch.labels[0]!], 'int32'),
      noise: tf.tensor2d(referenceBatch.noise.slice(0, 48), [1, 48]),
    }
    const names = Object.keys(parameters).filter((name) => name.startsWith(part))
    const loss = (...moved: Tensor[]): Scalar => {
      const all = { ...parameters, ...Object.fromEntries(names.map((name, i) => [name, moved[i]!])) }
      const { reconstruction, klZ1, klZ2 } = model.losses(all, batch)
      return tf.sum(tf.add(reconstruction!, tf.add(klZ1!, klZ2!)))
    }
    const start = names.map((name) => parameters[name]!)
    const gradients = tf.grads(loss)(start)
    const norm = Math.sqrt(gradients.reduce((sum, g) => sum + tf.sum(tf.square(g)).dataSync()[0]!, 0))
    // a step along the gradient that changes the loss by about 1: far above float32's rounding of it
    const at = (sign: number) =>
      loss(...start.map((x, i) => tf.add(x, tf.mul(gradients[i]!, (sign * 0.5) / norm ** 2)))).dataSync()[0]!
    expect(at(1) - at(-1)).toBeGreaterThan(0.99)
    expect(at(1) - at(-1)).toBeLessThan(1.01)
  })
})

function tensors(condition: 'label' | 'none') {
  const { layout } = createModel({ condition })
  const arrays = views(referenceParameters(condition), layout)
  return Object.fromEntries(layout.entries.map(({ name, shape }) => [name, tf.tensor(arrays[name]!, [...shape])]))
}

function bytes(values: Float32Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
}

function moments(values: Float32Array) {
  const mean = values.reduce((sum, x) => sum + x, 0) / values.length
  return { mean, deviation: Math.sqrt(values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / values.length) }
}
