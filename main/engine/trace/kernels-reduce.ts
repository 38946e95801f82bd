/** Kernels that reduce axes. */
import { util } from '@tensorflow/tfjs-core'
import { type ElementType, sizeOf } from './graph'
import type { Emit } from './kernels'
import { cast, reshape } from './primitives'

/** @param types what is reduced as another type than its own */
function reduce(op: string, types: Partial<Record<ElementType, ElementType>> = {}): Emit {
  return (graph, { x }, { axis, reductionIndices, keepDims }) => {
    const axes = util.parseAxisParam((axis ?? reductionIndices) as number | number[], [...x.shape])
    const input = cast(graph, x, types[x.type] ?? x.type)
    // ONNX would take no axes for all axes.
    if (axes.length === 0) return input
    const shape = keepDims
      ? x.shape.map((d, i) => (axes.includes(i) ? 1 : d))
      : x.shape.filter((_, i) => !axes.includes(i))
    if (sizeOf(shape) === 1 && axes.length > 1) {
      // All of it: in one row, whatever axes of length one are left.
      const row = reshape(graph, input, [sizeOf(x.shape)])
      return reshape(graph, graph.node(op, [row, graph.int64([0])], { keepdims: 0 }, [], input.type), shape)
    }
    return graph.node(op, [input, graph.int64(axes)], { keepdims: keepDims ? 1 : 0 }, shape, input.type)
  }
}

export const reductions: Record<string, Emit> = {
  Sum: reduce('ReduceSum', { bool: 'int32' }),
  Mean: reduce('ReduceMean', { bool: 'float32', int32: 'float32' }),
  /** NaN among other numbers may be passed over: ONNX leaves it open. */
  Max: reduce('ReduceMax'),
}
