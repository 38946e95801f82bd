/**
 * A transposed convolution, which is also the gradient of a convolution's input: what each pixel of dy gave to its
 * receptive field, added up.
 */
import { type ConvInfo, convolution, noteConvolved, worthPicking } from './convolution'
import { type GraphBuilder, lengthOf, type Target, type Value } from './graph'
import { pad, pick, reshape, reverse, transpose } from './primitives'

/** Transposed convolutions that were computed as products, by their results. */
const productOf = new WeakMap<Value, { dy: Value; filter: Value; info: ConvInfo }>()

export function transposedConvolution(graph: GraphBuilder, dy: Value, filter: Value, info: ConvInfo): Value {
  if (!pays(info, graph.target)) return asOperator(graph, dy, filter, info)
  const inOne = info.strideHeight === 1 && info.strideWidth === 1
  const result = (inOne ? turnedRound : inBlocks)(graph, dy, filter, info)
  productOf.set(result, { dy, filter, info })
  return result
}

/**
 * A piece of a transposed convolution's result, of which no more is computed; undefined if `x` is none. Zeros around a map
 * have a piece for their gradient.
 */
export function pieceOfTransposed(
  graph: GraphBuilder,
  x: Value,
  begin: readonly number[],
  size: readonly number[],
): Value | undefined {
  const whole = productOf.get(x)
  const [image, top, left, channel] = begin as [number, number, number, number]
  const [images, height, width, channels] = size as [number, number, number, number]
  if (!whole || image !== 0 || channel !== 0 || images !== x.shape[0] || channels !== x.shape[3]) return undefined
  const { dy, filter, info } = whole
  const padInfo = { ...info.padInfo, top: info.padInfo.top + top, left: info.padInfo.left + left }
  return transposedConvolution(graph, dy, filter, { ...info, padInfo, inHeight: height, inWidth: width })
}

/**
 * Windows of fewer floats are slower to gather than what ONNX's operator does instead; a single pixel need not be. A GPU's own
 * operator is not faster, and not the same each time.
 */
function pays({ filterHeight, filterWidth, inChannels, outChannels }: ConvInfo, target: Target): boolean {
  return target !== 'cpu' || Math.min(inChannels, outChannels) >= worthPicking || filterHeight * filterWidth === 1
}

/** Of stride 1 it is a convolution itself, with the filter turned round. */
function turnedRound(graph: GraphBuilder, dy: Value, filter: Value, info: ConvInfo): Value {
  const { padInfo, filterHeight, filterWidth } = info
  const turned = transpose(graph, reverse(graph, filter, [0, 1]), [0, 1, 3, 2])
  const [top, left] = [filterHeight - 1 - padInfo.top, filterWidth - 1 - padInfo.left]
  return convolution(graph, dy, turned, {
    ...info,
    inHeight: info.outHeight,
    inWidth: info.outWidth,
    inChannels: info.outChannels,
    outHeight: info.inHeight,
    outWidth: info.inWidth,
    outChannels: info.inChannels,
    padInfo: { top, left, bottom: 0, right: 0 },
  })
}

/** One axis of a result that is cut into blocks as long as the stride. */
interface Axis {
  /** Zeros put before the filter: so that blocks begin where the result does, if that makes no more of them. */
  readonly before: number
  /** The filter's length in blocks: so many pixels of dy a block depends on, the last of them its own. */
  readonly taps: number
  /** The blocks that hold the result. */
  readonly first: number
  readonly last: number
  /** Pixels of the first one that lie before the result. */
  readonly skipped: number
}

function axisOf(length: number, filter: number, stride: number, padding: number): Axis {
  const taps = Math.ceil(filter / stride)
  const shift = (stride - (padding % stride)) % stride
  const before = Math.ceil((filter + shift) / stride) === taps ? shift : 0
  const start = padding + before
  const first = Math.floor(start / stride)
  return { before, taps, first, last: Math.floor((start + length - 1) / stride), skipped: start - first * stride }
}

/**
 * Each block of the result is a product of the pixels of dy around it with the whole filter, zeros where its length is no
 * number of blocks. That is a third more to multiply for a 7×7 map and a 4×4 filter, since blocks reach over the border, and
 * a third faster than ConvTranspose all the same, which adds up columns and needs maps in another order.
 */
function inBlocks(graph: GraphBuilder, dy: Value, filter: Value, info: ConvInfo): Value {
  const { batchSize, inHeight, inWidth, inChannels, outChannels, strideHeight, strideWidth, padInfo } = info
  const down = axisOf(inHeight, info.filterHeight, strideHeight, padInfo.top)
  const right = axisOf(inWidth, info.filterWidth, strideWidth, padInfo.left)
  const [top, left] = [down, right].map(({ taps, first }) => Math.max(0, taps - 1 - first)) as [number, number]
  const around = pad(graph, dy, [
    [0, 0],
    [top, Math.max(0, down.last - info.outHeight + 1)],
    [left, Math.max(0, right.last - info.outWidth + 1)],
    [0, 0],
  ])
  const across = lengthOf(around, 2)
  const sources: number[] = []
  for (let row = down.first; row <= down.last; row++)
    for (let column = right.first; column <= right.last; column++)
      for (let i = 0; i < down.taps; i++)
        for (let j = 0; j < right.taps; j++) sources.push((row - i + top) * across + column - j + left)
  const [height, width] = [down, right].map(({ first, last }) => last - first + 1) as [number, number]
  const taps = down.taps * right.taps
  const rows = reshape(graph, pick(graph, around, sources), [batchSize * height * width, taps * outChannels])

  const whole = pad(graph, filter, [
    [down.before, down.taps * strideHeight - info.filterHeight - down.before],
    [right.before, right.taps * strideWidth - info.filterWidth - right.before],
    [0, 0],
    [0, 0],
  ])
  const split = reshape(graph, whole, [down.taps, strideHeight, right.taps, strideWidth, inChannels, outChannels])
  const block = strideHeight * strideWidth
  const matrix = reshape(graph, transpose(graph, split, [0, 2, 5, 1, 3, 4]), [taps * outChannels, block * inChannels])
  const shape = [lengthOf(rows, 0), block * inChannels]
  const product = reshape(graph, graph.node('MatMul', [rows, matrix], {}, shape, dy.type), [
    batchSize,
    height * width,
    block,
    inChannels,
  ])

  const places: number[] = []
  for (let row = down.skipped; row < down.skipped + inHeight; row++)
    for (let column = right.skipped; column < right.skipped + inWidth; column++) {
      const inBlock = (row % strideHeight) * strideWidth + (column % strideWidth)
      places.push((Math.floor(row / strideHeight) * width + Math.floor(column / strideWidth)) * block + inBlock)
    }
  const picked = noteConvolved(graph, pick(graph, product, places), { kind: 'transposed', x: dy, filter, info })
  return reshape(graph, picked, [batchSize, inHeight, inWidth, inChannels])
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
  noteConvolved(graph, result, { kind: 'transposed', x: dy, filter, info })
  return transpose(graph, result, [0, 2, 3, 1])
}
