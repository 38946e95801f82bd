/**
 * A convolution as a product: its columns, each output pixel's receptive field as a row, times its filter as a matrix.
 * Feature maps stay NHWC through the whole graph.
 */
import { backend_util } from '@tensorflow/tfjs-core'
import { type GraphBuilder, greatestCommonDivisor, lengthOf, type Value } from './graph'
import { concat, pad, pick, reshape, slice, transpose } from './primitives'

/** What of a convolution decides on its product. */
export type ConvInfo = Pick<
  backend_util.Conv2DInfo,
  | 'batchSize'
  | 'inHeight'
  | 'inWidth'
  | 'inChannels'
  | 'outHeight'
  | 'outWidth'
  | 'outChannels'
  | 'filterHeight'
  | 'filterWidth'
  | 'strideHeight'
  | 'strideWidth'
> & { readonly padInfo: Readonly<Record<'top' | 'left' | 'bottom' | 'right', number>> }

/** What a value was made for: so that it may be computed in another way than by the nodes that stand here (plan/winograd.ts). */
export interface Convolved {
  readonly kind: 'convolution' | 'transposed'
  /** The map that is convolved, or that is in transposition. */
  readonly x: Value
  readonly filter: Value
  readonly info: ConvInfo
}

const convolved = new WeakMap<Value, Convolved>()

export function convolvedFor(value: Value): Convolved | undefined {
  return convolved.get(value)
}

export function noteConvolved(graph: GraphBuilder, value: Value, how: Convolved): Value {
  // as others read them: a shape that only windows are cut out of is in no graph that is finished
  convolved.set(value, { ...how, x: asMade(graph, how.x), filter: asMade(graph, how.filter) })
  return value
}

function asMade(graph: GraphBuilder, value: Value): Value {
  const source = graph.madeOf(value, 'Reshape')
  return source ? asMade(graph, source) : value
}

type Shape4D = [number, number, number, number]
type Padding = Parameters<typeof backend_util.computeConv2DInfo>[4]

export function convInfo(
  xShape: readonly number[],
  filterShape: readonly number[],
  attributes: Record<string, unknown>,
): ConvInfo {
  const { strides, pad: padding, dataFormat, dilations, dimRoundingMode } = attributes
  if (dataFormat !== undefined && dataFormat !== 'NHWC') {
    throw new Error(`Convolutions are compiled for NHWC; got ${String(dataFormat)}.`)
  }
  const info = backend_util.computeConv2DInfo(
    [...xShape] as Shape4D,
    [...filterShape] as Shape4D,
    strides as number | [number, number],
    (dilations as number | [number, number] | undefined) ?? 1,
    padding as Padding,
    dimRoundingMode as 'floor' | 'round' | 'ceil' | undefined,
  )
  if (info.dilationHeight !== 1 || info.dilationWidth !== 1) throw new Error('Dilated convolutions are not compiled.')
  return info
}

/** From so many floats that are copied at once, picking them by their places is the fastest way to move them. */
export const worthPicking = 4

/** Neighbouring pixels that always stay together when windows so far apart, and so wide, are cut out of a padded map. */
const runLength = greatestCommonDivisor

function picks({ strideWidth, filterWidth, inChannels }: ConvInfo): boolean {
  return runLength(strideWidth, filterWidth) * inChannels >= worthPicking
}

/** Lengths of strips, the best first. */
const strips = [4, 2]

/**
 * Neighbouring output pixels that a row of the product stands for. What their windows share is copied once, in longer pieces,
 * and multiplied with a filter that stands there once for each of them, among zeros: more to multiply, and less to move.
 */
function stripOf({ target }: GraphBuilder, info: ConvInfo): number {
  const { strideHeight, strideWidth, filterWidth, outWidth } = info
  if (target !== 'cpu' || !picks(info) || strideHeight !== 1 || strideWidth !== 1) return 1
  const fits = (strip: number) =>
    filterWidth > 1 && outWidth % strip === 0 && runLength(strip, filterWidth + strip - 1) > 1
  return strips.find(fits) ?? 1
}

/** With stride 2 and an even filter, 2×2 blocks of pixels become channels and the filter half as long, stride 1. */
function halves(info: ConvInfo): boolean {
  const { strideHeight, strideWidth, filterHeight, filterWidth } = info
  return !picks(info) && strideHeight === 2 && strideWidth === 2 && filterHeight % 2 === 0 && filterWidth % 2 === 0
}

/** Padded so that the windows fit exactly: [B, (out − 1)·stride + filter, …, C]. */
function padded(graph: GraphBuilder, x: Value, info: ConvInfo): Value {
  const height = (info.outHeight - 1) * info.strideHeight + info.filterHeight
  const width = (info.outWidth - 1) * info.strideWidth + info.filterWidth
  const { top, left } = info.padInfo
  const bottom = height - info.inHeight - top
  const right = width - info.inWidth - left
  const whole = pad(graph, x, [
    [0, 0],
    [Math.max(top, 0), Math.max(bottom, 0)],
    [Math.max(left, 0), Math.max(right, 0)],
    [0, 0],
  ])
  const begin = [0, Math.max(-top, 0), Math.max(-left, 0), 0]
  return slice(graph, whole, begin, [info.batchSize, height, width, info.inChannels])
}

/** A convolution: [B, outHeight, outWidth, out]. */
export function convolution(graph: GraphBuilder, x: Value, filter: Value, info: ConvInfo): Value {
  const [rows, matrix] = [columns(graph, x, info), filterMatrix(graph, filter, info)]
  const product = graph.node('MatMul', [rows, matrix], {}, [lengthOf(rows, 0), lengthOf(matrix, 1)], x.type)
  noteConvolved(graph, product, { kind: 'convolution', x, filter, info })
  return reshape(graph, product, [info.batchSize, info.outHeight, info.outWidth, info.outChannels])
}

/** The gradient of its filter: [filterHeight, filterWidth, in, out]. */
export function filterGradient(graph: GraphBuilder, x: Value, dy: Value, info: ConvInfo): Value {
  const left = columns(graph, x, info)
  const right = reshape(graph, dy, [lengthOf(left, 0), stripOf(graph, info) * info.outChannels])
  const shape = [lengthOf(left, 1), lengthOf(right, 1)]
  return fromFilterMatrix(graph, graph.node('Gemm', [left, right], { transA: 1, transB: 0 }, shape, x.type), info)
}

/**
 * The receptive field of each output pixel as a row: [B·outHeight·outWidth, filterHeight·filterWidth·C]; or of each strip of
 * them, as wide as all of theirs.
 */
function columns(graph: GraphBuilder, x: Value, info: ConvInfo): Value {
  const { batchSize, outHeight, outWidth, inChannels } = info
  let source = padded(graph, x, info)
  if (picks(info)) {
    const strip = stripOf(graph, info)
    const rows = (batchSize * outHeight * outWidth) / strip
    const numbers = info.filterHeight * (info.filterWidth + strip - 1) * inChannels
    return reshape(graph, windows(graph, source, info, strip), [rows, numbers])
  }
  let [channels, high, wide, stride] = [inChannels, info.filterHeight, info.filterWidth, info.strideHeight]
  if (halves(info)) {
    const [rows, cols] = [lengthOf(source, 1) / 2, lengthOf(source, 2) / 2]
    const blocks = reshape(graph, source, [batchSize, rows, 2, cols, 2, channels])
    channels *= 4
    source = reshape(graph, transpose(graph, blocks, [0, 1, 3, 2, 4, 5]), [batchSize, rows, cols, channels])
    ;[high, wide, stride] = [high / 2, wide / 2, 1]
  }
  const parts: Value[] = []
  for (let i = 0; i < high; i++) {
    for (let j = 0; j < wide; j++) parts.push(window(graph, source, i, j, info, stride, channels))
  }
  return reshape(graph, concat(graph, parts, 3), [batchSize * outHeight * outWidth, high * wide * channels])
}

/** The windows of a padded map, strip by strip of output pixels, each row by row. */
function windows(graph: GraphBuilder, source: Value, info: ConvInfo, strip: number): Value {
  const [apart, wide] = [info.strideWidth * strip, info.filterWidth + strip - 1]
  const run = runLength(apart, wide)
  const width = lengthOf(source, 2)
  const places: number[] = []
  for (let row = 0; row < info.outHeight; row++)
    for (let column = 0; column < info.outWidth / strip; column++)
      for (let i = 0; i < info.filterHeight; i++)
        for (let j = 0; j < wide; j += run)
          places.push(((row * info.strideHeight + i) * width + column * apart + j) / run)
  return pick(graph, source, places, run)
}

/** Every stride-th pixel from (i, j) on: [B, outHeight, outWidth, C]. */
function window(graph: GraphBuilder, x: Value, i: number, j: number, info: ConvInfo, stride: number, channels: number) {
  const size = [info.batchSize, info.outHeight, info.outWidth, channels]
  if (stride === 1 && info.strideHeight === info.strideWidth) return slice(graph, x, [0, i, j, 0], size)
  const [down, right] = halves(info) ? [1, 1] : [info.strideHeight, info.strideWidth]
  const ends = [i + (info.outHeight - 1) * down + 1, j + (info.outWidth - 1) * right + 1]
  const inputs = [x, graph.int64([i, j]), graph.int64(ends), graph.int64([1, 2]), graph.int64([down, right])]
  return graph.node('Slice', inputs, {}, size, x.type)
}

/** The filter as the matrix that columns are multiplied with: [filterHeight·filterWidth·in, out]. */
function filterMatrix(graph: GraphBuilder, filter: Value, info: ConvInfo): Value {
  const { filterHeight: h, filterWidth: w, inChannels, outChannels } = info
  let ordered = filter
  if (halves(info)) {
    const blocks = reshape(graph, filter, [h / 2, 2, w / 2, 2, inChannels, outChannels])
    ordered = transpose(graph, blocks, [0, 2, 1, 3, 4, 5])
  }
  const strip = stripOf(graph, info)
  if (strip === 1) return reshape(graph, ordered, [h * w * inChannels, outChannels])
  const placed = Array.from({ length: strip }, (_, i) => {
    const moved = pad(graph, filter, [[0, 0], [i, strip - 1 - i], [0, 0], [0, 0]]) // prettier-ignore
    return reshape(graph, moved, [h * (w + strip - 1) * inChannels, outChannels])
  })
  return concat(graph, placed, 1)
}

/** filterMatrix undone. */
function fromFilterMatrix(graph: GraphBuilder, matrix: Value, info: ConvInfo): Value {
  const { filterHeight: h, filterWidth: w, inChannels, outChannels } = info
  const strip = stripOf(graph, info)
  const shape = [h, w, inChannels, outChannels]
  if (strip > 1) {
    const whole = reshape(graph, matrix, [h, w + strip - 1, inChannels, strip, outChannels])
    const parts = Array.from({ length: strip }, (_, i) =>
      reshape(graph, slice(graph, whole, [0, i, 0, i, 0], [h, w, inChannels, 1, outChannels]), shape),
    )
    return parts.reduce((sum, part) => graph.node('Add', [sum, part], {}, shape, matrix.type))
  }
  if (!halves(info)) return reshape(graph, matrix, shape)
  const blocks = reshape(graph, matrix, [h / 2, w / 2, 2, 2, inChannels, outChannels])
  return reshape(graph, transpose(graph, blocks, [0, 2, 1, 3, 4, 5]), shape)
}
