/**
 * Images drawn from a local PixelCNN as one function of tensors, wave after wave (sampling.ts). In a map whose rows are shifted
 * by the waves' slope each wave is a column, and a masked convolution sees a few columns before it.
 */
import { add, cast, clipByValue, concat, elu, erf, greater, log, matMul, mul, neg, pad, reshape, slice, sub, tensor, zeros } from '@tensorflow/tfjs-core' // prettier-ignore
import type { Tensor } from '@tensorflow/tfjs-core'
import { padded } from './linear'
import { normalised, type Pass } from './normalised'
import { bordersOf, convolveMap, pixelLayers, type PixelCnnOptions } from './pixelcnn'
import { slopeOf } from './sampling'
import { fieldOf, side, tapsOf, type Tap } from './window'

/** Short of ±1, where logits would have no end: what float32 tells from it. */
const almost = 1 - 2 ** -23

/**
 * A pixel is 1 where u < σ(l), u = Φ(n) uniform for n standard normal: where l > log(u/(1 − u)) = log(1 + e) − log(1 − e),
 * e = erf(n/√2). A smaller n, at a lower temperature, brings pixels nearer to the likelier value; 0 takes that.
 * @param noise [B, 784] standard normal → [B, 784] what logits must be above
 */
export function thresholdsOf(noise: Tensor): Tensor {
  const e = clipByValue(erf(mul(noise, Math.SQRT1_2)), -almost, almost)
  return sub(log(add(1, e)), log(add(1, neg(e))))
}

/**
 * Draws images pixel by pixel: 1 where its logit is above its threshold, [B, 784]. A feature of a pixel is computed once, of
 * those of earlier waves, so that all of it costs about as many products as a few passes over a whole image.
 */
export function createDrawing(options: PixelCnnOptions): (pass: Pass, thresholds: Tensor, map?: Tensor) => Tensor {
  const { first, masked, between, last } = pixelLayers(options)
  const slope = slopeOf(fieldOf(tapsOf(options.window)))
  const waves = side + slope * (side - 1)
  const ofPixels = normalised<{ seen: Tensor; map: Tensor | undefined; wave: number }>({
    ...first,
    map({ seen, map, wave }, [w, wMap]) {
      const y = matMul(seen, matrixOf(w!, first.taps))
      const column = [y.shape[0]! / side, side, 1, y.shape[1]!]
      return wMap === undefined ? reshape(y, column) : add(reshape(y, column), columnOf(skewed(convolveMap(map!, wMap), slope), wave)) // prettier-ignore
    },
  })
  const ofFeatures = masked.map((layer) =>
    normalised({
      ...layer,
      map(seen, [w]) {
        const y = matMul(seen, matrixOf(w!, layer.taps))
        return reshape(y, [y.shape[0]! / side, side, 1, y.shape[1]!])
      },
    }),
  )

  return (pass, thresholds, map) => {
    const batch = thresholds.shape[0]!
    const limits = skewed(reshape(thresholds, [batch, side, side, 1]), slope)
    const before = [first, ...masked].map(({ taps }) => new Past(taps, slope, batch))
    const pixels: Tensor[] = []
    for (let wave = 0; wave < waves; wave++) {
      const inside = insideOf(wave, slope)
      let h = ofPixels.apply(pass, { seen: before[0]!.seenFrom(wave, 1), map, wave })
      for (const [i, layer] of ofFeatures.entries()) {
        before[i + 1]!.add(mul(elu(h), inside))
        h = add(h, layer.apply(pass, before[i + 1]!.seenFrom(wave, h.shape[3]!)))
        h = between[i]?.apply(pass, h) ?? h
      }
      const logits = last.apply(pass, elu(h))
      const pixel = mul(cast(greater(logits, columnOf(limits, wave)), 'float32'), inside)
      before[0]!.add(pixel)
      pixels.push(pixel)
    }
    return reshape(unskewed(concat(pixels, 2), slope), [batch, side * side])
  }
}

/** What a layer has been given so far, wave by wave: columns [B, 28, 1, C] of 28 rows, 0 outside of the image. */
class Past {
  readonly #columns: Tensor[] = []
  readonly #up: number

  constructor(
    private readonly taps: readonly Tap[],
    private readonly slope: number,
    private readonly batch: number,
  ) {
    this.#up = bordersOf(taps).top
  }

  add(column: Tensor): void {
    this.#columns.push(padded(column, { top: this.#up, bottom: 0, left: 0, right: 0 }))
  }

  /** All that the taps see from the pixels of a wave: [B · 28, taps · C]. */
  seenFrom(wave: number, channels: number): Tensor {
    const size = [this.batch, side, 1, channels]
    const seen = this.taps.map(([row, column]) => {
      const there = wave + column + this.slope * row
      return there < 0 ? zeros(size) : slice(this.#columns[there]!, [0, this.#up + row, 0, 0], size)
    })
    return reshape(concat(seen, 3), [this.batch * side, this.taps.length * channels])
  }
}

/** A filter's rows for these taps, one below the other: [taps · in, out]. */
function matrixOf(filter: Tensor, taps: readonly Tap[]): Tensor {
  const { top, left } = bordersOf(taps)
  const [, , from, to] = filter.shape as [number, number, number, number]
  const rows = taps.map(([row, column]) => slice(filter, [row + top, column + left, 0, 0], [1, 1, from, to]))
  return reshape(concat(rows, 0), [taps.length * from, to])
}

/** 1 for the rows whose pixel in this wave is one of the image: [1, 28, 1, 1]. */
function insideOf(wave: number, slope: number): Tensor {
  const rows = Float32Array.from({ length: side }, (_, row) => {
    const column = wave - slope * row
    return column >= 0 && column < side ? 1 : 0
  })
  return tensor(rows, [1, side, 1, 1])
}

/** [B, 28, waves, C] → [B, 28, 1, C] */
function columnOf(map: Tensor, wave: number): Tensor {
  const [batch, , , channels] = map.shape as [number, number, number, number]
  return slice(map, [0, 0, wave, 0], [batch, side, 1, channels])
}

/** A map [B, 28, 28, C] with each row further to the right than the one above, by the slope: waves are its columns. */
function skewed(map: Tensor, slope: number): Tensor {
  const [batch, , , channels] = map.shape as [number, number, number, number]
  const waves = side + slope * (side - 1)
  const wide = padded(map, { top: 0, bottom: 0, left: 0, right: waves + slope - side })
  const flat = reshape(wide, [batch, side * (waves + slope), channels])
  return reshape(slice(flat, [0, 0, 0], [batch, side * waves, channels]), [batch, side, waves, channels])
}

/** The inverse: [B, 28, waves, C] → [B, 28, 28, C]. */
function unskewed(map: Tensor, slope: number): Tensor {
  const [batch, , waves, channels] = map.shape as [number, number, number, number]
  const flat = pad(reshape(map, [batch, side * waves, channels]), [[0, 0], [0, side * slope], [0, 0]]) // prettier-ignore
  return slice(reshape(flat, [batch, side, waves + slope, channels]), [0, 0, 0, 0], [batch, side, side, channels])
}
