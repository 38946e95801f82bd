/**
 * Matrix products and convolutions.
 *
 * A convolution is its columns times its filter, and the gradient of the filter is the same columns, transposed, times the
 * gradient of the result: value numbering makes them share the columns. So does a transposed convolution with its own two
 * gradients. Measured against ONNX Runtime's own NCHW convolutions: test/bench.
 */
import { backend_util } from '@tensorflow/tfjs-core'
import { convInfo, convolution, filterGradient } from './convolution'
import { type GraphBuilder, lengthOf, type Value } from './graph'
import type { Emit } from './kernels'
import { transpose } from './primitives'
import { transposedConvolution } from './transposed'

/** a·b for matrices, either one transposed first. */
function gemm(graph: GraphBuilder, a: Value, b: Value, transA = false, transB = false): Value {
  const shape = [lengthOf(a, transA ? 1 : 0), lengthOf(b, transB ? 0 : 1)]
  if (!transA && !transB) return graph.node('MatMul', [a, b], {}, shape, a.type)
  return graph.node('Gemm', [a, b], { transA: transA ? 1 : 0, transB: transB ? 1 : 0 }, shape, a.type)
}

export const linear: Record<string, Emit> = {
  BatchMatMul: (graph, { a, b }, { transposeA, transposeB }) => {
    if (a.shape.length === 2 && b.shape.length === 2) {
      return gemm(graph, a, b, transposeA as boolean, transposeB as boolean)
    }
    const swap = (x: Value, needed: unknown) => {
      const axes = x.shape.map((_, i) => i)
      return needed ? transpose(graph, x, [...axes.slice(0, -2), ...axes.slice(-2).toReversed()]) : x
    }
    const [left, right] = [swap(a, transposeA), swap(b, transposeB)]
    const outer = backend_util.assertAndGetBroadcastShape(left.shape.slice(0, -2), right.shape.slice(0, -2))
    return graph.node('MatMul', [left, right], {}, [...outer, lengthOf(left, -2), lengthOf(right, -1)], a.type)
  },
  Conv2D: (graph, { x, filter }, attributes) =>
    convolution(graph, x, filter, convInfo(x.shape, filter.shape, attributes)),
  Conv2DBackpropFilter: (graph, { x, dy }, attributes) =>
    filterGradient(graph, x, dy, convInfo(x.shape, attributes['filterShape'] as number[], attributes)),
  Conv2DBackpropInput: (graph, { dy, filter }, attributes) => {
    const info = convInfo(attributes['inputShape'] as number[], filter.shape, attributes)
    return transposedConvolution(graph, dy, filter, info)
  },
}
