/** tfjs' gradients of the operations that models are made of, compiled, against the same on its CPU backend. */
import type { Tensor, Tensor1D, Tensor4D } from '@tensorflow/tfjs-core'
import { expect, it } from 'vitest'
import type { TensorSpec } from '../../../main/engine/engine'
import { tf } from '../../../main/engine/tfjs/tfjs'
import { convolutions } from './cases-linear'
import { programDifferences, random } from './kernel-case'

/** Sums of up to a few hundred numbers of size 1, in another order; functions in single precision. */
const tolerance = 1e-5

type Operation = (...operands: Tensor[]) => Tensor

interface Example {
  readonly name: string
  readonly operation: Operation
  readonly shapes: readonly (readonly number[])[]
}

function example(name: string, operation: Operation, ...shapes: number[][]): Example {
  return { name, operation, shapes: shapes.length === 0 ? [[2, 3]] : shapes }
}

/** An operand above 0, for functions that are only defined there. */
const positive = (x: Tensor) => tf.add(tf.abs(x), 0.1)

const elementwise = [
  example('abs', (x) => tf.abs(x!)),
  example('clipByValue', (x) => tf.clipByValue(x!, -0.5, 0.5)),
  example('elu', (x) => tf.elu(x!)),
  example('erf', (x) => tf.erf(x!)),
  example('exp', (x) => tf.exp(x!)),
  example('log', (x) => tf.log(positive(x!))),
  example('neg', (x) => tf.neg(x!)),
  example('pow by a number', (x) => tf.pow(positive(x!), 1.5)),
  example('pow by a tensor', (x, y) => tf.pow(positive(x!), y!), [2, 3], [3]),
  example('relu', (x) => tf.relu(x!)),
  example('rsqrt', (x) => tf.rsqrt(positive(x!))),
  example('sigmoid', (x) => tf.sigmoid(x!)),
  example('softplus', (x) => tf.softplus(x!)),
  example('sqrt', (x) => tf.sqrt(positive(x!))),
  example('square', (x) => tf.square(x!)),
  example('tanh', (x) => tf.tanh(x!)),
  example('cast there and back', (x) => tf.cast(tf.cast(x!, 'float32'), 'float32')),
]

const operators = { add: tf.add, sub: tf.sub, mul: tf.mul }
const binary = [
  ...Object.entries(operators).flatMap(([name, operator]) => [
    example(`${name} of one shape`, (a, b) => operator(a!, b!), [2, 3], [2, 3]),
    example(`${name} of a scalar`, (a, b) => operator(a!, b!), [2, 3], []),
    example(`${name} of a row and a column`, (a, b) => operator(a!, b!), [1, 3], [2, 1]),
  ]),
  // tfjs has no gradient for operands of two shapes here.
  example('maximum', (a, b) => tf.maximum(a!, b!), [2, 3], [2, 3]),
  example('minimum', (a, b) => tf.minimum(a!, b!), [2, 3], [2, 3]),
  example('div', (a, b) => tf.div(a!, positive(b!)), [2, 3], [2, 1]),
  example('where', (a, b) => tf.where(tf.greaterEqual(a!, b!), a!, tf.mul(b!, 2)), [2, 3], [3]),
  example('of one tensor taken twice', (x) => tf.mul(tf.exp(x!), tf.add(x!, x!))),
]

const reductions = [
  example('sum of all', (x) => tf.sum(x!)),
  example('sum of an axis', (x) => tf.sum(x!, 1), [2, 3, 2]),
  example('mean of two axes, kept', (x) => tf.mean(x!, [0, 2], true), [2, 3, 2]),
  example('max of an axis', (x) => tf.max(x!, 1)),
  example('max, kept', (x) => tf.max(x!, 0, true)),
  example('log Σ exp', (x) => tf.logSumExp(x!, 1)),
]

const moves = [
  example('reshape', (x) => tf.reshape(x!, [3, 2])),
  example('expandDims and squeeze', (x) => tf.squeeze(tf.expandDims(x!, 1), [1])),
  example('transpose', (x) => tf.transpose(x!, [2, 0, 1]), [2, 3, 4]),
  example('slice', (x) => tf.slice(x!, [0, 1], [2, -1])),
  example('split', (x) => tf.mul(...(tf.split(x!, 2, 1) as [Tensor, Tensor])), [3, 4]),
  example('split by sizes', (x) => tf.split(x!, [1, 3], 1)[1]!, [3, 4]),
  example('concat', (a, b) => tf.concat([a!, b!, a!], 1), [2, 3], [2, 1]),
  example('stack', (a, b) => tf.stack([a!, b!], 1), [2, 3], [2, 3]),
  example('unstack', (x) => tf.sub(...(tf.unstack(x!, 0) as [Tensor, Tensor])), [2, 3]),
  example('pad', (x) => tf.pad(x!, [[1, 0], [0, 2]], 3)), // prettier-ignore
  example('tile', (x) => tf.tile(x!, [2, 3])),
  example('broadcastTo', (x) => tf.broadcastTo(x!, [2, 4, 3]), [4, 1]),
  example('reverse', (x) => tf.reverse(x!, 1)),
]

const products = [
  example('matMul', (a, b) => tf.matMul(a!, b!), [3, 4], [4, 2]),
  example('matMul, left transposed', (a, b) => tf.matMul(a!, b!, true), [4, 3], [4, 2]),
  example('matMul, right transposed', (a, b) => tf.matMul(a!, b!, false, true), [3, 4], [2, 4]),
  example('matMul, both transposed', (a, b) => tf.matMul(a!, b!, true, true), [4, 3], [2, 4]),
  example('matMul of stacks', (a, b) => tf.matMul(a!, b!), [2, 3, 4], [2, 4, 2]),
  example('one-hot rows of a table', (x) => tf.matMul(tf.oneHot(tf.tensor1d([2, 0, 2], 'int32') as Tensor1D, 3, 1, 0, 'float32'), x!), [3, 2]), // prettier-ignore
]

/** A few are enough to see that the attributes arrive: the kernels have all of them (kernels.test.ts). */
const some = [
  '4×4 s2 p1, as the ladder has it',
  '4×4 s2 same, an odd map',
  '2×4 s2 explicit',
  '3×3 s1 same',
  '3×3 s2 valid',
  '4×3 s[2, 1] same',
]
const convolutional = some.flatMap((name) => {
  const { x, filter, strides, pad } = convolutions[name]!
  const transposed: Operation = (dy, f) => tf.conv2dTranspose(dy as Tensor4D, f as Tensor4D, x, strides, pad)
  const small = tf.backend_util.computeConv2DInfo(x, filter, strides, 1, pad).outShape
  return [
    example(`conv2d ${name}`, (x, f) => tf.conv2d(x as Tensor4D, f as Tensor4D, strides, pad), x, filter),
    example(`conv2dTranspose ${name}`, transposed, small, filter),
  ]
})

it.each([...elementwise, ...binary, ...reductions, ...moves, ...products, ...convolutional])(
  '$name',
  async ({ operation, shapes }) => {
    const names = shapes.map((_, i) => `operand ${i}`)
    const specs = Object.fromEntries(shapes.map((shape, i) => [names[i]!, { shape, dtype: 'float32' } as TensorSpec]))
    const arrays = Object.fromEntries(
      shapes.map((shape, i) => [names[i]!, Float32Array.from(random(shape, i + 1).values)]),
    )
    const result = await programDifferences(
      (inputs) => {
        const operands = names.map((name) => inputs[name]!)
        const value = operation(...operands)
        // Another weight for each number of the result, so that no two can be mistaken for each other.
        const weights = tf.tensor([...random(value.shape, 9).values], value.shape)
        const gradients = tf.grads((...operands) => tf.sum(tf.mul(operation(...operands), weights)))(operands)
        return { value, ...Object.fromEntries(names.map((name, i) => [name, gradients[i]!])) }
      },
      specs,
      arrays,
      tolerance,
    )
    expect(result).toEqual([])
  },
)
