/** Kernels that reduce axes. */
import { util } from '@tensorflow/tfjs-core'
import type { ElementType, Value } from './graph'
import type { Emit } from './kernels'
import { cast } from './primitives'

function reduce(op: string, type?: ElementType): Emit {
  return (graph, { x }, { axis, reductionIndices, keepDims }) => {
    const axes = util.parseAxisParam((axis ?? reductionIndices) as number | number[], [...x!.shape])
    const input = type ? cast(graph, x!, type) : x!
    const shape = keepDims
      ? x!.shape.map((d, i) => (axes.includes(i) ? 1 : d))
      : x!.shape.filter((_, i) => !axes.includes(i))
    return graph.node(op, [input, graph.int64(axes)], { keepdims: keepDims ? 1 : 0 }, shape, input.type)
  }
}

function arg(op: string): Emit {
  return (graph, { x }, { axis }) => {
    const [at] = util.parseAxisParam(axis as number, [...x!.shape])
    const shape = x!.shape.filter((_, i) => i !== at)
    const index = graph.node(op, [x!], { axis: at!, keepdims: 0 }, shape, 'int64')
    return cast(graph, index, 'int32')
  }
}

const sum = reduce('ReduceSum')

export const reductions: Record<string, Emit> = {
  /** tfjs sums booleans and whole numbers as int32. */
  Sum: (graph, inputs, attributes) =>
    inputs['x']!.type === 'bool'
      ? reduce('ReduceSum', 'int32')(graph, inputs, attributes)
      : sum(graph, inputs, attributes),
  Mean: reduce('ReduceMean'),
  Max: reduce('ReduceMax'),
  Min: reduce('ReduceMin'),
  ArgMax: arg('ArgMax'),
  ArgMin: arg('ArgMin'),
  Softmax: (graph, { logits }) => graph.node('Softmax', [logits!], { axis: -1 }, logits!.shape, logits!.type) as Value,
}
