/**
 * p(x|z) = Π p(xᵢ | pixels before i within a window, map at i): a local PixelCNN of binary pixels (van den Oord et al. 2016;
 * Chen et al. 2016, §3.1 and app. A). What its window does not hold, only the code can tell.
 */
import { add, elu, reshape, tensor, type Tensor } from '@tensorflow/tfjs-core'
import { AppError } from '../../../preload/errors'
import { side } from '../../../preload/images'
import { pairs, present } from '../../../preload/present'
import { convolution, convolutionDirection, convolve, padded, residual, residualScale, type Borders } from './linear'
import { normalised, settled, type Direction, type NormalisedOptions, type Pass, type Piece } from './normalised'
import { tapsOf, windowName, type Tap, type Window } from './window'

/** Channels of the map that the code is decoded to. */
export const mapChannels = 4
/** Filters of a layer; of a wide one, and what is left of them where it looks at other pixels. */
const filters = 12
const [wideFilters, narrowFilters] = [64, 32]

export interface PixelCnnOptions {
  readonly window: Window
  /** The masked convolutions after the first share their weights. */
  readonly tied?: boolean
  /** With a map that the code is decoded to; else a PixelCNN alone. */
  readonly withCode?: boolean
}

/** What a PixelCNN computes from: pixels [B, 784] of 0 and 1, and with a code its map [B, 28, 28, 4]. */
export interface Seen {
  readonly pixels: Tensor
  readonly map?: Tensor
}

/** A masked convolution: what it is normalised as, and where it looks. */
export interface MaskedLayer extends Omit<NormalisedOptions<unknown>, 'map'> {
  readonly taps: readonly Tap[]
  /** Numbers of a place that it sees. */
  readonly inputs: number
}

/** x + masked(elu(x)); or x + widen(elu(masked(elu(narrow(elu(x)))))), so that the masked one is of fewer filters. */
export interface MaskedBlock {
  readonly narrow?: Piece
  readonly masked: MaskedLayer
  readonly widen?: Piece
  /** A residual block of 1×1 convolutions that comes after it. */
  readonly between?: Piece
}

/** The layers of a PixelCNN, in whatever way they are run. */
export interface PixelLayers {
  /** Of the pixels, and with a code of its map: one ‖v‖ for both. */
  readonly first: MaskedLayer
  readonly blocks: readonly MaskedBlock[]
  readonly last: Piece
}

/** @throws AppError `model/window` for a window that they cannot make, or not with tied weights */
export function pixelLayers({ window, tied = false, withCode = true }: PixelCnnOptions): PixelLayers {
  const [own, ...others] = tapsOf(window) as [readonly Tap[], ...(readonly Tap[])[]]
  if (tied) assertAlike(others, window)
  const first = 'pixel.first'
  const [outputs, mapKernel] = window === 'wide' ? [wideFilters, 7] : [filters, 3]
  const map = convolutionDirection(`${first}.map`, mapChannels, outputs, mapKernel, mapKernel)
  return {
    first: {
      name: first,
      inputs: 1,
      outputs,
      directions: [maskedDirection(`${first}.v`, own, 1, outputs), ...(withCode ? [map] : [])],
      taps: own,
    },
    blocks: others.map((taps, i) => {
      const name = `pixel.masked.${tied ? 0 : i}`
      if (window === 'wide') return bottleneck(name, `pixel.blocks.${i}`, taps)
      const masked = maskedLayer(name, taps, filters, residualScale)
      // after each but the last
      return i < others.length - 1 ? { masked, between: pointBlock(`pixel.between.${i}`) } : { masked }
    }),
    last: convolution('pixel.last', outputs, 1, { kernel: 1 }),
  }
}

function bottleneck(masked: string, name: string, taps: readonly Tap[]): MaskedBlock {
  return {
    narrow: convolution(`${name}.narrow`, wideFilters, narrowFilters, { kernel: 1 }),
    masked: maskedLayer(masked, taps, narrowFilters, 1),
    widen: convolution(`${name}.widen`, narrowFilters, wideFilters, { kernel: 1, scale: residualScale }),
  }
}

function maskedLayer(name: string, taps: readonly Tap[], channels: number, scale: number): MaskedLayer {
  const direction = maskedDirection(`${name}.v`, taps, channels, channels)
  return { name, inputs: channels, outputs: channels, directions: [direction], scale, taps }
}

/**
 * The logits [B, 784] of all pixels: six masked convolutions of 12 filters, the first over pixels and map, and between the
 * others a residual block of 1×1 convolutions each; a 1×1 convolution at the end. A wide one has six bottlenecks of 64 filters.
 * @throws AppError `model/window`
 */
export function pixelCnn(options: PixelCnnOptions): Piece<Seen> {
  const { first: ofPixels, blocks, last } = pixelLayers(options)
  const first = normalised<Seen>({
    ...ofPixels,
    map(seen, [w, wMap]) {
      const y = convolve(padded(reshape(seen.pixels, [-1, side, side, 1]), bordersOf(ofPixels.taps)), w)
      return wMap === undefined ? y : add(y, convolveMap(present(seen.map, 'map of the code'), wMap))
    },
  })
  const masked = blocks.map(({ masked: layer }) =>
    normalised<Tensor>({ ...layer, map: (x, [w]) => convolve(padded(x, bordersOf(layer.taps)), w) }),
  )
  const tied = options.tied === true
  const others = blocks.flatMap(({ narrow, widen, between }) => [narrow, widen, between])
  return {
    parameters: [first, ...(tied ? masked.slice(0, 1) : masked), ...others, last].flatMap(
      (piece) => piece?.parameters ?? [],
    ),
    apply(pass, seen) {
      const h = pairs(blocks, masked).reduce(
        (h, [block, layer], i) => around(block, pass, h, (x) => layer.apply(tied && i > 0 ? settled(pass) : pass, x)),
        first.apply(pass, seen),
      )
      return reshape(last.apply(pass, elu(h)), [-1, side * side])
    },
  }
}

/** A block around its masked convolution, in whatever way that is computed. @param h [B, H, W, C], as what comes back */
export function around(
  { narrow, widen, between }: MaskedBlock,
  pass: Pass,
  h: Tensor,
  masked: (seen: Tensor) => Tensor,
): Tensor {
  const y = masked(elu(narrow ? narrow.apply(pass, elu(h)) : h))
  const sum = add(h, widen ? widen.apply(pass, elu(y)) : y)
  return between ? between.apply(pass, sum) : sum
}

/** What the first layer makes of the code's map: an unmasked convolution. */
export function convolveMap(map: Tensor, filter: Tensor): Tensor {
  const [kernel = 0] = filter.shape
  const border = (kernel - 1) / 2
  return convolve(padded(map, { top: border, bottom: border, left: border, right: border }), filter)
}

function pointBlock(name: string): Piece {
  const layer = (part: string, scale: number) => convolution(`${name}.${part}`, filters, filters, { kernel: 1, scale })
  return residual(layer('first', 1), layer('second', residualScale))
}

/** The smallest filter that holds all taps, and 0 where it has more than those. */
function maskedDirection(name: string, taps: readonly Tap[], from: number, to: number): Direction {
  const { top, left, right } = bordersOf(taps)
  const [height, width] = [top + 1, left + right + 1]
  const direction = convolutionDirection(name, from, to, height, width)
  if (taps.length === height * width) return direction
  const values = new Float32Array(height * width)
  for (const [row, column] of taps) values[(row + top) * width + column + left] = 1
  return { ...direction, mask: () => tensor(values, [height, width, 1, 1]) }
}

/** The zeros around a map with which each place has all its taps, and the filter's last row is the place's own. */
export function bordersOf(taps: readonly Tap[]): Borders {
  const rows = taps.map(([row]) => row)
  const columns = taps.map(([, column]) => column)
  return {
    top: -Math.min(...rows),
    bottom: 0,
    left: Math.max(0, -Math.min(...columns)),
    right: Math.max(0, ...columns),
  }
}

function assertAlike(layers: readonly (readonly Tap[])[], window: Window): void {
  if (layers.every((taps) => String(taps) === String(layers[0]))) return
  throw new AppError(
    'model/window',
    `The layers of a ${windowName(window)} window are of different sizes: they cannot share their weights.`,
    'Choose untied weights, or the paper’s triangle of 69 pixels.',
  )
}
