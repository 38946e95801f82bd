/** Random small expressions: what is compiled, as a graph and as a plan, gives what tfjs gives, whatever stands beside what. */
import type { Tensor } from '@tensorflow/tfjs-core'
import * as fc from 'fast-check'
import { expect } from 'vitest'
import type { TensorSpec } from '../../../main/engine/engine'
import { tf } from '../../../main/engine/tfjs/tfjs'
import { runPlanned, small } from '../plan/planned'
import { programDifferences, random, runCompiled, sizeOf } from './kernel-case'

/** What is done next: an operation, and numbers that choose its operands and attributes from what is there. */
interface Step {
  readonly operation: keyof typeof operations
  readonly choices: readonly number[]
}

type Pick = <T>(from: readonly T[]) => T
type Operation = (pick: Pick, tensors: readonly Tensor[]) => Tensor | undefined

/** Larger ones would only take longer. */
const most = 64
const fits = (shape: readonly number[]) => sizeOf(shape) <= most && shape.length <= 4

const axesOf = ({ shape }: Tensor) => shape.map((_, axis) => axis)

/** Keeps numbers in [−1, 1], so that no rounding grows. */
const tame = (x: Tensor) => tf.tanh(x)

function withAxes(operation: (x: Tensor, pick: Pick, axis: number) => Tensor | undefined): Operation {
  return (pick, tensors) => {
    const candidates = tensors.filter(({ rank }) => rank > 0)
    if (candidates.length === 0) return undefined
    const x = pick(candidates)
    return operation(x, pick, pick(axesOf(x)))
  }
}

function pair(operation: (a: Tensor, b: Tensor) => Tensor): Operation {
  return (pick, tensors) => {
    const a = pick(tensors)
    const partners = tensors.filter((b) => {
      const shape = broadcast(a.shape, b.shape)
      return shape !== undefined && fits(shape)
    })
    return operation(a, pick(partners))
  }
}

function broadcast(a: number[], b: number[]): number[] | undefined {
  try {
    return tf.backend_util.assertAndGetBroadcastShape(a, b)
  } catch {
    return undefined
  }
}

/**
 * Truth that was turned, as numbers. As an operand of a product, and a result itself, it comes out as zeros where ONNX Runtime 1.30
 * has its extended passes over the graph: right without them, and in plans. No model computes such a thing.
 */
const truths = new WeakSet<Tensor>()

const operations = {
  add: pair((a, b) => tame(tf.add(a, b))),
  sub: pair((a, b) => tame(tf.sub(a, b))),
  mul: pair((a, b) => tf.mul(a, b)),
  div: pair((a, b) => tame(tf.div(a, tf.add(tf.square(b), 1)))),
  maximum: pair((a, b) => tf.maximum(a, b)),
  where: pair((a, b) => tf.where(tf.greater(a, b), a, b)),
  constant: (pick) => tf.fill(pick([[], [1], [2, 1], [2, 3]]), pick([0, 1, -0.5, 0.25])),
  exp: (pick, tensors) => tf.exp(tf.neg(tf.abs(pick(tensors)))),
  softplus: (pick, tensors) => tame(tf.softplus(pick(tensors))),
  sigmoid: (pick, tensors) => tf.sigmoid(pick(tensors)),
  relu: (pick, tensors) => tf.relu(pick(tensors)),
  sum: withAxes((x, pick, axis) => tame(tf.sum(x, axis, pick([true, false])))),
  mean: withAxes((x, pick, axis) => tf.mean(x, axis, pick([true, false]))),
  max: withAxes((x, pick, axis) => tf.max(x, axis, pick([true, false]))),
  reshape: (pick, tensors) => {
    const x = pick(tensors)
    const shapes = [[x.size], [x.size, 1], [1, x.size], ...(x.size % 2 === 0 ? [[2, x.size / 2], [x.size / 2, 1, 2]] : [])] // prettier-ignore
    return tf.reshape(x, pick(shapes))
  },
  transpose: withAxes((x, pick, axis) => {
    const others = axesOf(x).filter((other) => other !== axis)
    const orders = [
      [axis, ...others],
      [...others, axis],
      [axis, ...others.toReversed()],
    ]
    return tf.transpose(x, pick(orders))
  }),
  slice: withAxes((x, pick, axis) => {
    const begin = pick([0, x.shape[axis]! >> 1])
    const size = pick([x.shape[axis]! - begin, 1])
    return tf.slice(x, x.shape.map((_, i) => (i === axis ? begin : 0)), x.shape.with(axis, size)) // prettier-ignore
  }),
  reverse: withAxes((x, _pick, axis) => tf.reverse(x, axis)),
  pad: withAxes((x, pick, axis) => {
    const paddings = x.shape.map((_, i): [number, number] => (i === axis ? pick([[0, 1], [1, 0], [1, 1]]) : [0, 0])) // prettier-ignore
    return fits(x.shape.map((length, i) => length + paddings[i]![0] + paddings[i]![1])) ? tf.pad(x, paddings, pick([0, 0.5])) : undefined // prettier-ignore
  }),
  concat: withAxes((x, _pick, axis) => {
    return fits(x.shape.with(axis, 2 * x.shape[axis]!)) ? tf.concat([x, tf.neg(x)], axis) : undefined
  }),
  stack: (pick, tensors) => {
    const x = pick(tensors)
    return fits([2, ...x.shape]) ? tf.stack([x, tf.square(x)], pick([0, x.rank])) : undefined
  },
  matMul: (pick, tensors) => {
    const matrices = tensors.filter((tensor) => tensor.rank === 2 && !truths.has(tensor))
    if (matrices.length === 0) return undefined
    const x = pick(matrices)
    const [left, right] = pick([[true, false], [false, true]]) // prettier-ignore
    return fits([x.shape[left ? 1 : 0]!, x.shape[left ? 1 : 0]!]) ? tame(tf.matMul(x, x, left, right)) : undefined
  },
  elu: (pick, tensors) => tf.elu(pick(tensors)),
  clip: (pick, tensors) => tf.clipByValue(pick(tensors), ...pick<[number, number]>([[-0.5, 0.5], [0, 1], [-1, 0.25]])), // prettier-ignore
  turnedTruth: withAxes((x, pick, axis) => {
    const order = [...axesOf(x).filter((other) => other !== axis), axis]
    const truth = tf.cast(tf.transpose(tf.greater(x, pick([0, 0.25])), order), 'float32')
    truths.add(truth)
    return truth
  }),
  tile: withAxes((x, _pick, axis) => {
    return fits(x.shape.with(axis, 2 * x.shape[axis]!)) ? tf.tile(x, x.shape.map((_, i) => (i === axis ? 2 : 1))) : undefined // prettier-ignore
  }),
  gather: withAxes((x, pick, axis) => tf.gather(x, pick([[0, 0], [x.shape[axis]! - 1, 0]]), axis)), // prettier-ignore
  /** One value as matrices of several shapes, and of two values. */
  product: (pick, tensors) => {
    const x = pick(tensors.filter((tensor) => tensor.size >= 2 && !truths.has(tensor)))
    const rows = pick([1, 2, 3].filter((rows) => x.size % rows === 0))
    const columns = x.size / rows
    const y = pick(tensors.filter((tensor) => !truths.has(tensor) && tensor.size % rows === 0 && (tensor.size / rows) * columns <= most)) // prettier-ignore
    const [a, b] = [tf.reshape(x, [rows, columns]), tf.reshape(y, [rows, y.size / rows])] as [tf.Tensor2D, tf.Tensor2D]
    return tame(pick([true, false]) ? tf.matMul(a, b, true) : tf.matMul(tf.transpose(b), a))
  },
  transposedConvolution: (pick, tensors) => {
    const x = pick(tensors.filter(({ size }) => size >= 4 && size % 4 === 0))
    const filter = pick(tensors.filter((tensor) => tensor.size >= 4 && !truths.has(tensor)))
    const channels = pick([1, 2].filter((channels) => (x.size / 4) % channels === 0 && filter.size >= 4 * channels))
    const images = tf.reshape(x, [x.size / 4 / channels, 2, 2, channels]) as tf.Tensor4D
    const taps = tf.reshape(tf.slice(tf.reshape(filter, [filter.size]), [0], [4 * channels]), [2, 2, 1, channels]) as tf.Tensor4D // prettier-ignore
    const [stride, side] = pick([[1, 2], [2, 4]] as const) // prettier-ignore
    return tame(tf.conv2dTranspose(images, taps, [images.shape[0], side, side, 1], stride, 'same'))
  },
  convolution: (pick, tensors) => {
    const x = pick(tensors.filter((tensor) => tensor.size >= 4 && !truths.has(tensor)))
    const filter = pick(tensors.filter((tensor) => tensor.size >= 4 && !truths.has(tensor)))
    const images = tf.reshape(x, pick(x.size % 4 === 0 ? [[x.size / 4, 2, 2, 1], [1, 2, x.size / 2, 1], [1, 2, x.size / 4, 2]] : [[1, x.size, 1, 1]])) // prettier-ignore
    const channels = images.shape[3]!
    if (filter.size < 4 * channels) return undefined
    const values = tf.slice(tf.reshape(filter, [filter.size]), [0], [4 * channels])
    const taps = tf.reshape(values, pick(channels === 1 ? [[2, 2, 1, 1], [1, 2, 1, 2], [2, 1, 1, 2]] : [[2, 2, 2, 1], [1, 2, 2, 2]])) // prettier-ignore
    return tame(tf.conv2d(images as tf.Tensor4D, taps as tf.Tensor4D, pick([1, 2]), 'same'))
  },
} satisfies Record<string, Operation>

const inputs: Record<string, TensorSpec> = {
  scalar: { shape: [], dtype: 'float32' },
  vector: { shape: [3], dtype: 'float32' },
  matrix: { shape: [2, 3], dtype: 'float32' },
  column: { shape: [4, 1], dtype: 'float32' },
  bytes: { shape: [2, 2], dtype: 'uint8' },
}
const arrays = Object.fromEntries(
  Object.entries(inputs).map(([name, { shape, dtype }], i) => {
    const { values } = random(shape, i)
    return [name, dtype === 'uint8' ? Uint8Array.of(0, 1, 3, 200) : Float32Array.from(values)]
  }),
)

/** The ways of this engine: graphs as they are, plans, and plans of which all passes think small graphs worth it. */
const ways = [runCompiled, runPlanned, (...[fn, specs, given]: Parameters<typeof runPlanned>) => runPlanned(fn, specs, given, [], small)] // prettier-ignore

/** Each step adds a tensor to what is there. */
function grow(given: Tensor[], steps: readonly Step[]): Tensor[] {
  const tensors = given.map((x) => tame(tf.cast(x, 'float32')))
  for (const { operation, choices } of steps) {
    let next = 0
    const pick: Pick = (from) => from[choices[next++ % choices.length]! % from.length]!
    const result = operations[operation](pick, tensors)
    if (result) tensors.push(result)
  }
  return tensors
}

type Name = keyof typeof operations
const all = Object.keys(operations) as Name[]
/** Their slope jumps, where a rounding may decide on which side; or there is no gradient for all their shapes, in tfjs or compiled. */
const corners = new Set<Name>(['exp', 'relu', 'max', 'maximum', 'where', 'clip', 'turnedTruth', 'gather'])

function stepsOf(names: readonly Name[]): fc.Arbitrary<Step[]> {
  const choices = fc.array(fc.nat(1000), { minLength: 4, maxLength: 4 })
  const step = fc.record({ operation: fc.constantFrom(...names), choices })
  return fc.array(step, { minLength: 1, maxLength: 12 })
}

/** @throws Error with the expression whose values differ, of so many */
export async function expectSameValues(runs: number): Promise<void> {
  await fc.assert(
    fc.asyncProperty(stepsOf(all), async (steps) => {
      const fn = (given: Record<string, Tensor>) =>
        Object.fromEntries(grow(Object.values(given), steps).map((tensor, i) => [`${i}`, tensor]))
      expect(await programDifferences(fn, inputs, arrays, 1e-5, ways)).toEqual([])
    }),
    { numRuns: runs },
  )
}

/** The same of gradients. */
export async function expectSameGradients(runs: number): Promise<void> {
  const names = ['scalar', 'vector', 'matrix', 'column']
  await fc.assert(
    fc.asyncProperty(stepsOf(all.filter((operation) => !corners.has(operation))), async (steps) => {
      const fn = (given: Record<string, Tensor>) => {
        const gradients = tf.grads((...operands) => {
          // All of them, so that every operand has a gradient.
          const sums = grow(operands, steps).map((tensor, i) => tf.mul(tf.mean(tf.square(tensor)), i + 1))
          return sums.reduce((sum, x) => tf.add(sum, x))
        })
        return Object.fromEntries(gradients(names.map((name) => given[name]!)).map((g, i) => [names[i]!, g]))
      }
      // Each step may multiply a deviation by the number of elements that it sums over.
      expect(await programDifferences(fn, inputs, arrays, 1e-4, ways)).toEqual([])
    }),
    { numRuns: runs },
  )
}
