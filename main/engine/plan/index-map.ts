/**
 * Moves as index maps: where each number of a result comes from, or that it is 0. A map is that of one image, a part of the
 * batch (or of anything else) that repeats itself; what is made of another map is one map.
 */
import { greatestCommonDivisor, type Node, sizeOf, type Value } from '../trace/graph'
import { numbersOf } from './draft'

/** Of each of so many images, where the numbers of its result lie in its source; −1 for 0. */
export interface IndexMap {
  readonly images: number
  /** Numbers that lie between the beginnings of two images in the source. */
  readonly apart: number
  readonly from: Int32Array
}

/** Numbers that are moved to rows of a result, of which each image has some. */
export interface Part {
  readonly source: Value
  readonly map: IndexMap
  /** In the result: where the first row begins, how long each is, and how far from the beginning of one to the next. */
  readonly begin: number
  readonly row: number
  readonly apart: number
}

export interface Move {
  readonly kind: 'move'
  readonly out: Value
  readonly parts: readonly Part[]
}

/** Longer ones would take more memory than they save. */
const mostNumbers = 1 << 22

/** A map with fewer images, each as long as several. */
function joined({ images, apart, from }: IndexMap, fewer: number): IndexMap {
  if (images === fewer) return { images, apart, from }
  const times = images / fewer
  const all = new Int32Array(times * from.length)
  for (let image = 0; image < times; image++)
    for (let i = 0; i < from.length; i++) all[image * from.length + i] = from[i]! < 0 ? -1 : from[i]! + image * apart
  return { images: fewer, apart: apart * times, from: all }
}

/** One map that does what `before` does, and then `after`; undefined if it would be too long. */
export function composed(after: IndexMap, before: IndexMap): IndexMap | undefined {
  const images = greatestCommonDivisor(after.images, before.images)
  if (Math.max(after.from.length * after.images, before.from.length * before.images) / images > mostNumbers)
    return undefined
  const [last, first] = [joined(after, images), joined(before, images)]
  const from = new Int32Array(last.from.length)
  for (let i = 0; i < from.length; i++) from[i] = last.from[i]! < 0 ? -1 : first.from[last.from[i]!]!
  return { images, apart: first.apart, from }
}

/** One map of several parts with one source that fill a result of so many numbers; undefined if it would be too long. */
export function merged(parts: readonly Part[], size: number): IndexMap | undefined {
  const images = parts.reduce((all, { map }) => greatestCommonDivisor(all, map.images), 0)
  if (size / images > mostNumbers) return undefined
  const from = new Int32Array(size / images)
  let apart = 0
  for (const { map: short, begin, row, apart: further } of parts) {
    const map = joined(short, images)
    apart = map.apart
    for (let i = 0, to = begin; i < map.from.length; i += row, to += further)
      from.set(map.from.subarray(i, i + row), to)
  }
  return { images, apart, from }
}

/** A map that fills all of a result. */
export function whole(map: IndexMap): Omit<Part, 'source'> {
  return { map, begin: 0, row: map.from.length, apart: map.from.length }
}

/** All of a source in another order, or with some of it more than once. @param from of each result where it lies, −1 for 0 */
export function rearranged(source: Value, out: Value, from: Int32Array): Move {
  return { kind: 'move', out, parts: [{ source, ...whole({ images: 1, apart: sizeOf(source.shape), from }) }] }
}

/** Where the numbers of a matrix's transposed one lie: [rows, columns] → [columns, rows]. */
export function turned(rows: number, columns: number): Int32Array {
  return Int32Array.from({ length: rows * columns }, (_, i) => (i % rows) * columns + Math.floor(i / rows))
}

/** Whether a map leaves everything where it is. */
export function isIdentity({ images, apart, from }: IndexMap, size: number): boolean {
  return images * from.length === size && apart === from.length && from.every((at, i) => at === i)
}

/** The longest runs, all of one length, that fill rows: where each begins in the source, −1 for zeros. */
export function runsOf(from: Int32Array, row: number): { readonly length: number; readonly begins: Int32Array } {
  let length = row
  for (let i = 1; i < from.length && length > 1; i++)
    if (i % length !== 0 && !goesOn(from, i)) length = greatestCommonDivisor(length, i)
  return { length, begins: Int32Array.from({ length: from.length / length }, (_, i) => from[i * length]!) }
}

/** All runs, as long as they are: of each where it begins in the source, or −1 for zeros, and its length. */
export function spansOf(from: Int32Array): Int32Array {
  const spans: number[] = []
  let begin = 0
  for (let i = 1; i <= from.length; i++) {
    if (i < from.length && goesOn(from, i)) continue
    spans.push(from[begin]!, i - begin)
    begin = i
  }
  return Int32Array.from(spans)
}

/** Whether a place follows the one before it, or both are zeros. */
function goesOn(from: Int32Array, i: number): boolean {
  return from[i - 1]! < 0 ? from[i]! < 0 : from[i] === from[i - 1]! + 1
}

/** The map of a node that moves numbers of one source; undefined if it is no such node. */
export function mapOf({ op, inputs, attributes, output }: Node): IndexMap | undefined {
  const [x, first] = inputs
  if (!x || sizeOf(output.shape) === 0 || !isWide(x)) return undefined
  const strides = x.shape.map((_, axis) => sizeOf(x.shape.slice(axis + 1)))
  const axes = x.shape.map((length, axis) => ({ length, stride: strides[axis]!, begin: 0, step: 1 }))
  if (op === 'Transpose') {
    const permutation = attributes['perm'] as readonly number[]
    return walked(
      x,
      output,
      permutation.map((axis) => axes[axis]!),
    )
  }
  if (op === 'Slice') return walked(x, output, sliced(axes, inputs))
  if (op === 'Pad' && inputs.length === 2) {
    const before = numbersOf(first)
    return walked(
      x,
      output,
      axes.map((axis, i) => ({ ...axis, begin: -before[i]! })),
    )
  }
  if (op === 'Expand' || op === 'Tile') {
    const added = output.shape.length - axes.length
    const all = [...Array.from({ length: added }, () => ({ length: 1, stride: 0, begin: 0, step: 1 })), ...axes]
    return walked(
      x,
      output,
      all.map(({ length, stride, begin, step }) => ({ length, stride, begin, step, around: true })),
    )
  }
  if (op === 'Gather' && first?.data) return gathered(x.shape, attributes['axis'] as number, numbersOf(first))
  return undefined
}

function sliced(axes: readonly Axis[], [, starts, , which, steps]: readonly Value[]): Axis[] {
  const [begins, places, apart] = [numbersOf(starts), numbersOf(which), steps && numbersOf(steps)]
  return axes.map((axis, i) => {
    const at = places.indexOf(i)
    if (at < 0) return axis
    const begin = begins[at]!
    return {
      ...axis,
      begin: begin < 0 ? Math.min(begin + axis.length, axis.length - 1) : begin,
      step: apart?.[at] ?? 1,
    }
  })
}

/** Numbers of four bytes, which are moved without a look at them. */
export function isWide({ type }: Value): boolean {
  return type === 'float32' || type === 'int32'
}

/** The parts of a node that puts values side by side, each of which lies in one piece of each image. */
export function concatenated({ op, inputs, attributes, output }: Node): Part[] | undefined {
  if (op !== 'Concat' || sizeOf(output.shape) === 0 || !isWide(output)) return undefined
  const axis = attributes['axis'] as number
  const images = sizeOf(output.shape.slice(0, axis))
  const apart = sizeOf(output.shape) / images
  let begin = 0
  return inputs.map((source) => {
    const length = sizeOf(source.shape) / images
    const from = Int32Array.from({ length }, (_, i) => i)
    const part = { source, map: { images, apart: length, from }, begin, row: length, apart }
    begin += length
    return part
  })
}

/** What an axis of a result walks along in the source. */
interface Axis {
  readonly length: number
  /** From a place to the next, in the flat source. */
  readonly stride: number
  /** Where it begins, and how far it goes each time. */
  readonly begin: number
  readonly step: number
  /** Whether it begins again behind its end, where another one has zeros before its beginning and behind its end. */
  readonly around?: boolean
}

/** The map of a walk over a result's places. Where its first axis is all of the source's first one, its places are images. */
function walked(source: Value, { shape }: Value, axes: readonly Axis[]): IndexMap {
  const [head] = axes
  const whole =
    head !== undefined &&
    head.begin === 0 &&
    head.step === 1 &&
    head.length === shape[0] &&
    head.stride * head.length === sizeOf(source.shape)
  const images = whole ? head.length : 1
  let from = Int32Array.of(0)
  for (const [i, { length, stride, begin, step, around }] of axes.entries()) {
    if (whole && i === 0) continue
    const count = shape[i]!
    const longer = new Int32Array(from.length * count)
    for (let p = 0; p < from.length; p++)
      for (let k = 0; k < count; k++) {
        const at = around ? (begin + k * step) % length : begin + k * step
        longer[p * count + k] = from[p]! >= 0 && at >= 0 && at < length ? from[p]! + at * stride : -1
      }
    from = longer
  }
  return { images, apart: sizeOf(source.shape) / images, from }
}

function gathered(shape: readonly number[], axis: number, places: readonly number[]): IndexMap {
  const [run, images, length] = [sizeOf(shape.slice(axis + 1)), sizeOf(shape.slice(0, axis)), shape[axis]!]
  const from = new Int32Array(places.length * run)
  places.forEach((place, i) => {
    const begin = (place < 0 ? place + length : place) * run
    for (let k = 0; k < run; k++) from[i * run + k] = begin + k
  })
  return { images, apart: length * run, from }
}
