/** Kernels that reduce axes. */
import { util } from '@tensorflow/tfjs-core'
import { type ElementType, type GraphBuilder, lengthOf, sizeOf, type Value } from './graph'
import type { Emit } from './kernels'
import { cast, reshape } from './primitives'

/** @param types what is reduced as another type than its own */
function reduce(op: string, types: Partial<Record<ElementType, ElementType>> = {}): Emit {
  return (graph, { x }, { axis, reductionIndices, keepDims }) => {
    const axes = util.parseAxisParam((axis ?? reductionIndices) as number | number[], [...x.shape])
    const input = cast(graph, x, types[x.type] ?? x.type)
    const shape = keepDims
      ? x.shape.map((d, i) => (axes.includes(i) ? 1 : d))
      : x.shape.filter((_, i) => !axes.includes(i))
    // ONNX would take no axes for all axes.
    if (axes.length === 0) return input
    if (graph.target === 'gpu' && op === 'ReduceSum' && input.type === 'float32') {
      const product = asProduct(graph, input, axes)
      if (product) return reshape(graph, product, shape)
    }
    if (sizeOf(shape) === 1 && axes.length > 1) {
      // All of it: in one row, whatever axes of length one are left.
      const row = reshape(graph, input, [sizeOf(x.shape)])
      return reshape(graph, graph.node(op, [row, graph.int64([0])], { keepdims: 0 }, [], input.type), shape)
    }
    return graph.node(op, [input, graph.int64(axes)], { keepdims: keepDims ? 1 : 0 }, shape, input.type)
  }
}

/**
 * A sum over the first axes or the last ones as a product with ones: a GPU's products are several times faster than its
 * sums, of which those that are fast enough add in another order each time.
 */
function asProduct(graph: GraphBuilder, x: Value, axes: readonly number[]): Value | undefined {
  const rank = x.shape.length
  const first = axes.every((axis, i) => axis === i)
  const last = axes.every((axis, i) => axis === rank - axes.length + i)
  const count = sizeOf(axes.map((axis) => lengthOf(x, axis)))
  if ((!first && !last) || sizeOf(x.shape) === 0) return undefined
  const others = sizeOf(x.shape) / count
  const ones = graph.constant(new Float32Array(count).fill(1), first ? [1, count] : [count, 1], 'float32')
  return first
    ? graph.node('MatMul', [ones, reshape(graph, x, [count, others])], {}, [1, others], x.type)
    : graph.node('MatMul', [reshape(graph, x, [others, count]), ones], {}, [others, 1], x.type)
}

export const reductions: Record<string, Emit> = {
  Sum: reduce('ReduceSum', { bool: 'int32' }),
  Mean: reduce('ReduceMean', { bool: 'float32', int32: 'float32' }),
  /** NaN among other numbers may be passed over: ONNX leaves it open. */
  Max: reduce('ReduceMax'),
}
