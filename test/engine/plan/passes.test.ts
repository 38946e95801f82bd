/** The passes of a plan, each alone and all together: what each makes of nodes that it knows, and that none changes a number. */
import { describe, expect, it } from 'vitest'
import type { TensorFunction, TensorSpec } from '../../../main/engine/engine'
import { usual } from '../../../main/engine/plan/limits'
import { type Pass, passes, planOf } from '../../../main/engine/plan/plan'
import { tf } from '../../../main/engine/tfjs/tfjs'
import { traced } from '../../../main/engine/trace/compile'
import { random, runCompiled, sizeOf } from '../trace/kernel-case'
import { float, kindsOf, randomArrays, tooFar } from './against'
import { runPlanned, small } from './planned'

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

describe('a network’s gradient', () => {
  it.each([
    ['all passes', []],
    ['no pass', all],
    ...all.map((pass): [string, Pass[]] => [`${pass} alone`, allBut(pass)]),
    ...all.map((pass): [string, Pass[]] => [`all but ${pass}`, [pass]]),
  ])('is the graph’s, tfjs’, and that of float64 with %s', async (_name, without) => {
    expect(await tooFar(network, specs, arrays, without)).toEqual([])
    expect(await tooFar(network, specs, arrays, without, small)).toEqual([])
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
  const given = randomArrays(specs)

  it('are one call with what is repeated down columns and along rows, and with sums at the end', async () => {
    const fn: TensorFunction = ({ x, row, column, one }) => {
      const y = tf.elu(tf.add(tf.mul(x!, row!), column!))
      const z = tf.where(tf.greater(y, one!), tf.exp(tf.neg(y)), y)
      return { y, z, rows: tf.sum(z, 1), columns: tf.sum(z, 0), all: tf.sum(y) }
    }
    expect(kindsOf(fn, specs)).toEqual(['chain'])
    expect(await tooFar(fn, specs, given)).toEqual([])
  })

  it('are several where a sum, or what is no chain’s, stands between', async () => {
    const fn: TensorFunction = ({ x }) => {
      const y = tf.tanh(x!)
      return { z: tf.mul(y, tf.sum(y, 1, true)), w: tf.sub(y, tf.max(y, 0, true)) }
    }
    const kinds = kindsOf(fn, specs)
    expect(kinds.filter((kind) => kind === 'chain').length).toBeGreaterThan(1)
    expect(await tooFar(fn, specs, given)).toEqual([])
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
  const specsOf = (side: number) => ({
    images: float([images, side, side, 1]),
    filter: float([3, 3, 1, 16]),
    bias: float([16]),
    second: float([3, 3, 16, 16]),
    third: float([4, 4, 16, 20]),
  })
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
  it('of some images at a time take less memory', () => {
    const graph = traced(fn, specsOf(28))
    const [cut, whole] = [planOf(graph), planOf(graph, ['chunks'])]
    expect(cut.bytes).toBeLessThan(0.6 * whole.bytes)
    expect(cut.calls.length).toBeGreaterThan(1.4 * whole.calls.length)
  })

  it('give the same numbers', async () => {
    const specs = specsOf(8)
    // for maps that are so much smaller than those of digits
    const limits = { ...usual, worth: 1 << 15, atOnce: 1 << 16, manyRows: 64, fewestRows: 16 }
    const calls = (without: readonly Pass[]) => planOf(traced(fn, specs), without, limits).calls.length
    expect(calls([])).toBeGreaterThan(1.4 * calls(['chunks']))
    const arrays = randomArrays(specs, (x, name) => (name === 'images' ? x : 0.2 * x))
    expect(await tooFar(fn, specs, arrays, [], limits)).toEqual([])
  })
})

describe('turns', () => {
  const gradient: TensorFunction = ({ x, dy }) => ({ y: tf.matMul(x as tf.Tensor2D, dy as tf.Tensor2D, true) })

  it('turn a left matrix over before a product of many columns, and the same one once', async () => {
    const specs = { x: float([6, 10]), dy: float([6, 300]) }
    const given = randomArrays(specs)
    expect(kindsOf(gradient, specs)).toEqual(['transpose', 'product'])
    expect(await tooFar(gradient, specs, given)).toEqual([])

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
