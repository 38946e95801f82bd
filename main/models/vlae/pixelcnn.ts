/**
 * p(x|z) = Π p(xᵢ | pixels before i within a window, map at i): a local PixelCNN of binary pixels (van den Oord et al. 2016;
 * Chen et al. 2016, §3.1 and app. A). What its window does not hold, only the code can tell.
 */
import { add, elu, reshape, tensor } from '@tensorflow/tfjs-core'
import type { Tensor } from '@tensorflow/tfjs-core'
import { AppError } from '../../../preload/errors'
import { convolution, convolutionDirection, convolve, padded, residual, residualScale, type Borders } from './linear'
import { normalised, settled, type Direction, type Piece } from './normalised'
import { maskedLayers, side, tapsOf, windowName, type Tap, type Window } from './window'

/** Channels of the map that the code is decoded to. */
export const mapChannels = 4
/** Filters of a layer. */
const filters = 12

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

/**
 * The logits [B, 784] of all pixels: six masked convolutions of 12 filters, the first over pixels and map, the others
 * x + masked(elu(x)); between those a residual block of 1×1 convolutions each; a 1×1 convolution at the end.
 * @throws AppError `model/window` for a window that they cannot make, or not with tied weights
 */
export function pixelCnn({ window, tied = false, withCode = true }: PixelCnnOptions): Piece<Seen> {
  const taps = tapsOf(window)
  if (tied) assertAlike(taps, window)
  const first = firstLayer('pixel.first', taps[0]!, withCode)
  const masked = taps.slice(1).map((layer, i) => maskedBlock(`pixel.masked.${tied ? 0 : i}`, layer))
  const between = Array.from({ length: maskedLayers - 2 }, (_, i) => pointBlock(`pixel.between.${i}`))
  const last = convolution('pixel.last', filters, 1, { kernel: 1 })
  return {
    parameters: [first, ...(tied ? masked.slice(0, 1) : masked), ...between, last].flatMap((p) => p.parameters),
    apply(pass, seen) {
      let h = first.apply(pass, seen)
      for (const [i, block] of masked.entries()) {
        h = block.apply(i > 0 && tied ? settled(pass) : pass, h)
        if (i < between.length) h = between[i]!.apply(pass, h)
      }
      return reshape(last.apply(pass, elu(h)), [-1, side * side])
    },
  }
}

/** The type A convolution of the pixels plus an unmasked 3×3 one of the map, normalised as the one that they are. */
function firstLayer(name: string, taps: readonly Tap[], withCode: boolean): Piece<Seen> {
  const pixels = maskedDirection(`${name}.v`, taps, 1)
  const map = convolutionDirection(`${name}.map`, mapChannels, filters, 3, 3)
  return normalised<Seen>({
    name,
    outputs: filters,
    directions: withCode ? [pixels, map] : [pixels],
    map: (seen, [w, wMap]) => {
      const y = convolve(padded(reshape(seen.pixels, [-1, side, side, 1]), bordersOf(taps)), w!)
      if (wMap === undefined) return y
      return add(y, convolve(padded(seen.map!, { top: 1, bottom: 1, left: 1, right: 1 }), wMap))
    },
  })
}

/** x + masked(elu(x)). */
function maskedBlock(name: string, taps: readonly Tap[]): Piece {
  const layer = normalised({
    name,
    outputs: filters,
    directions: [maskedDirection(`${name}.v`, taps, filters)],
    scale: residualScale,
    map: (x, [w]) => convolve(padded(x, bordersOf(taps)), w!),
  })
  return { parameters: layer.parameters, apply: (pass, x) => add(x, layer.apply(pass, elu(x))) }
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
function bordersOf(taps: readonly Tap[]): Borders {
  const rows = taps.map(([row]) => row)
  const columns = taps.map(([, column]) => column)
  return {
    top: -Math.min(...rows),
    bottom: 0,
    left: Math.max(0, -Math.min(...columns)),
    right: Math.max(0, ...columns),
  }
}

function assertAlike([, second, ...others]: readonly (readonly Tap[])[], window: Window): void {
  if (others.every((taps) => String(taps) === String(second))) return
  throw new AppError(
    'model/window',
    `The layers of a ${windowName(window)} window are of different sizes: they cannot share their weights.`,
    'Choose untied weights, or the paper’s triangle of 69 pixels.',
  )
}
