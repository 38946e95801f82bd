import type { Tensor } from '@tensorflow/tfjs-core'
import { describe, expect, it } from 'vitest'
import { tf } from '../../../main/engine/tfjs/tfjs'
import type { Tensors } from '../../../main/models/model'
import { normals, uniform } from '../../../main/models/random'
import { decoder, encoder } from '../../../main/models/vlae/autoencoder'
import { convolution, dense, transposedConvolution } from '../../../main/models/vlae/linear'
import { normalised, sequence, type Piece } from '../../../main/models/vlae/normalised'
import { compute, madeUp, tensors } from './pieces'

const random = (shape: number[], seed = 7) =>
  tf.tensor(normals(new Float32Array(shape.reduce((a, b) => a * b)), { seed, stream: 0, counter: 0 }), shape)
const values = (tensor: Tensor) => [...tensor.dataSync()]

/** Mean and deviation of each output, over the batch and all places. */
function moments(y: Tensor): { means: number[]; deviations: number[] } {
  const { mean, variance } = tf.moments(tf.reshape(y, [-1, y.shape.at(-1)!]), 0)
  return { means: values(mean), deviations: values(tf.sqrt(variance)) }
}

describe('weight normalisation', () => {
  it('is g · v/‖v‖ for each output, whatever the length of v', () => {
    const layer = dense('layer', 3, 2)
    const v = random([3, 2])
    const [g, b] = [tf.tensor([2, -0.5]), tf.tensor([0.25, 1])]
    const identity = tf.eye(3)
    const w = (scale: number) =>
      tf.sub(layer.apply({ parameters: { 'layer.v': tf.mul(v, scale), 'layer.g': g, 'layer.b': b } }, identity), b)
    const lengths = values(tf.norm(w(1), 2, 0))
    expect(lengths[0]).toBeCloseTo(2, 5)
    expect(lengths[1]).toBeCloseTo(0.5, 5)
    values(w(40)).forEach((weight, i) => expect(weight).toBeCloseTo(values(w(1))[i]!, 5))
    const direction = values(tf.div(v, tf.norm(v, 2, 0)))
    values(w(1)).forEach((weight, i) => expect(weight).toBeCloseTo(direction[i]! * (i % 2 === 0 ? 2 : -0.5), 5))
  })

  it.each<[string, Piece, number[]]>([
    ['a dense layer', dense('layer', 5, 4), [40, 5]],
    ['a convolution', convolution('layer', 2, 3), [6, 8, 8, 2]],
    ['a strided convolution', convolution('layer', 2, 3, { stride: 2 }), [6, 8, 8, 2]],
    ['a 1×1 convolution', convolution('layer', 2, 3, { kernel: 1, scale: 0.1 }), [6, 8, 8, 2]],
    ['a transposed convolution', transposedConvolution('layer', 2, 3, { size: 15, scale: 0.1 }), [6, 8, 8, 2]],
  ])('starts the outputs of %s with mean 0 and its deviation, and then computes the same', (name, layer, shape) => {
    const x = tf.add(tf.mul(random(shape), 3), 2)
    const parameters = tensors(layer.parameters, madeUp(layer.parameters))
    const found: Tensors = {}
    const y = layer.apply({ parameters, found }, x)
    expect(Object.keys(found)).toEqual(['layer.g', 'layer.b'])
    const { means, deviations } = moments(y)
    for (const mean of means) expect(mean).toBeCloseTo(0, 5)
    const expected = name.startsWith('a 1') || name.startsWith('a t') ? 0.1 : 1
    for (const deviation of deviations) expect(deviation).toBeCloseTo(expected, 4)
    const after = values(layer.apply({ parameters: { ...parameters, ...found } }, x))
    values(y).forEach((value, i) => expect(after[i]).toBeCloseTo(value, 4))
  })

  it('leaves an output that is always the same a number', () => {
    const mask = () => tf.tensor([1, 0, 1, 0], [2, 2])
    const layer = dense('layer', 2, 2, { mask })
    const found: Tensors = {}
    layer.apply({ parameters: tensors(layer.parameters, madeUp(layer.parameters)), found }, random([9, 2]))
    expect(values(found['layer.g']!)[1]).toBe(1)
    expect(values(found['layer.b']!)[1]).toBeCloseTo(0, 6)
  })

  it('of two directions takes the length of both together', () => {
    const part = (name: string) => dense(name, 1, 1).parameters[0]!
    const direction = (name: string) => ({ parameter: part(name), axis: 1 })
    const joint = normalised<[Tensor, Tensor]>({
      name: 'joint',
      outputs: 1,
      directions: [direction('one'), direction('two')],
      map: ([x, y], [a, b]) => tf.add(tf.matMul(x as never, a as never), tf.matMul(y as never, b as never)),
    })
    const number = (value: number) => tf.tensor2d([[value]])
    const parameters = {
      'one.v': number(3),
      'two.v': number(4),
      'joint.g': tf.tensor([5]),
      'joint.b': tf.tensor([0]),
    }
    expect(values(joint.apply({ parameters }, [number(1), number(0)]))[0]).toBeCloseTo(3, 5)
    expect(values(joint.apply({ parameters }, [number(0), number(1)]))[0]).toBeCloseTo(4, 5)
  })
})

describe('a transposed convolution', () => {
  it.each([8, 7])('is the transpose of the strided one, padded by 1: %i', (size) => {
    const up = transposedConvolution('layer', 2, 3, { size })
    const down = convolution('layer', 3, 2, { stride: 2 })
    const v = random([3, 3, 3, 2])
    // lengths of 1, so that both have the weights v: what is compared are places
    const unit = (axes: number[]) => tf.sqrt(tf.sum(tf.square(v), axes))
    const zero = (count: number) => tf.zeros([count])
    const [x, y] = [random([1, size, size, 3], 1), random([1, 4, 4, 2], 2)]
    const made = up.apply({ parameters: { 'layer.v': v, 'layer.g': unit([0, 1, 3]), 'layer.b': zero(3) } }, y)
    const seen = down.apply({ parameters: { 'layer.v': v, 'layer.g': unit([0, 1, 2]), 'layer.b': zero(2) } }, x)
    expect(made.shape).toEqual([1, size, size, 3])
    const [left, right] = [tf.sum(tf.mul(seen, y)), tf.sum(tf.mul(x, made))].map((sum) => values(sum)[0]!)
    expect(left).toBeCloseTo(right!, 3)
  })
})

describe('encoder and decoder', () => {
  it('start with pre-activations of mean 0 and deviation 1 all through, of small differences in log-variance', async () => {
    const batch = 60
    const [q, p] = [encoder(), decoder(4)]
    const x = uniform(new Float32Array(batch * 784), { seed: 1, stream: 0, counter: 0 }).map((u) => (u < 0.2 ? 1 : 0))
    const parameters = [...q.parameters, ...p.parameters]
    const result = await compute(
      parameters,
      madeUp(parameters),
      { x: { values: x, shape: [batch, 784] } },
      (parameters, { x }) => {
        const found: Tensors = {}
        const posterior = q.apply({ parameters, found }, x!)
        const map = p.apply({ parameters, found }, posterior.mean)
        return { ...posterior, map, ...found }
      },
    )
    for (const [name, shape, expected] of [
      ['mean', [batch, 64], 1],
      ['logVariance', [batch, 64], 0.1],
      ['map', [batch, 28, 28, 4], 1],
    ] as const) {
      const { means, deviations } = moments(tf.tensor(result[name]!, [...shape]))
      for (const mean of means) expect(Math.abs(mean)).toBeLessThan(1e-3)
      for (const deviation of deviations) expect(deviation).toBeCloseTo(expected, 2)
    }
    const gains = parameters.filter(({ name }) => /\.[gb]$/.test(name)).map(({ name }) => name)
    expect(Object.keys(result)).toEqual(expect.arrayContaining(gains))
  })

  it('pass through maps of 14, 7 and 4 pixels, five blocks each', () => {
    const blocks = (piece: { parameters: Piece['parameters'] }) =>
      new Set(piece.parameters.flatMap(({ name }) => /blocks\.\d/.exec(name)?.[0] ?? [])).size
    expect([blocks(encoder()), blocks(decoder(4))]).toEqual([5, 5])
    const skips = (piece: { parameters: Piece['parameters'] }) =>
      piece.parameters.filter(({ name }) => name.endsWith('skip.v')).map(({ name }) => name)
    expect(skips(encoder())).toHaveLength(3)
    expect(skips(decoder(4))).toHaveLength(3)
  })
})

it('a sequence has the parameters of its pieces in order', () => {
  const both = sequence(dense('a', 2, 3), dense('b', 3, 1))
  expect(both.parameters.map(({ name }) => name)).toEqual(['a.v', 'a.g', 'a.b', 'b.v', 'b.g', 'b.b'])
})
