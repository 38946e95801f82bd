/** All parts of the paper's VLAE and their gradients against PyTorch's numbers. */
import type { Scalar, Tensor } from '@tensorflow/tfjs-core'
import { describe, expect, it } from 'vitest'
import { tf } from '../../../main/engine/tfjs/tfjs'
import { createNetwork } from '../../../main/models/vlae/network'
import { compute } from './pieces'
import { batch, distance, fixture, gradientDistances, referenceWeights, settings, type Name } from './reference'

const limit = 1e-4

describe.each<Name>(['local', 'byClass', 'factorised', 'alone', 'wide'])('the network %s', (name) => {
  it("has PyTorch's reconstruction, KL, logits and gradient of every parameter", async () => {
    const network = createNetwork(settings[name])
    const { parameters } = network
    const expected = fixture.models[name]
    const { x, y, noise, count } = batch
    const inputs = {
      x: { values: x, shape: [count, 784] },
      y: { values: y, shape: [count, 10] },
      noise: { values: noise, shape: [count, 64] },
    }
    const weights = referenceWeights(name, parameters)
    const result = await compute(parameters, weights, inputs, (all) => {
      const names = parameters.map((parameter) => parameter.name)
      const losses = (tensors: readonly Tensor[]) => {
        const named = Object.fromEntries(names.map((name, i) => [name, tensors[i]!]))
        return network.losses({ parameters: named }, { x: all['x']!, y: all['y']! }, all['noise']!)
      }
      const objective = (...tensors: Tensor[]): Scalar => {
        const { reconstruction, kl } = losses(tensors)
        return tf.sum(tf.add(reconstruction, tf.mul(kl, 0.7)))
      }
      const start = names.map((name) => all[name]!)
      const gradients = tf.grads(objective)(start)
      const map = network.codeSize > 0 ? decoded(network, all) : undefined
      return {
        ...losses(start),
        logits: network.logits({ parameters: all }, all['x']!, map),
        ...Object.fromEntries(names.map((name, i) => [`gradient of ${name}`, gradients[i]!])),
      }
    })
    const relative = (actual: Float32Array, values: readonly number[]) =>
      Math.max(...values.map((value, i) => Math.abs(actual[i]! - value) / Math.max(1, Math.abs(value))))
    expect(relative(result['reconstruction']!, expected.reconstruction)).toBeLessThan(limit)
    expect(relative(result['kl']!, expected.kl)).toBeLessThan(limit)
    expect(distance(result['logits']!, expected.logits, 0)).toBeLessThan(limit)
    const gradients = Object.fromEntries(parameters.map(({ name }) => [name, result[`gradient of ${name}`]!]))
    const distances = gradientDistances(name, parameters, gradients)
    expect(Object.keys(distances)).toEqual(Object.keys(expected.shapes))
    expect(Object.entries(distances).filter(([, value]) => !(value < limit))).toEqual([])
  }, 120_000)
})

function decoded(network: ReturnType<typeof createNetwork>, all: Record<string, Tensor>): Tensor {
  const { mean, logVariance } = network.encode({ parameters: all }, all['x']!)
  return network.decode({ parameters: all }, tf.add(mean, tf.mul(tf.exp(tf.mul(logVariance, 0.5)), all['noise']!)))
}
