/**
 * Matrix products and convolutions.
 *
 * Feature maps stay NHWC through the whole graph. A convolution is its columns (each output pixel's receptive field as
 * a row) times its filter as a matrix, and the gradient of the filter is the same columns, transposed, times the
 * gradient of the result: value numbering makes them share the columns. So does a transposed convolution with its own
 * two gradients. Measured against ONNX Runtime's own NCHW convolutions: test/bench.
 */
import { backend_util } from '@tensorflow/tfjs-core'
import { type GraphBuilder, sizeOf, type Target, type Value } from './graph'
import type { Emit } from './kernels'
import { concat, pad, pick, reshape, slice, transpose } from './primitives'

type ConvInfo = backend_util.Conv2DInfo
type Shape4D = [number, number, number, number]
type Padding = Parameters<typeof backend_util.computeConv2DInfo>[4]

/** a·b for matrices, either one transposed first. */
function gemm(graph: GraphBuilder, a: Value, b: Value, transA = false, transB = false): Value {
  const shape = [a.shape[transA ? 1 : 0]!, b.shape[transB ? 0 : 1]!]
  if (!transA && !transB) return graph.node('MatMul', [a, b], {}, shape, a.type)
  return graph.node('Gemm', [a, b], { transA: transA ? 1 : 0, transB: transB ? 1 : 0 }, shape, a.type)
}

function convInfo(
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
const worthPicking = 16

/** Neighbouring pixels that always stay together when windows are cut out of a padded map. */
function runLength({ strideWidth, filterWidth }: ConvInfo): number {
  let [a, b] = [strideWidth, filterWidth]
  while (b !== 0) [a, b] = [b, a % b]
  return a
}

function picks(info: ConvInfo): boolean {
  return runLength(info) * info.inChannels >= worthPicking
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
    [top, Math.max(bottom, 0)],
    [left, Math.max(right, 0)],
    [0, 0],
  ])
  return slice(graph, whole, [0, 0, 0, 0], [info.batchSize, height, width, info.inChannels])
}

/** The receptive field of each output pixel as a row: [B·outHeight·outWidth, filterHeight·filterWidth·C]. */
function columns(graph: GraphBuilder, x: Value, info: ConvInfo): Value {
  const { batchSize, outHeight, outWidth, inChannels } = info
  let source = padded(graph, x, info)
  if (picks(info)) {
    const rows = batchSize * outHeight * outWidth
    return reshape(graph, windows(graph, source, info), [rows, info.filterHeight * info.filterWidth * inChannels])
  }
  let [channels, high, wide, stride] = [inChannels, info.filterHeight, info.filterWidth, info.strideHeight]
  if (halves(info)) {
    const [rows, cols] = [source.shape[1]! / 2, source.shape[2]! / 2]
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

/** The windows of a padded map, output pixel by output pixel, each row by row. */
function windows(graph: GraphBuilder, source: Value, info: ConvInfo): Value {
  const run = runLength(info)
  const width = source.shape[2]!
  const places: number[] = []
  for (let row = 0; row < info.outHeight; row++)
    for (let column = 0; column < info.outWidth; column++)
      for (let i = 0; i < info.filterHeight; i++)
        for (let j = 0; j < info.filterWidth; j += run)
          places.push(((row * info.strideHeight + i) * width + column * info.strideWidth + j) / run)
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
  return reshape(graph, ordered, [h * w * inChannels, outChannels])
}

/** filterMatrix undone. */
function fromFilterMatrix(graph: GraphBuilder, matrix: Value, info: ConvInfo): Value {
  const { filterHeight: h, filterWidth: w, inChannels, outChannels } = info
  if (!halves(info)) return reshape(graph, matrix, info.filterShape)
  const blocks = reshape(graph, matrix, [h / 2, w / 2, 2, 2, inChannels, outChannels])
  return reshape(graph, transpose(graph, blocks, [0, 2, 1, 3, 4, 5]), info.filterShape)
}

function rows(graph: GraphBuilder, x: Value): Value {
  const channels = x.shape.at(-1)!
  return reshape(graph, x, [sizeOf(x.shape) / channels, channels])
}

/** What each pixel of dy gave to its receptive field, added up: the transpose of the convolution. */
function transposedConvolution(graph: GraphBuilder, dy: Value, filter: Value, info: ConvInfo): Value {
  const blocks = blockGrid(info, graph.target)
  return blocks ? inBlocks(graph, dy, filter, info, blocks) : asOperator(graph, dy, filter, info)
}

/** A transposed convolution seen as one of stride 1 whose pixels are blocks of the result, `stride` long and wide. */
interface BlockGrid {
  /** Blocks. */
  readonly height: number
  readonly width: number
  /** Pixels of dy that a block depends on. */
  readonly high: number
  readonly wide: number
}

/** Undefined where the filter is not a number of blocks, where blocks would not cover all, or where it does not pay. */
function blockGrid(info: ConvInfo, target: Target): BlockGrid | undefined {
  const { strideHeight, strideWidth, filterHeight, filterWidth, padInfo } = info
  if (filterHeight % strideHeight !== 0 || filterWidth % strideWidth !== 0) return undefined
  // a GPU's own operator is not faster, and not the same each time
  if (target === 'cpu' && Math.min(info.inChannels, info.outChannels) < worthPicking) return undefined
  const [high, wide] = [filterHeight / strideHeight, filterWidth / strideWidth]
  const grid = { height: info.outHeight + high - 1, width: info.outWidth + wide - 1, high, wide }
  const covers =
    grid.height * strideHeight >= padInfo.top + info.inHeight && grid.width * strideWidth >= padInfo.left + info.inWidth
  return covers ? grid : undefined
}

/**
 * Each block of the result is a product of the pixels of dy around it with the whole filter. That is a third more to
 * multiply for a 7×7 map and a 4×4 filter, since blocks reach over the border, and a third faster than ConvTranspose all
 * the same, which adds up columns and needs maps in another order.
 */
function inBlocks(graph: GraphBuilder, dy: Value, filter: Value, info: ConvInfo, grid: BlockGrid): Value {
  const { batchSize, inHeight, inWidth, inChannels, outChannels, strideHeight, strideWidth, padInfo } = info
  const { height, width, high, wide } = grid
  const around = pad(graph, dy, [[0, 0], [high - 1, high - 1], [wide - 1, wide - 1], [0, 0]]) // prettier-ignore
  const sources: number[] = []
  for (let row = 0; row < height; row++)
    for (let column = 0; column < width; column++)
      for (let i = high - 1; i >= 0; i--)
        for (let j = wide - 1; j >= 0; j--) sources.push((row + i) * around.shape[2]! + column + j)
  const rows = reshape(graph, pick(graph, around, sources), [batchSize * height * width, high * wide * outChannels])

  const split = reshape(graph, filter, [high, strideHeight, wide, strideWidth, inChannels, outChannels])
  const block = strideHeight * strideWidth
  const matrix = reshape(graph, transpose(graph, split, [0, 2, 5, 1, 3, 4]), [rows.shape[1]!, block * inChannels])
  const product = reshape(graph, gemm(graph, rows, matrix), [batchSize, height * width, block, inChannels])

  const places: number[] = []
  for (let row = padInfo.top; row < padInfo.top + inHeight; row++)
    for (let column = padInfo.left; column < padInfo.left + inWidth; column++) {
      const [down, right] = [Math.floor(row / strideHeight), Math.floor(column / strideWidth)]
      const within = (row % strideHeight) * strideWidth + (column % strideWidth)
      places.push((down * width + right) * block + within)
    }
  return reshape(graph, pick(graph, product, places), info.inShape)
}

/** ONNX's own operator, in its only layout, NCHW. */
function asOperator(graph: GraphBuilder, dy: Value, filter: Value, info: ConvInfo): Value {
  const { padInfo, inHeight, inWidth, outHeight, outWidth, strideHeight, strideWidth } = info
  const [down, right] = [
    inHeight + padInfo.top + padInfo.bottom - ((outHeight - 1) * strideHeight + info.filterHeight),
    inWidth + padInfo.left + padInfo.right - ((outWidth - 1) * strideWidth + info.filterWidth),
  ]
  const shape = [info.batchSize, info.inChannels, inHeight, inWidth]
  const result = graph.node(
    'ConvTranspose',
    [transpose(graph, dy, [0, 3, 1, 2]), transpose(graph, filter, [3, 2, 0, 1])],
    {
      kernel_shape: [info.filterHeight, info.filterWidth],
      strides: [strideHeight, strideWidth],
      pads: [padInfo.top, padInfo.left, padInfo.bottom, padInfo.right],
      output_padding: [down, right],
    },
    shape,
    dy.type,
  )
  return transpose(graph, result, [0, 2, 3, 1])
}

export const linear: Record<string, Emit> = {
  BatchMatMul: (graph, { a, b }, { transposeA, transposeB }) => {
    if (a.shape.length === 2 && b.shape.length === 2) {
      return gemm(graph, a, b, transposeA as boolean, transposeB as boolean)
    }
    const swap = (x: Value, needed: unknown) => {
      const axes = x.shape.map((_, i) => i)
      return needed ? transpose(graph, x, [...axes.slice(0, -2), axes.at(-1)!, axes.at(-2)!]) : x
    }
    const [left, right] = [swap(a, transposeA), swap(b, transposeB)]
    const outer = backend_util.assertAndGetBroadcastShape(left.shape.slice(0, -2), right.shape.slice(0, -2))
    return graph.node('MatMul', [left, right], {}, [...outer, left.shape.at(-2)!, right.shape.at(-1)!], a.type)
  },
  Conv2D: (graph, { x, filter }, attributes) => {
    const info = convInfo(x.shape, filter.shape, attributes)
    const product = gemm(graph, columns(graph, x, info), filterMatrix(graph, filter, info))
    return reshape(graph, product, info.outShape)
  },
  Conv2DBackpropFilter: (graph, { x, dy }, attributes) => {
    const info = convInfo(x.shape, attributes['filterShape'] as number[], attributes)
    return fromFilterMatrix(graph, gemm(graph, columns(graph, x, info), rows(graph, dy), true), info)
  },
  Conv2DBackpropInput: (graph, { dy, filter }, attributes) => {
    const info = convInfo(attributes['inputShape'] as number[], filter.shape, attributes)
    return transposedConvolution(graph, dy, filter, info)
  },
}
