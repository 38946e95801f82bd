/** The passes that compute convolutions in other ways, and their gradients: when, and that no number changes. */
import { describe, expect, it } from 'vitest'
import type { TensorFunction } from '../../../main/engine/engine'
import { planOf } from '../../../main/engine/plan/plan'
import { tf } from '../../../main/engine/tfjs/tfjs'
import { traced } from '../../../main/engine/trace/compile'
import { random, sizeOf } from '../trace/kernel-case'
import { float, kindsOf, randomArrays, tooFar } from './against'
import { runPlanned } from './planned'

describe('filters’ gradients some images at a time', () => {
  const gradient: TensorFunction = ({ x, filter, dy }) => ({
    y: tf.grad((filter) => tf.conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, 2, 'same'))(filter!, dy),
  })

  // of 21, the last chunk is a smaller one
  it.each([32, 21])('have the images as their last axis: %i images', async (images) => {
    const specs = { x: float([images, 14, 14, 16]), filter: float([4, 4, 16, 16]), dy: float([images, 7, 7, 16]) }
    const { calls } = planOf(traced(gradient, specs))
    expect(calls.filter(({ kind }) => kind === 'transpose').length).toBeGreaterThan(0)
    // nothing is left for a product to transpose
    const lefts = calls.flatMap((call) => (call.kind === 'product' ? [call.inputs[0]!.shape[0]] : []))
    expect(lefts).toEqual([256, 256])
    const arrays = {
      x: Float32Array.from(random(specs.x.shape).values),
      filter: new Float32Array(sizeOf(specs.filter.shape)),
      // with a channel that is off
      dy: Float32Array.from(random(specs.dy.shape, 1).values, (value, i) => (i % 16 === 5 ? 0 : value)),
    }
    const planned = await runPlanned(gradient, specs, arrays)
    expect(await tooFar(gradient, specs, arrays)).toEqual([])
    expect(planned['y']!.filter((value, i) => i % 16 === 5 && value !== 0)).toHaveLength(0)
  })

  it('are left alone where windows are hardly more than what they are cut out of', () => {
    const specs = { x: float([64, 28, 28, 4]), filter: float([2, 2, 4, 16]), dy: float([64, 14, 14, 16]) }
    expect(kindsOf(gradient, specs)).not.toContain('transpose')
  })
})

describe('winograd', () => {
  /** A convolution of 4×4 and stride 2 and one in transposition, with the gradients of both: of maps with borders of all kinds. */
  const cases = [
    { height: 14, width: 14, padding: 'same' },
    { height: 12, width: 9, padding: 'same' },
    { height: 10, width: 16, padding: 'valid' },
  ] as const

  it.each(cases)('computes with fewer products what the graph does: $height×$width, $padding', async (given) => {
    const { height, width, padding } = given
    const images = 3
    const specs = {
      x: float([images, height, width, 16]),
      filter: float([4, 4, 16, 20]),
      back: float([4, 4, 16, 20]),
    }
    const names = ['x', 'filter', 'back'] as const
    const fn: TensorFunction = (inputs) => {
      const cost = (...[x, filter, back]: tf.Tensor[]) => {
        const y = tf.elu(tf.conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, 2, padding))
        const z = tf.conv2dTranspose(y as tf.Tensor4D, back as tf.Tensor4D, [images, height, width, 16], 2, padding)
        return tf.sum(tf.tanh(z)) as tf.Scalar
      }
      const found = tf.valueAndGrads(cost)(names.map((name) => inputs[name]!))
      return { cost: found.value, ...Object.fromEntries(names.map((name, i) => [name, found.grads[i]!])) }
    }
    const arrays = randomArrays(specs, (x) => 0.3 * x)
    const graph = traced(fn, specs)
    // forward and back: of each convolution its map, its filter and its results, and what is made of nine products
    expect(planOf(graph).calls.filter(({ kind }) => kind === 'combine').length).toBeGreaterThanOrEqual(8)
    expect(planOf(graph, ['winograd']).calls.filter(({ kind }) => kind === 'combine')).toEqual([])
    expect(await tooFar(fn, specs, arrays)).toEqual([])
  })

  it.each([
    ['borders', [4, 8, 8, 32], [4, 8, 8, 32], 3],
    ['channels', [4, 8, 8, 32], [8, 8, 8, 16], 1],
  ] as const)('does not take one convolution’s map for another’s: other %s', async (_what, shape, other, end) => {
    const specs = { x: float([...shape]), one: float([4, 4, shape[3], 16]), two: float([4, 4, other[3], 16]) }
    const fn: TensorFunction = ({ x, one, two }) => {
      const convolved = (x: tf.Tensor, filter: tf.Tensor, end: number) =>
        tf.conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, 2, [[0, 0], [1, end], [1, end], [0, 0]]) // prettier-ignore
      return { y: convolved(x!, one!, 1), z: convolved(tf.reshape(x!, [...other]), two!, end) }
    }
    const arrays = randomArrays(specs)
    expect(kindsOf(fn, specs).filter((kind) => kind === 'combine').length).toBeGreaterThanOrEqual(6)
    expect(await tooFar(fn, specs, arrays)).toEqual([])
  })

  it('leaves alone what it would not make faster: other filters, strides, few channels, odd borders of small maps', () => {
    const combined = (filter: number[], stride: number, side: number) => {
      const specs = { x: float([4, side, side, filter[2]!]), filter: float(filter) }
      const fn: TensorFunction = ({ x, filter }) => ({
        y: tf.conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, stride, 'same'),
      })
      return planOf(traced(fn, specs)).calls.some(({ kind }) => kind === 'combine')
    }
    expect(combined([4, 4, 16, 16], 2, 8)).toBe(true)
    expect(combined([3, 3, 16, 16], 2, 8)).toBe(false)
    expect(combined([4, 4, 16, 16], 1, 8)).toBe(false)
    expect(combined([4, 4, 16, 18], 2, 8)).toBe(false)
    expect(combined([4, 4, 8, 16], 2, 8)).toBe(false)
    expect(combined([4, 4, 16, 16], 2, 2)).toBe(false)
  })
})

describe('overlaps', () => {
  /** In transposition, as the last layer of a decoder is one. */
  const specsOf = (channels: number, filter: number) => ({
    x: float([5, 4, 6, 8]),
    filter: float([filter, filter, channels, 8]),
  })
  const fnOf =
    (channels: number, stride: number, padding: 'same' | 'valid', height: number, width: number): TensorFunction =>
    ({ x, filter }) => ({
      y: tf.conv2dTranspose(x as tf.Tensor4D, filter as tf.Tensor4D, [5, height, width, channels], stride, padding),
    })
  const cases = [
    { channels: 1, filter: 4, stride: 2, padding: 'same', height: 8, width: 12 },
    { channels: 1, filter: 5, stride: 2, padding: 'same', height: 7, width: 11 },
    { channels: 2, filter: 3, stride: 1, padding: 'valid', height: 6, width: 8 },
    { channels: 3, filter: 2, stride: 3, padding: 'valid', height: 11, width: 17 },
  ] as const

  it.each(cases)(
    'are added up after one product: $channels channels, $filter×$filter, stride $stride, $padding',
    async (given) => {
      // prettier-ignore
      const { channels, filter, stride, padding, height, width } = given
      const specs = specsOf(channels, filter)
      const fn = fnOf(channels, stride, padding, height, width)
      const kinds = kindsOf(fn, specs)
      expect(kinds.slice(0, 2)).toEqual(['product', 'combine'])
      expect(kinds).not.toContain('graph')
      expect(kindsOf(fn, specs, ['overlaps'])).toContain('graph')
      const arrays = randomArrays(specs)
      expect(await tooFar(fn, specs, arrays)).toEqual([])
    },
  )

  it('of many channels are left alone', () => {
    const specs = { x: float([5, 4, 6, 2]), filter: float([4, 4, 8, 2]) }
    expect(kindsOf(fnOf(8, 2, 'same', 8, 12), specs)).toContain('graph')
  })
})
