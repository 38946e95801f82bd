/** The passes of a plan, each alone and all together: what each makes of nodes that it knows, and that none changes a number. */
import { describe, expect, it } from 'vitest'
import type { TensorFunction, TensorSpec } from '../../../main/engine/engine'
import { type Pass, passes, planOf } from '../../../main/engine/plan/plan'
import { tf } from '../../../main/engine/tfjs/tfjs'
import { traced } from '../../../main/engine/trace/compile'
import { differences, random, runCompiled, sizeOf } from '../trace/kernel-case'
import { runPlanned } from './planned'

const float = (shape: number[]): TensorSpec => ({ shape, dtype: 'float32' })
const all = Object.keys(passes) as Pass[]
const allBut = (...kept: Pass[]) => all.filter((pass) => !kept.includes(pass))

/** A small network's gradient, with all that the passes know and something that none does (a largest number). */
const specs = {
  images: { shape: [3, 36], dtype: 'uint8' },
  labels: { shape: [3], dtype: 'uint8' },
  filter: float([3, 3, 1, 5]),
  second: float([4, 4, 5, 6]),
  bias: float([5]),
  dense: float([54, 7]),
} satisfies Record<string, TensorSpec>
const network: TensorFunction = (inputs) => {
  const { images, labels } = inputs as Record<keyof typeof specs, tf.Tensor>
  const cost = (...[filter, second, bias, dense]: tf.Tensor[]) => {
    const x = tf.reshape(tf.sub(tf.div(tf.cast(images, 'float32'), 255), 0.5), [3, 6, 6, 1]) as tf.Tensor4D
    const one = tf.elu(tf.add(tf.conv2d(x, filter as tf.Tensor4D, 1, 'same'), bias!))
    const two = tf.relu(tf.conv2d(one as tf.Tensor4D, second as tf.Tensor4D, 2, 'same'))
    const logits = tf.matMul(tf.reshape(two, [3, 54]), dense as tf.Tensor2D)
    const wanted = tf.cast(tf.equal(tf.reshape(labels, [3, 1]), tf.tensor1d([0, 1, 2, 3, 4, 5, 6], 'int32')), 'float32')
    const shifted = tf.sub(logits, tf.max(logits, 1, true))
    const total = tf.log(tf.sum(tf.exp(shifted), 1))
    return tf.sum(tf.sub(total, tf.sum(tf.mul(wanted, shifted), 1))) as tf.Scalar
  }
  const names = ['filter', 'second', 'bias', 'dense'] as const
  const found = tf.valueAndGrads(cost)(names.map((name) => inputs[name]!))
  return { cost: found.value, ...Object.fromEntries(names.map((name, i) => [name, found.grads[i]!])) }
}
const arrays = {
  images: Uint8Array.from({ length: 108 }, (_, i) => (i * 37) % 256),
  labels: Uint8Array.of(6, 0, 3),
  ...Object.fromEntries(
    (['filter', 'second', 'bias', 'dense'] as const).map((name, i) => [
      name,
      Float32Array.from(random(specs[name].shape, i).values, (x) => 0.3 * x),
    ]),
  ),
}

/** What is further off than 1e-5 of its largest number. */
function tooFar(planned: Readonly<Record<string, Float32Array>>, expected: Readonly<Record<string, Float32Array>>) {
  const off = Object.entries(expected).map(([name, numbers]): [string, number] => {
    const largest = numbers.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
    const most = numbers.reduce((far, value, i) => Math.max(far, Math.abs(value - planned[name]![i]!)), 0)
    return [name, most / largest]
  })
  return off.filter(([, share]) => !(share < 1e-5))
}

describe('a network’s gradient', () => {
  it.each([
    ['all passes', []],
    ['no pass', all],
    ...all.map((pass): [string, Pass[]] => [`${pass} alone`, allBut(pass)]),
    ...all.map((pass): [string, Pass[]] => [`all but ${pass}`, [pass]]),
  ])('is the graph’s with %s', async (_name, without) => {
    const graph = await runCompiled(network, specs, arrays)
    const planned = await runPlanned(network, specs, arrays, without)
    const wrong = Object.entries(graph).flatMap(([name, numbers]) => differences(planned[name]!, numbers, 1e-5))
    expect(wrong).toEqual([])
  })

  it('takes fewer calls with each pass', () => {
    const graph = traced(network, specs)
    const calls = (without: readonly Pass[]) => planOf(graph, without).calls
    const most = calls(all).length
    expect(most).toBe(graph.nodes.filter(({ op }) => op !== 'Reshape').length)
    for (const pass of ['moves', 'chains', 'rest'] as const) expect(calls(allBut(pass)).length).toBeLessThan(most)
    expect(calls([]).length).toBeLessThan(most / 2)
    // what no pass knows
    expect(calls([]).filter(({ kind }) => kind === 'graph')).toHaveLength(1)
  })
})

/** The kinds of the calls that a function takes. */
const kindsOf = (fn: TensorFunction, specs: Record<string, TensorSpec>, without: readonly Pass[] = []) =>
  planOf(traced(fn, specs), without).calls.map(({ kind }) => kind)

describe('moves', () => {
  const x = { x: float([2, 4, 6]) }

  it('one after another are one, whatever they are', async () => {
    const fn: TensorFunction = ({ x }) => {
      const padded = tf.pad(x!, [[0, 0], [1, 2], [0, 1]]) // prettier-ignore
      const turned = tf.transpose(tf.reverse(tf.slice(padded, [0, 1, 2], [2, 5, 4]), 2), [0, 2, 1])
      return { y: tf.concat([turned, tf.gather(turned, [3, 0, 0], 1)], 1) }
    }
    expect(kindsOf(fn, x)).toEqual(['pick'])
    const given = { x: Float32Array.from(random([2, 4, 6]).values) }
    expect(await runPlanned(fn, x, given)).toEqual(await runCompiled(fn, x, given))
  })

  it('that leave everything where it is are none', () => {
    const fn: TensorFunction = ({ x }) => ({ y: tf.relu(tf.transpose(tf.transpose(x!, [0, 2, 1]), [0, 2, 1])) })
    expect(kindsOf(fn, x)).toEqual(['chain'])
  })

  it('are runs of different lengths where those are fewer: of a map with a border of zeros', async () => {
    const specs = { x: float([2, 6, 8]) }
    const fn: TensorFunction = ({ x }) => ({ y: tf.pad(x!, [[0, 0], [1, 1], [0, 0]]) }) // prettier-ignore
    expect(kindsOf(fn, specs)).toEqual(['spans'])
    const given = { x: Float32Array.from(random([2, 6, 8]).values) }
    expect(await runPlanned(fn, specs, given)).toEqual(await runCompiled(fn, specs, given))
  })

  it('of values side by side are one for each of them, rows apart', async () => {
    const specs = { x: float([3, 4]), y: float([3, 2]) }
    const fn: TensorFunction = ({ x, y }) => ({ z: tf.concat([tf.slice(x!, [0, 1], [3, 2]), y!], 1) })
    expect(kindsOf(fn, specs)).toEqual(['pick', 'pick'])
    const given = { x: Float32Array.from(random([3, 4]).values), y: Float32Array.from(random([3, 2], 1).values) }
    expect(await runPlanned(fn, specs, given)).toEqual(await runCompiled(fn, specs, given))
  })
})

describe('chains', () => {
  const specs = { x: float([6, 4]), row: float([6, 1]), column: float([4]), one: float([]) }
  const given = Object.fromEntries(
    Object.entries(specs).map(([name, { shape }], i) => [name, Float32Array.from(random(shape, i).values)]),
  )

  it('are one call with what is repeated down columns and along rows, and with sums at the end', async () => {
    const fn: TensorFunction = ({ x, row, column, one }) => {
      const y = tf.elu(tf.add(tf.mul(x!, row!), column!))
      const z = tf.where(tf.greater(y, one!), tf.exp(tf.neg(y)), y)
      return { y, z, rows: tf.sum(z, 1), columns: tf.sum(z, 0), all: tf.sum(y) }
    }
    expect(kindsOf(fn, specs)).toEqual(['chain'])
    const [planned, graph] = [await runPlanned(fn, specs, given), await runCompiled(fn, specs, given)]
    expect(Object.entries(graph).flatMap(([name, numbers]) => differences(planned[name]!, numbers, 1e-6))).toEqual([])
  })

  it('are several where a sum, or what is no chain’s, stands between', async () => {
    const fn: TensorFunction = ({ x }) => {
      const y = tf.tanh(x!)
      return { z: tf.mul(y, tf.sum(y, 1, true)), w: tf.sub(y, tf.max(y, 0, true)) }
    }
    const kinds = kindsOf(fn, specs)
    expect(kinds.filter((kind) => kind === 'chain').length).toBeGreaterThan(1)
    const [planned, graph] = [await runPlanned(fn, specs, given), await runCompiled(fn, specs, given)]
    expect(Object.entries(graph).flatMap(([name, numbers]) => differences(planned[name]!, numbers, 1e-6))).toEqual([])
  })

  it('repeat in any other way what was expanded before', async () => {
    const middle = { x: float([2, 3, 4]), y: float([2, 1, 4]) }
    const fn: TensorFunction = ({ x, y }) => ({ z: tf.add(x!, tf.square(y!)) })
    const arrays = { x: Float32Array.from(random([2, 3, 4]).values), y: Float32Array.from(random([2, 1, 4], 1).values) }
    expect(await runPlanned(fn, middle, arrays)).toEqual(await runCompiled(fn, middle, arrays))
  })
})

describe('chunks', () => {
  /** Of a number of images that no number of images divides. */
  const images = 11
  const specs = {
    images: float([images, 28, 28, 1]),
    filter: float([3, 3, 1, 16]),
    bias: float([16]),
    second: float([3, 3, 16, 16]),
    third: float([4, 4, 16, 20]),
  }
  const names = ['filter', 'bias', 'second', 'third'] as const
  /** Windows that are read forward and back, bias sums, a residual connection, blocks of a transposed convolution. */
  const fn: TensorFunction = (inputs) => {
    const cost = (...[filter, bias, second, third]: tf.Tensor[]) => {
      const x = inputs['images'] as tf.Tensor4D
      const one = tf.elu(tf.add(tf.conv2d(x, filter as tf.Tensor4D, 1, 'same'), bias!)) as tf.Tensor4D
      const two = tf.elu(tf.add(one, tf.conv2d(one, second as tf.Tensor4D, 1, 'same'))) as tf.Tensor4D
      return tf.mean(tf.square(tf.conv2d(two, third as tf.Tensor4D, 2, 'same'))) as tf.Scalar
    }
    const found = tf.valueAndGrads(cost)(names.map((name) => inputs[name]!))
    return { cost: found.value, ...Object.fromEntries(names.map((name, i) => [name, found.grads[i]!])) }
  }
  const arrays = Object.fromEntries(
    Object.entries(specs).map(([name, { shape }], i) => [
      name,
      Float32Array.from(random(shape, i).values, (x) => (name === 'images' ? x : 0.2 * x)),
    ]),
  )

  it('of some images at a time give the graph’s numbers in less memory', async () => {
    const graph = traced(fn, specs)
    const [cut, whole] = [planOf(graph), planOf(graph, ['chunks'])]
    expect(cut.bytes).toBeLessThan(0.6 * whole.bytes)
    expect(cut.calls.length).toBeGreaterThan(1.4 * whole.calls.length)
    const [planned, expected] = [await runPlanned(fn, specs, arrays), await runCompiled(fn, specs, arrays)]
    expect(tooFar(planned, expected)).toEqual([])
  })
})

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
    expect(tooFar(planned, await runCompiled(gradient, specs, arrays))).toEqual([])
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
    const arrays = Object.fromEntries(
      names.map((name, i) => [name, Float32Array.from(random(specs[name].shape, i).values, (x) => 0.3 * x)]),
    )
    const graph = traced(fn, specs)
    // forward and back: of each convolution its map, its filter and its results, and what is made of nine products
    expect(planOf(graph).calls.filter(({ kind }) => kind === 'combine').length).toBeGreaterThanOrEqual(8)
    expect(planOf(graph, ['winograd']).calls.filter(({ kind }) => kind === 'combine')).toEqual([])
    const [planned, expected] = [await runPlanned(fn, specs, arrays), await runCompiled(fn, specs, arrays)]
    expect(tooFar(planned, expected)).toEqual([])
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
    const arrays = Object.fromEntries(Object.entries(specs).map(([name, { shape }], i) => [name, Float32Array.from(random(shape, i).values)])) // prettier-ignore
    expect(kindsOf(fn, specs).filter((kind) => kind === 'combine').length).toBeGreaterThanOrEqual(6)
    const [planned, expected] = [await runPlanned(fn, specs, arrays), await runCompiled(fn, specs, arrays)]
    expect(tooFar(planned, expected)).toEqual([])
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
      const arrays = Object.fromEntries(
        Object.entries(specs).map(([name, { shape }], i) => [name, Float32Array.from(random(shape, i).values)]),
      )
      expect(tooFar(await runPlanned(fn, specs, arrays), await runCompiled(fn, specs, arrays))).toEqual([])
    },
  )

  it('of many channels are left alone', () => {
    const specs = { x: float([5, 4, 6, 2]), filter: float([4, 4, 8, 2]) }
    expect(kindsOf(fnOf(8, 2, 'same', 8, 12), specs)).toContain('graph')
  })
})

describe('turns', () => {
  const gradient: TensorFunction = ({ x, dy }) => ({ y: tf.matMul(x as tf.Tensor2D, dy as tf.Tensor2D, true) })

  it('turn a left matrix over before a product of many columns, and the same one once', async () => {
    const specs = { x: float([6, 10]), dy: float([6, 300]) }
    const given = Object.fromEntries(
      Object.entries(specs).map(([name, { shape }], i) => [name, Float32Array.from(random(shape, i).values)]),
    )
    expect(kindsOf(gradient, specs)).toEqual(['transpose', 'product'])
    const planned = await runPlanned(gradient, specs, given)
    expect(tooFar(planned, await runCompiled(gradient, specs, given))).toEqual([])

    const both: TensorFunction = (inputs) => ({ ...gradient(inputs), z: gradient({ ...inputs, dy: tf.neg(inputs['dy']!) })['y']! }) // prettier-ignore
    expect(kindsOf(both, specs).filter((kind) => kind === 'transpose')).toHaveLength(1)
  })

  it('leave it to the product where that does it once', () => {
    expect(kindsOf(gradient, { x: float([6, 10]), dy: float([6, 64]) })).toEqual(['product'])
  })
})

describe('places', () => {
  it('are taken again when nobody needs what lies there', () => {
    const x = { x: float([1000]) }
    const chain =
      (length: number): TensorFunction =>
      ({ x }) => {
        let y: tf.Tensor = x!
        for (let i = 0; i < length; i++) y = tf.reverse(tf.tanh(y), 0)
        return { y }
      }
    const bytes = (length: number) => planOf(traced(chain(length), x), ['moves']).bytes
    const one = 4 * sizeOf([1000])
    expect(bytes(12) - bytes(2)).toBeLessThan(10 * one)
  })
})
