/** The nodes that most kernels are made of, left out where they would do nothing. */
import { pairs, present } from '../../../preload/present'
import { type ElementType, fromFirst, type GraphBuilder, lengthOf, sameShape, type Value } from './graph'

export function reshape(graph: GraphBuilder, x: Value, shape: readonly number[]): Value {
  if (sameShape(x.shape, shape)) return x
  if (x.data) return graph.constant(x.data, shape, x.type)
  // A reshape of a reshape needs only the last one.
  const source = graph.madeOf(x, 'Reshape') ?? x
  if (sameShape(source.shape, shape)) return source
  return graph.node('Reshape', [source, graph.int64(shape)], {}, shape, x.type)
}

export function transpose(graph: GraphBuilder, x: Value, permutation: readonly number[]): Value {
  if (permutation.every((p, i) => p === i)) return x
  const shape = permutation.map((p) => lengthOf(x, p))
  // Axes of length one move for free: where only they change place, it is a reshape.
  const long = permutation.filter((p) => x.shape[p] !== 1)
  if (
    sameShape(
      long,
      long.toSorted((a, b) => a - b),
    )
  )
    return reshape(graph, x, shape)
  return graph.node('Transpose', [x], { perm: permutation }, shape, x.type)
}

export function slice(graph: GraphBuilder, x: Value, begin: readonly number[], size: readonly number[]): Value {
  if (sameShape(x.shape, size)) return x
  const cuts = pairs(begin, size)
    .map(([start, length], axis) => ({ axis, start, end: start + length }))
    .filter(({ axis }) => size[axis] !== x.shape[axis])
  const inputs = [
    graph.int64(cuts.map(({ start }) => start)),
    graph.int64(cuts.map(({ end }) => end)),
    graph.int64(cuts.map(({ axis }) => axis)),
  ]
  return graph.node('Slice', [x, ...inputs], {}, size, x.type)
}

export function pad(graph: GraphBuilder, x: Value, paddings: readonly (readonly [number, number])[], fill = 0): Value {
  const none = ([before, after]: readonly [number, number]) => before === 0 && after === 0
  if (paddings.every(none)) return x
  const shape = pairs(x.shape, paddings).map(([length, [before, after]]) => length + before + after)
  const [last, beforeLast] = paddings.toReversed()
  if (last && beforeLast && none(last)) {
    // whole runs of the last axis are copied: seen as longer rows, in as few axes as can be, that is fast on any device
    const run = lengthOf(x, -1)
    const [before, after] = beforeLast
    const rows = reshape(graph, x, [...x.shape.slice(0, -2), lengthOf(x, -2) * run])
    const wide = pad(graph, rows, [...paddings.slice(0, -2), [before * run, after * run]], fill)
    return reshape(graph, wide, shape)
  }
  const pads = [...paddings.map(([before]) => before), ...paddings.map(([, after]) => after)]
  const inputs = [x, graph.int64(pads)]
  if (fill !== 0) inputs.push(graph.scalar(fill, x.type as 'float32' | 'int32'))
  return graph.node('Pad', inputs, { mode: 'constant' }, shape, x.type)
}

/** Along an axis, which may be counted from the last. @throws RangeError without parts */
export function concat(graph: GraphBuilder, parts: readonly Value[], axis: number): Value {
  const first = present(parts[0], 'part to put together')
  if (parts.length === 1) return first
  const at = fromFirst(axis, first.shape.length)
  const whole = parts.reduce((length, part) => length + lengthOf(part, at), 0)
  return graph.node('Concat', parts, { axis: at }, first.shape.with(at, whole), first.type)
}

/**
 * Pixels of each image by their places, row by row, or runs of neighbours: [B, H, W, C] → [B, places, run·C].
 * ONNX Runtime copies each in one piece.
 */
export function pick(graph: GraphBuilder, x: Value, places: readonly number[], run = 1): Value {
  const [batch, height, width, channels] = x.shape as [number, number, number, number]
  if (places.length * run === height * width && places.every((place, i) => place === i))
    return reshape(graph, x, [batch, places.length, run * channels])
  const runs = reshape(graph, x, [batch, (height * width) / run, run * channels])
  const indices = graph.constant(Int32Array.from(places), [places.length], 'int32')
  return graph.node('Gather', [runs, indices], { axis: 1 }, [batch, places.length, run * channels], x.type)
}

export function reverse(graph: GraphBuilder, x: Value, axes: readonly number[]): Value {
  const long = axes.filter((i) => lengthOf(x, i) > 1)
  if (long.length === 0) return x
  const inputs = [
    graph.int64(long.map(() => -1)),
    graph.int64(long.map((i) => -lengthOf(x, i) - 1)),
    graph.int64(long),
    graph.int64(long.map(() => -1)),
  ]
  return graph.node('Slice', [x, ...inputs], {}, x.shape, x.type)
}

/** `x` with a larger shape by repeating. */
export function expand(graph: GraphBuilder, x: Value, shape: readonly number[]): Value {
  if (sameShape(x.shape, shape)) return x
  return graph.node('Expand', [x, graph.int64(shape)], {}, shape, x.type)
}

export function cast(graph: GraphBuilder, x: Value, type: ElementType): Value {
  if (x.type === type) return x
  if (x.data && !(x.data instanceof BigInt64Array) && type === 'float32') {
    return graph.constant(Float32Array.from(x.data), x.shape, type)
  }
  // Bytes that were widened to int32 only because tfjs knows no bytes go on directly.
  const before = graph.madeOf(x, 'Cast')
  const source = before?.type === 'uint8' ? before : x
  return graph.node('Cast', [source], { to: type }, x.shape, type)
}
