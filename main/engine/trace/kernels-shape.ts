/** Kernels that move numbers without changing them. */
import { backend_util, slice_util, util } from '@tensorflow/tfjs-core'
import { pairs } from '../../../preload/present'
import { fromFirst, lengthOf, sizeOf } from './graph'
import type { Emit } from './kernels'
import { cast, concat, pad, reshape, reverse, slice, transpose } from './primitives'
import { pieceOfTransposed } from './transposed'

export const shapes: Record<string, Emit> = {
  Reshape: (graph, { x }, { shape }) => {
    const whole = util.inferFromImplicitShape(shape as number[], sizeOf(x.shape))
    return reshape(graph, x, whole)
  },
  ExpandDims: (graph, { input }, { dim }) => {
    const at = fromFirst(dim as number, input.shape.length + 1)
    return reshape(graph, input, input.shape.toSpliced(at, 0, 1))
  },
  Transpose: (graph, { x }, { perm }) => transpose(graph, x, perm as number[]),
  Slice: (graph, { x }, { begin, size }) => {
    const [start, extent] = slice_util.parseSliceParams(
      { shape: [...x.shape] } as Parameters<typeof slice_util.parseSliceParams>[0],
      begin as number | number[],
      size as number | number[],
    ) as [number[], number[]]
    return pieceOfTransposed(graph, x, start, extent) ?? slice(graph, x, start, extent)
  },
  SplitV: (graph, { x }, { numOrSizeSplits, axis }) => {
    const at = fromFirst(axis as number, x.shape.length)
    const sizes = backend_util.prepareSplitSize(
      { shape: [...x.shape] } as Parameters<typeof backend_util.prepareSplitSize>[0],
      numOrSizeSplits as number | number[],
      at,
    )
    let start = 0
    return sizes.map((extent) => {
      const begin = x.shape.map((_, i) => (i === at ? start : 0))
      start += extent
      return slice(graph, x, begin, x.shape.with(at, extent))
    })
  },
  PadV2: (graph, { x }, { paddings, constantValue }) =>
    pad(graph, x, paddings as [number, number][], constantValue as number),
  GatherV2: (graph, { x, indices }, { axis, batchDims }) => {
    if (batchDims) throw new Error('Gathering image by image is not compiled.')
    const at = fromFirst(axis as number, x.shape.length)
    const shape = [...x.shape.slice(0, at), ...indices.shape, ...x.shape.slice(at + 1)]
    return graph.node('Gather', [x, indices], { axis: at }, shape, x.type)
  },
  Concat: (graph, inputs, { axis }) => {
    const parts = Object.values(inputs).filter((part) => lengthOf(part, axis as number) !== 0)
    return concat(graph, parts, axis as number)
  },
  Pack: (graph, inputs, { axis }) => {
    const parts = Object.values(inputs).map((part) => {
      const at = fromFirst(axis as number, part.shape.length + 1)
      return reshape(graph, part, part.shape.toSpliced(at, 0, 1))
    })
    return concat(graph, parts, axis as number)
  },
  Unpack: (graph, { value }, { axis }) => {
    const at = fromFirst(axis as number, value.shape.length)
    const part = value.shape.toSpliced(at, 1)
    return Array.from({ length: lengthOf(value, at) }, (_, i) => {
      const begin = value.shape.map((_d, j) => (j === at ? i : 0))
      return reshape(graph, slice(graph, value, begin, value.shape.with(at, 1)), part)
    })
  },
  Tile: (graph, { x }, { reps }) =>
    graph.node(
      'Tile',
      [x, graph.int64(reps as number[])],
      {},
      pairs(x.shape, reps as number[]).map(([length, times]) => length * times),
      x.type,
    ),
  Reverse: (graph, { x }, { dims }) => reverse(graph, x, util.parseAxisParam(dims as number | number[], [...x.shape])),
  /** As a comparison, which every device has for every type. */
  OneHot: (graph, { indices }, { depth, onValue, offValue, dtype }) => {
    const type = (dtype as 'int32' | 'float32' | undefined) ?? 'int32'
    const count = depth as number
    const classes = graph.constant(
      Int32Array.from({ length: count }, (_, i) => i),
      [count],
      'int32',
    )
    const column = reshape(graph, indices, [...indices.shape, 1])
    const hot = graph.node('Equal', [column, classes], {}, [...indices.shape, count], 'bool')
    if (onValue === 1 && offValue === 0) return cast(graph, hot, type)
    const [on, off] = [graph.scalar(onValue as number, type), graph.scalar(offValue as number, type)]
    return graph.node('Where', [hot, on, off], {}, hot.shape, type)
  },
}
