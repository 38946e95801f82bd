/** The nodes that most kernels are made of, left out where they would do nothing. */
import { type ElementType, type GraphBuilder, sameShape, type Value } from './graph'

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
  const none = ([before, after]: readonly [number, number]) => before === 0 && after === 0
  if (paddings.every(none)) return x
  if (x.shape.length > 1 && none(paddings.at(-1)!)) {
    // whole runs of the last axis are copied: seen as longer rows, in as few axes as can be, that is fast on any device
    const run = x.shape.at(-1)!
    const [before, after] = paddings.at(-2)!
    const rows = reshape(graph, x, [...x.shape.slice(0, -2), x.shape.at(-2)! * run])
    const wide = pad(graph, rows, [...paddings.slice(0, -2), [before * run, after * run]], fill)
    return reshape(graph, wide, x.shape.map((d, i) => d + paddings[i]![0] + paddings[i]![1])) // prettier-ignore
  }
  const pads = [...paddings.map(([before]) => before), ...paddings.map(([, after]) => after)]
  const shape = x.shape.map((d, i) => d + paddings[i]![0] + paddings[i]![1])
  const inputs = [x, graph.int64(pads)]
  if (fill !== 0) inputs.push(graph.scalar(fill, x.type as 'float32' | 'int32'))
  return graph.node('Pad', inputs, { mode: 'constant' }, shape, x.type)
}

export function concat(graph: GraphBuilder, parts: readonly Value[], axis: number): Value {
  const [first] = parts
  if (parts.length === 1) return first!
  const shape = first!.shape.map((d, i) => (i === axis ? parts.reduce((n, p) => n + p.shape[axis]!, 0) : d))
  return graph.node('Concat', parts, { axis }, shape, first!.type)
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
  const long = axes.filter((i) => x.shape[i]! > 1)
  if (long.length === 0) return x
  const inputs = [
    graph.int64(long.map(() => -1)),
    graph.int64(long.map((i) => -x.shape[i]! - 1)),
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
  const producer = graph.producer(x)
  const source = producer?.op === 'Cast' && producer.inputs[0]!.type === 'uint8' ? producer.inputs[0]! : x
  return graph.node('Cast', [source], { to: type }, x.shape, type)
}
