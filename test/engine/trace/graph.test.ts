/** Equal nodes are shared, and nodes that do nothing are not made. */
import type { Tensor, Tensor4D } from '@tensorflow/tfjs-core'
import { describe, expect, it } from 'vitest'
import type { TensorFunction, TensorSpec } from '../../../main/engine/engine'
import { tf } from '../../../main/engine/tfjs/tfjs'
import { fillOf, type Graph, GraphBuilder, lengthOf } from '../../../main/engine/trace/graph'
import { dropUnused } from '../../../main/engine/trace/passes'
import { concat, pad, reshape, slice, transpose } from '../../../main/engine/trace/primitives'
import { trace } from '../../../main/engine/trace/recorder'
import type { Tensors } from '../../../main/models/model'

const matrix: TensorSpec = { shape: [3, 4], dtype: 'float32' }

/** How often each op is in a graph. */
function count(graph: Graph): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { op } of graph.nodes) counts[op] = (counts[op] ?? 0) + 1
  return counts
}

const traced = (fn: TensorFunction, specs: Record<string, TensorSpec> = { x: matrix }) =>
  count(dropUnused(trace(fn, specs)))

describe('value numbering', () => {
  it('computes equal expressions once', () => {
    const fn: TensorFunction = ({ x }) => ({ y: tf.exp(tf.mul(x!, 2)), z: tf.add(tf.exp(tf.mul(x!, 2)), 1) })
    expect(traced(fn)).toEqual({ Mul: 1, Exp: 1, Add: 1 })
  })

  it('tells apart other inputs, other orders, other attributes, other shapes and other constants', () => {
    const differ: TensorFunction = ({ x }) => ({
      a: tf.sub(x!, 1),
      b: tf.sub(1, x!),
      c: tf.sub(x!, 2),
      d: tf.sum(x!, 0),
      e: tf.sum(x!, 1),
      f: tf.sum(x!, 1, true),
      g: tf.step(x!, 0.5),
      h: tf.step(x!, -1),
    })
    expect(traced(differ)).toMatchObject({ Sub: 3, ReduceSum: 3, Greater: 1, Where: 2 })
  })

  it('knows small constants by their content, −0 and types apart', () => {
    const graph = new GraphBuilder()
    const constant = (values: number[]) => graph.constant(Float32Array.from(values), [values.length], 'float32')
    expect(constant([1, 2])).toBe(constant([1, 2]))
    expect(constant([1, 2])).not.toBe(constant([2, 1]))
    expect(constant([0])).not.toBe(constant([-0]))
    expect(graph.scalar(1)).not.toBe(graph.scalar(1, 'int32'))
    expect(graph.constant(Float32Array.of(1, 2), [2, 1], 'float32')).not.toBe(constant([1, 2]))
  })

  it('computes the columns of a convolution once for the result and for the gradient of its filter', () => {
    const fn: TensorFunction = ({ x, filter }) => {
      const convolve = (filter: Tensor4D) => tf.conv2d(x as Tensor4D, filter, 2, 1)
      return {
        y: convolve(filter as Tensor4D),
        gradient: tf.grad((f) => tf.sum(tf.square(convolve(f as Tensor4D))))(filter!),
      }
    }
    const counts = traced(fn, {
      x: { shape: [2, 8, 8, 3], dtype: 'float32' },
      filter: { shape: [4, 4, 3, 5], dtype: 'float32' },
    })
    // One product for the result and one for the gradient, over one set of columns.
    expect((counts['MatMul'] ?? 0) + (counts['Gemm'] ?? 0)).toBe(2)
    expect(counts['Gather']).toBe(1)
    expect(counts['Pad']).toBe(1)
  })

  it('computes the columns of a transposed convolution once for the gradients of its input and of its filter', () => {
    const specs: Record<string, TensorSpec> = {
      x: { shape: [2, 4, 4, 16], dtype: 'float32' },
      filter: { shape: [4, 4, 8, 16], dtype: 'float32' },
    }
    const loss = (x: Tensor4D, filter: Tensor4D) => tf.sum(tf.square(tf.conv2dTranspose(x, filter, [2, 8, 8, 8], 2, 1)))
    const forward = traced(({ x, filter }) => ({ y: loss(x as Tensor4D, filter as Tensor4D) }), specs)
    const gradients = traced(({ x, filter }) => {
      const [dx, df] = tf.grads((x, f) => loss(x as Tensor4D, f as Tensor4D))([x!, filter!])
      return { dx: dx!, df: df! }
    }, specs)
    const products = (counts: Record<string, number>) => (counts['MatMul'] ?? 0) + (counts['Gemm'] ?? 0)
    expect(products(gradients) - products(forward)).toBe(2)
    expect(gradients['Gather']! - (forward['Gather'] ?? 0), 'columns of the gradient').toBe(1)
  })
})

describe('what is computed number by number', () => {
  const specs: Record<string, TensorSpec> = {
    x: { shape: [2, 4, 4, 16], dtype: 'float32' },
    filter: { shape: [3, 3, 16, 5], dtype: 'float32' },
    bias: { shape: [5], dtype: 'float32' },
  }
  const layer = (inputs: Tensors) => {
    const product = tf.conv2d(inputs['x'] as Tensor4D, inputs['filter'] as Tensor4D, 1, 'same')
    return tf.relu(tf.add(product, inputs['bias']!))
  }

  it('follows a product at once, so that ONNX Runtime makes one node of them: the reshape waits', () => {
    const { nodes } = dropUnused(trace((inputs) => ({ y: layer(inputs) }), specs))
    // the bias is repeated for the pixels of a strip
    expect(nodes.slice(-5).map(({ op }) => op)).toEqual(['MatMul', 'Concat', 'Add', 'Relu', 'Reshape'])
  })

  it("has relu's gradient from its result", () => {
    const { nodes } = trace((inputs) => {
      const loss = (filter: Tensor) => tf.sum(tf.square(layer({ ...inputs, filter })))
      return { df: tf.grad(loss)(inputs['filter']!) }
    }, specs)
    const greater = nodes.find(({ op }) => op === 'Greater')!
    expect(nodes.find(({ output }) => output === greater.inputs[0])!.op).toBe('Relu')
  })

  it('is not brought before a reshape where numbers would pair up otherwise', () => {
    // rows of three as rows of two: one number for each place of a row is another one for each
    const { nodes } = trace(({ x, y }) => ({ z: tf.add(tf.reshape(x!, [3, 2]), y!) }), {
      x: { shape: [2, 3], dtype: 'float32' },
      y: { shape: [2], dtype: 'float32' },
    })
    expect(nodes.map(({ op }) => op)).toEqual(['Reshape', 'Add'])
  })
})

describe('primitives', () => {
  const build = () => {
    const graph = new GraphBuilder()
    return { graph, x: graph.input('x', [2, 1, 3], 'float32') }
  }

  it('leave out what does nothing', () => {
    const { graph, x } = build()
    expect(reshape(graph, x, [2, 1, 3])).toBe(x)
    expect(transpose(graph, x, [0, 1, 2])).toBe(x)
    expect(slice(graph, x, [0, 0, 0], [2, 1, 3])).toBe(x)
    expect(pad(graph, x, [[0, 0], [0, 0], [0, 0]], 5)).toBe(x) // prettier-ignore
    expect(concat(graph, [x], 1)).toBe(x)
    expect(reshape(graph, reshape(graph, x, [6]), [2, 1, 3])).toBe(x)
    expect(graph.finish([]).nodes.map(({ op }) => op)).toEqual(['Reshape'])
  })

  it('reshape once where one reshape follows another', () => {
    const { graph, x } = build()
    const twice = reshape(graph, reshape(graph, x, [6]), [3, 2])
    expect(graph.producer(twice)).toMatchObject({ op: 'Reshape', inputs: [x, { shape: [2] }] })
  })

  it('move axes of length one by a reshape, others by a transpose', () => {
    const { graph, x } = build()
    expect(graph.producer(transpose(graph, x, [1, 0, 2]))).toMatchObject({ op: 'Reshape' })
    expect(graph.producer(transpose(graph, x, [2, 1, 0]))).toMatchObject({
      op: 'Transpose',
      output: { shape: [3, 1, 2] },
    })
  })

  it('count a negative axis from the last one, and name one that is not there', () => {
    const { graph, x } = build()
    expect(concat(graph, [x, x], -1)).toBe(concat(graph, [x, x], 2))
    expect(concat(graph, [x, x], -1).shape).toEqual([2, 1, 6])
    expect(() => lengthOf(x, 3)).toThrow('there is no axis 3 of a value [2,1,3]')
    expect(() => concat(graph, [], 0)).toThrow('there is no part to put together')
  })

  it('know what a constant is filled with', () => {
    const graph = new GraphBuilder()
    expect(fillOf(graph.constant(Float32Array.of(2, 2, 2), [3], 'float32'))).toBe(2)
    expect(fillOf(graph.constant(Float32Array.of(2, 2, 1), [3], 'float32'))).toBeUndefined()
    expect(fillOf(graph.constant(new Float32Array(), [0], 'float32'))).toBeUndefined()
    expect(fillOf(graph.int64([1, 1]))).toBeUndefined()
    expect(fillOf(build().x)).toBeUndefined()
  })

  it('leave out what changes nothing: adding 0, times 1, constants filled with one number as that number', () => {
    expect(traced(({ x }) => ({ y: tf.mul(tf.add(x!, tf.zeros([4])), tf.ones([3, 4])) }))).toEqual({})
    const graph = trace(({ x }) => ({ y: tf.mul(x!, tf.tensor2d(new Float32Array(12).fill(0.5), [3, 4])) }), {
      x: matrix,
    })
    expect(graph.nodes[0]!.inputs[1]!.shape).toEqual([])
    // But not where it would lose the result's shape.
    expect(traced(({ x }) => ({ y: tf.add(x!, tf.zeros([2, 3, 4])) }))).toEqual({ Expand: 1 })
  })
})
