/** Kernels that move numbers without changing them. */
import { backend_util, slice_util, util } from '@tensorflow/tfjs-core'
import { type GraphBuilder, sameShape, sizeOf, type Value } from './graph'
import type { Emit } from './kernels'
import { cast, expand } from './kernels-elementwise'

export function reshape(graph: GraphBuilder, x: Value, shape: readonly number[]): Value {
  if (sameShape(x.shape, shape)) return x
  if (x.data) return graph.constant(x.data, shape, x.type)
  // A reshape of a reshape needs only the last one.
  const producer = graph.producer(x)
  const source = producer?.op === 'Reshape' ? producer.inputs[0]! : x
  if (sameShape(source.shape, shape)) return source
  return graph.node('Reshape', [source, graph.int64(shape)], {}, shape, x.type)
}

export function transpose(graph: GraphBuilder, x: Value, permutation: readonly number[]): Value {
  if (permutation.every((p, i) => p === i)) return x
  const shape = permutation.map((p) => x.shape[p]!)
  // Axes of length one move for free: where only they change place, it is a reshape.
  const long = permutation.filter((p) => x.shape[p] !== 1)
  if (long.every((p, i) => i === 0 || p > long[i - 1]!)) return reshape(graph, x, shape)
  return graph.node('Transpose', [x], { perm: permutation }, shape, x.type)
}

export function slice(graph: GraphBuilder, x: Value, begin: readonly number[], size: readonly number[]): Value {
  if (sameShape(x.shape, size)) return x
  const axes = size.flatMap((d, i) => (d === x.shape[i] ? [] : [i]))
  return graph.node(
    'Slice',
    [x, graph.int64(axes.map((i) => begin[i]!)), graph.int64(axes.map((i) => begin[i]! + size[i]!)), graph.int64(axes)],
    {},
    size,
    x.type,
  )
}

export function pad(graph: GraphBuilder, x: Value, paddings: readonly (readonly [number, number])[], fill = 0): Value {
  if (paddings.every(([before, after]) => before === 0 && after === 0)) return x
  const pads = [...paddings.map(([before]) => before), ...paddings.map(([, after]) => after)]
  const shape = x.shape.map((d, i) => d + paddings[i]![0] + paddings[i]![1])
  const inputs = [x, graph.int64(pads)]
  if (fill !== 0) inputs.push(graph.scalar(fill))
  return graph.node('Pad', inputs, { mode: 'constant' }, shape, x.type)
}

export function concat(graph: GraphBuilder, parts: readonly Value[], axis: number): Value {
  const [first] = parts
  if (parts.length === 1) return first!
  const shape = first!.shape.map((d, i) => (i === axis ? parts.reduce((n, p) => n + p.shape[axis]!, 0) : d))
  return graph.node('Concat', parts, { axis }, shape, first!.type)
}

export const shapes: Record<string, Emit> = {
  Reshape: (graph, { x }, { shape }) => {
    const whole = util.inferFromImplicitShape(shape as number[], sizeOf(x!.shape))
    return reshape(graph, x!, whole)
  },
  ExpandDims: (graph, { input }, { dim }) => {
    const at = (dim as number) < 0 ? input!.shape.length + (dim as number) + 1 : (dim as number)
    return reshape(graph, input!, input!.shape.toSpliced(at, 0, 1))
  },
  Transpose: (graph, { x }, { perm }) => transpose(graph, x!, perm as number[]),
  Slice: (graph, { x }, { begin, size }) => {
    const [start, extent] = slice_util.parseSliceParams(
      { shape: [...x!.shape] } as Parameters<typeof slice_util.parseSliceParams>[0],
      begin as number | number[],
      size as number | number[],
    )
    return slice(graph, x!, start, extent)
  },
  SplitV: (graph, { x }, { numOrSizeSplits, axis }) => {
    const at = util.parseAxisParam(axis as number, [...x!.shape])[0]!
    const sizes = backend_util.prepareSplitSize(
      { shape: [...x!.shape] } as Parameters<typeof backend_util.prepareSplitSize>[0],
      numOrSizeSplits as number | number[],
      at,
    )
    let start = 0
    return sizes.map((extent) => {
      const begin = x!.shape.map((_, i) => (i === at ? start : 0))
      start += extent
      return slice(graph, x!, begin, x!.shape.with(at, extent))
    })
  },
  PadV2: (graph, { x }, { paddings, constantValue }) =>
    pad(graph, x!, paddings as [number, number][], constantValue as number),
  Concat: (graph, inputs, { axis }) => {
    const parts = Object.values(inputs)
    const at = util.parseAxisParam(axis as number, [...parts[0]!.shape])[0]!
    return concat(
      graph,
      parts.filter((p) => p.shape[at] !== 0),
      at,
    )
  },
  Pack: (graph, inputs, { axis }) => {
    const parts = Object.values(inputs)
    const at = (axis as number) < 0 ? parts[0]!.shape.length + 1 + (axis as number) : (axis as number)
    return concat(
      graph,
      parts.map((p) => reshape(graph, p, p.shape.toSpliced(at, 0, 1))),
      at,
    )
  },
  Unpack: (graph, { value }, { axis }) => {
    const at = util.parseAxisParam(axis as number, [...value!.shape])[0]!
    const part = value!.shape.toSpliced(at, 1)
    return Array.from({ length: value!.shape[at]! }, (_, i) => {
      const begin = value!.shape.map((_d, j) => (j === at ? i : 0))
      return reshape(graph, slice(graph, value!, begin, value!.shape.with(at, 1)), part)
    })
  },
  Tile: (graph, { x }, { reps }) =>
    graph.node(
      'Tile',
      [x!, graph.int64(reps as number[])],
      {},
      x!.shape.map((d, i) => d * (reps as number[])[i]!),
      x!.type,
    ),
  BroadcastTo: (graph, { x }, { shape }) => expand(graph, x!, shape as number[]),
  Reverse: (graph, { x }, { dims }) => {
    const axes = util.parseAxisParam(dims as number | number[], [...x!.shape])
    const inputs = [
      graph.int64(axes.map(() => -1)),
      graph.int64(axes.map((i) => -x!.shape[i]! - 1)),
      graph.int64(axes),
      graph.int64(axes.map(() => -1)),
    ]
    return graph.node('Slice', [x!, ...inputs], {}, x!.shape, x!.type)
  },
  GatherV2: (graph, { x, indices }, { axis, batchDims }) => {
    if (batchDims) throw new Error('GatherV2 with batchDims is not compiled; use it without.')
    const at = util.parseAxisParam(axis as number, [...x!.shape])[0]!
    const shape = [...x!.shape.slice(0, at), ...indices!.shape, ...x!.shape.slice(at + 1)]
    return graph.node('Gather', [x!, indices!], { axis: at }, shape, x!.type)
  },
  OneHot: (graph, { indices }, { depth, onValue, offValue, dtype }) => {
    const shape = [...indices!.shape, depth as number]
    const values = graph.constant(Float32Array.of(offValue as number, onValue as number), [2], 'float32')
    const hot = graph.node(
      'OneHot',
      [indices!, graph.constant(BigInt64Array.of(BigInt(depth as number)), [], 'int64'), values],
      { axis: -1 },
      shape,
      'float32',
    )
    return cast(graph, hot, ((dtype as string | undefined) ?? 'int32') as 'int32' | 'float32')
  },
}
