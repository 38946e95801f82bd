/**
 * Images drawn from a local PixelCNN as one function of tensors, wave after wave (sampling.ts). What a wave has is kept row by
 * row, all images of a row together: what a layer sees from a wave are then pieces of what earlier waves have, as they lie.
 */
import {
  add,
  cast,
  concat,
  elu,
  gather,
  greater,
  log,
  matMul,
  pad,
  reshape,
  slice,
  sub,
  tensor1d,
  transpose,
  zeros,
  type Tensor,
  type Tensor1D,
} from '@tensorflow/tfjs-core'
import { side } from '../../../preload/images' // prettier-ignore
import { pairs, present } from '../../../preload/present'
import { batchOf } from '../layers'
import { normalised, type Pass } from './normalised'
import { around, bordersOf, convolveMap, pixelLayers, type PixelCnnOptions } from './pixelcnn'
import { slopeOf, wavesOf } from './sampling'
import { fieldOf, tapsOf, type Tap } from './window'

/**
 * A pixel is 1 where u < σ(l): where l > log(u/(1 − u)).
 * @param uniforms [B, 784] in (0, 1) → [B, 784] what logits must be above
 */
export function thresholdsOf(uniforms: Tensor): Tensor {
  return sub(log(uniforms), log(sub(1, uniforms)))
}

/**
 * Draws images pixel by pixel: 1 where its logit is above its threshold, [B, 784]. A feature of a pixel is computed once, of
 * those of earlier waves: as many products as a pass over a whole image has.
 */
export function createDrawing(options: PixelCnnOptions): (pass: Pass, thresholds: Tensor, map?: Tensor) => Tensor {
  const { first, blocks, last } = pixelLayers(options)
  const waves = wavesIn(fieldOf(tapsOf(options.window)))
  const ofPixels = normalised({ ...first, map: (x: Tensor) => x })
  const ofFeatures = blocks.map(({ masked }) => ({
    taps: masked.taps,
    weights: normalised({ ...masked, map: (x: Tensor) => x }),
  }))

  return (pass, thresholds, map) => {
    const batch = batchOf(thresholds)
    const limits = byWaves(reshape(thresholds, [batch, side, side, 1]), waves)
    const [w, wMap] = ofPixels.weights(pass)
    const [matrix, bias] = [matrixOf(w, first.taps), ofPixels.bias(pass)]
    const ofMap = wMap && byWaves(convolveMap(present(map, 'map of the code'), wMap), waves)
    const givenPixels = new Past(first.taps, 1, waves, batch)
    const features = pairs(blocks, ofFeatures).map(([block, { taps, weights }]) => ({
      block,
      matrix: matrixOf(weights.weights(pass)[0], taps),
      bias: weights.bias(pass),
      given: new Past(taps, block.masked.inputs, waves, batch),
    }))
    const pixels: Tensor[] = []
    for (const wave of waves.list) {
      const [rows, places] = [wave.end - wave.start, (wave.end - wave.start) * batch]
      const asMap = (x: Tensor) => reshape(x, [1, 1, places, -1])
      const own = matMul(givenPixels.seenFrom(wave), matrix)
      const whole = ofMap ? add(own, reshape(inWave(ofMap, wave), own.shape)) : own
      const h = features.reduce(
        (h, { block, matrix, bias, given }) =>
          around(block, pass, h, (seen) => {
            given.add(wave, seen)
            return asMap(add(matMul(given.seenFrom(wave), matrix), bias))
          }),
        asMap(add(whole, bias)),
      )
      const logits = reshape(last.apply(pass, elu(h)), [rows, batch])
      const drawn = cast(greater(logits, reshape(inWave(limits, wave), [rows, batch])), 'float32')
      givenPixels.add(wave, drawn)
      pixels.push(drawn)
    }
    return transpose(gather(concat(pixels, 0), indices(inverseOf(waves.places)), 0), [1, 0])
  }
}

/** The pixels of a wave, one in each of the rows from `start` to before `end`. */
interface Wave {
  readonly index: number
  readonly start: number
  readonly end: number
  /** Pixels of all waves before it. */
  readonly drawn: number
}

interface Waves {
  readonly list: readonly Wave[]
  readonly slope: number
  /** The places of all pixels, wave by wave, each from its first row down. */
  readonly places: readonly number[]
}

function wavesIn(field: readonly Tap[]): Waves {
  const places = wavesOf(field)
  let drawn = 0
  const list = places.map((wave, index) => {
    const rows = wave.map((place) => Math.floor(place / side))
    const [start, end] = [Math.min(...rows), Math.max(...rows) + 1]
    drawn += wave.length
    return { index, start, end, drawn: drawn - wave.length }
  })
  return { list, slope: slopeOf(field), places: places.flat() }
}

/** What a layer has been given so far, wave by wave: [rows, B · C], with rows of zeros around it where taps look outside. */
class Past {
  private readonly columns: Tensor[] = []
  private readonly margin: number

  constructor(
    private readonly taps: readonly Tap[],
    private readonly channels: number,
    private readonly waves: Waves,
    private readonly batch: number,
  ) {
    const beyond = waves.list.flatMap((wave) =>
      taps.flatMap((tap) => {
        const there = this.at(wave, tap)
        return there ? [there.start - wave.start - tap[0], wave.end + tap[0] - there.end] : []
      }),
    )
    this.margin = Math.max(0, ...beyond)
  }

  add(wave: Wave, column: Tensor): void {
    const rows = reshape(column, [wave.end - wave.start, -1])
    this.columns.push(pad(rows, [[this.margin, this.margin], [0, 0]])) // prettier-ignore
  }

  /** All that the taps see from the pixels of a wave: [rows · B, taps · C]. */
  seenFrom(wave: Wave): Tensor {
    const { channels } = this
    const [rows, numbers] = [wave.end - wave.start, this.batch * channels]
    const seen = this.taps.map((tap) => {
      const there = this.at(wave, tap)
      if (!there) return zeros([rows, this.batch, channels])
      const from = wave.start + tap[0] - there.start + this.margin
      const column = present(this.columns[there.index], `wave ${there.index} yet`)
      return reshape(slice(column, [from, 0], [rows, numbers]), [rows, this.batch, channels])
    })
    return reshape(concat(seen, 2), [rows * this.batch, this.taps.length * channels])
  }

  /** The wave that a tap leads to; before the first one there is nothing. */
  private at({ index }: Wave, [row, column]: Tap): Wave | undefined {
    return this.waves.list[index + column + this.waves.slope * row]
  }
}

/** A filter's rows for these taps, one below the other: [taps · in, out]. */
function matrixOf(filter: Tensor, taps: readonly Tap[]): Tensor {
  const { top, left } = bordersOf(taps)
  const [, , from, to] = filter.shape as [number, number, number, number]
  const rows = taps.map(([row, column]) => slice(filter, [row + top, column + left, 0, 0], [1, 1, from, to]))
  return reshape(concat(rows, 0), [taps.length * from, to])
}

/** A map [B, 28, 28, C] as its pixels, wave by wave: [784, B · C]. */
function byWaves(map: Tensor, { places }: Waves): Tensor {
  const [batch, , , channels] = map.shape as [number, number, number, number]
  const pixels = reshape(transpose(map, [1, 2, 0, 3]), [side * side, batch * channels])
  return gather(pixels, indices(places), 0)
}

/** Of such pixels those of a wave: [rows, B · C]. */
function inWave(pixels: Tensor, { drawn, start, end }: Wave): Tensor {
  return slice(pixels, [drawn, 0], [end - start, -1])
}

function indices(places: readonly number[]): Tensor1D {
  return tensor1d([...places], 'int32')
}

function inverseOf(places: readonly number[]): number[] {
  const inverse = places.map(() => 0)
  places.forEach((place, i) => (inverse[place] = i))
  return inverse
}
