/** Graphs that a pass once had wrong, or could not plan at all: most need the sizes from which passes work set low. */
import { describe, expect, it } from 'vitest'
import type { TensorFunction } from '../../../main/engine/engine'
import { compileGradient } from '../../../main/engine/lanes/gradient'
import { usual } from '../../../main/engine/plan/limits'
import { tf } from '../../../main/engine/tfjs/tfjs'
import { createModel } from '../../../main/models/create'
import { differences, random, runCompiled } from '../trace/kernel-case'
import { runPlanned, small } from './planned'

type Matrix = tf.Tensor2D
type Given = Record<string, Matrix>

/** What differs between the plan and the graph, for random numbers of these shapes. */
async function wrong(
  shapes: Readonly<Record<string, readonly number[]>>,
  fn: (given: never) => Record<string, tf.Tensor>,
  limits = small,
) {
  const specs = Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [name, { shape, dtype: 'float32' as const }])) // prettier-ignore
  const given = Object.fromEntries(Object.entries(shapes).map(([name, shape], i) => [name, Float32Array.from(random(shape, i).values)])) // prettier-ignore
  const [found, expected] = [await runPlanned(fn as TensorFunction, specs, given, [], limits), await runCompiled(fn as TensorFunction, specs, given)] // prettier-ignore
  return Object.entries(expected).flatMap(([name, values]) => differences(found[name]!, values, 1e-5).map((text) => `${name}: ${text}`)) // prettier-ignore
}

describe('some images at a time', () => {
  it.each<[string, Record<string, number[]>, (given: Given) => Record<string, tf.Tensor>]>([
    ['a right matrix is read whole', { x: [8, 4], w: [4, 8] }, ({ x, w }) => ({ y: tf.matMul(x!, tf.tanh(w!)) })],
    [
      'a sum of columns is there at the end only',
      { x: [4, 12] },
      ({ x }) => ({ y: tf.mul(tf.sum(tf.tanh(x!), 0), 3) }),
    ],
    [
      'so is a sum of outer products',
      { x: [6, 8], d: [6, 1] },
      ({ x, d }) => ({ y: tf.mul(tf.matMul(x!, d!, true), 3) }),
    ],
  ])('%s', async (_name, shapes, fn) => {
    expect(await wrong(shapes, fn)).toEqual([])
  })

  it('of a constant two chunks of other sizes are other pieces', async () => {
    const shape = [8, 16]
    const k = Array.from({ length: 128 }, (_, i) => Math.sin(i))
    const fn = ({ x, z, q, g }: Given) => ({
      two: tf.matMul(tf.add(tf.mul(tf.reverse(x!, 1), tf.tensor2d(k, [8, 16])), tf.reverse(z!, 1)) as Matrix, g!),
      one: tf.matMul(tf.mul(tf.reverse(q!, 1), tf.tensor2d(k, [8, 16])) as Matrix, g!),
    })
    const limits = { ...small, worth: 256, atOnce: 600 }
    expect(await wrong({ x: shape, z: shape, q: shape, g: [16, 2] }, fn, limits)).toEqual([])
  })

  it('what no pass knows is read so', async () => {
    const fn = ({ x, f }: { x: tf.Tensor4D; f: tf.Tensor4D }) => ({ y: tf.conv2d(tf.erf(x), f, 1, 'same') })
    expect(await wrong({ x: [4, 6, 6, 2], f: [3, 3, 2, 2] }, fn)).toEqual([])
  })
})

describe('chains', () => {
  it('what is stored where its operand lay is not read from there again', async () => {
    const fn = ({ x, w, b, d, v }: Given) => {
      const m = tf.mul(tf.matMul(x!, w!), b!)
      return { m: tf.matMul(m as Matrix, v!), n: tf.matMul(tf.add(m, d!), v!) }
    }
    const shape = [8, 8]
    expect(await wrong({ x: shape, w: shape, b: shape, d: shape, v: shape }, fn, usual)).toEqual([])
  })

  it('two are not one where the second needs the first by way of a third that has grown since', async () => {
    const fn = ({ x, w, y, b, c }: Given) => {
      const v1 = tf.tanh(tf.add(x!, b!))
      const u = tf.matMul(v1 as Matrix, w!)
      const other = tf.tanh(tf.add(y!, c!))
      const v2 = tf.add(tf.mul(v1, b!), tf.reshape(other, [2, 3]))
      return { v2, after: tf.mul(tf.add(tf.reshape(u, [6]), other), c!), u }
    }
    expect(await wrong({ x: [2, 3], w: [3, 3], y: [6], b: [2, 3], c: [6] }, fn)).toEqual([])
  })
})

it('a value that two products read as matrices of different shapes is turned for each', async () => {
  const fn = ({ x, w, v }: Given) => ({
    y: tf.matMul(x!, w!, true),
    z: tf.matMul(tf.reshape(x!, [3, 2]) as Matrix, v!, true),
  })
  expect(await wrong({ x: [2, 3], w: [2, 4], v: [3, 4] }, fn)).toEqual([])
})

it('a decoder for a GPU can be planned, too', () => {
  expect(compileGradient(createModel({ model: 'vlae', decoder: 'wide' }), 50, true).plans).toHaveLength(2)
})
