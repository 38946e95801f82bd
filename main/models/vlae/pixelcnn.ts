/**
 * p(x|z) = Π p(xᵢ | pixels before i within a window, map at i): a local PixelCNN of binary pixels (van den Oord et al. 2016;
 * Chen et al. 2016, §3.1 and app. A). What its window does not hold, only the code can tell.
 */
import { add, elu, reshape, tensor, type Tensor } from '@tensorflow/tfjs-core'
import { AppError } from '../../../preload/errors'
import { side } from '../../../preload/images'
import { present } from '../../../preload/present'
import { convolution, convolutionDirection, convolve, padded, residual, residualScale, type Borders } from './linear'
import { normalised, settled, type Direction, type NormalisedOptions, type Piece } from './normalised'
import { tapsOf, windowName, type Tap, type Window } from './window'

/** Channels of the map that the code is decoded to. */
export const mapChannels = 4
/** Filters of a layer. */
export const filters = 12

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
}

/** The layers of a PixelCNN, in whatever way they are run. */
export interface PixelLayers {
  /** Of the pixels, and with a code of its map: one ‖v‖ for both. */
  readonly first: MaskedLayer
  readonly masked: readonly MaskedLayer[]
  /** Residual blocks of 1×1 convolutions, after each of the masked ones but the last. */
  readonly between: readonly Piece[]
  readonly last: Piece
}

/** @throws AppError `model/window` for a window that they cannot make, or not with tied weights */
export function pixelLayers({ window, tied = false, withCode = true }: PixelCnnOptions): PixelLayers {
  const [own, ...others] = tapsOf(window) as [readonly Tap[], ...(readonly Tap[])[]]
  if (tied) assertAlike(others, window)
  const first = 'pixel.first'
  const map = convolutionDirection(`${first}.map`, mapChannels, filters, 3, 3)
  return {
    first: {
      name: first,
      outputs: filters,
      directions: [maskedDirection(`${first}.v`, own, 1), ...(withCode ? [map] : [])],
      taps: own,
    },
    masked: others.map((taps, i): MaskedLayer => {
      const name = `pixel.masked.${tied ? 0 : i}`
      const direction = maskedDirection(`${name}.v`, taps, filters)
      return { name, outputs: filters, directions: [direction], scale: residualScale, taps }
    }),
    between: others.slice(1).map((_, i) => pointBlock(`pixel.between.${i}`)),
    last: convolution('pixel.last', filters, 1, { kernel: 1 }),
  }
}

/**
 * The logits [B, 784] of all pixels: six masked convolutions of 12 filters, the first over pixels and map, the others
 * x + masked(elu(x)); between those a residual block of 1×1 convolutions each; a 1×1 convolution at the end.
 * @throws AppError `model/window`
 */
export function pixelCnn(options: PixelCnnOptions): Piece<Seen> {
  const layers = pixelLayers(options)
  const first = normalised<Seen>({
    ...layers.first,
    map(seen, [w, wMap]) {
      const y = convolve(padded(reshape(seen.pixels, [-1, side, side, 1]), bordersOf(layers.first.taps)), w)
      return wMap === undefined ? y : add(y, convolveMap(present(seen.map, 'map of the code'), wMap))
    },
  })
  const masked = layers.masked.map((layer) =>
    normalised({ ...layer, map: (x, [w]) => convolve(padded(x, bordersOf(layer.taps)), w) }),
  )
  const tied = options.tied === true
  return {
    parameters: [first, ...(tied ? masked.slice(0, 1) : masked), ...layers.between, layers.last].flatMap(
      ({ parameters }) => parameters,
    ),
    apply(pass, seen) {
      let h = first.apply(pass, seen)
      for (const [i, layer] of masked.entries()) {
        h = add(h, layer.apply(tied && i > 0 ? settled(pass) : pass, elu(h)))
        h = layers.between[i]?.apply(pass, h) ?? h
      }
      return reshape(layers.last.apply(pass, elu(h)), [-1, side * side])
    },
  }
}

/** What the first layer makes of the code's map: an unmasked 3×3 convolution. */
export function convolveMap(map: Tensor, filter: Tensor): Tensor {
  return convolve(padded(map, { top: 1, bottom: 1, left: 1, right: 1 }), filter)
}

function pointBlock(name: string): Piece {
  const layer = (part: string, scale: number) => convolution(`${name}.${part}`, filters, filters, { kernel: 1, scale })
  return residual(layer('first', 1), layer('second', residualScale))
}

/** The smallest filter that holds all taps, and 0 where it has more than those. */
function maskedDirection(name: string, taps: readonly Tap[], from: number): Direction {
  const { top, left, right } = bordersOf(taps)
  const [height, width] = [top + 1, left + right + 1]
  const direction = convolutionDirection(name, from, filters, height, width)
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
