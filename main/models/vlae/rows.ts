/**
 * Images drawn from a local PixelCNN row by row, where its window sees so far that hardly two pixels can be drawn at once. What
 * the rows above have made is kept: a feature of a pixel is computed once, as in a pass over a whole image.
 */
import {
  add,
  cast,
  concat,
  elu,
  greater,
  matMul,
  reshape,
  slice,
  transpose,
  zeros,
  type Tensor,
} from '@tensorflow/tfjs-core'
import { side } from '../../../preload/images'
import { pairs, present } from '../../../preload/present'
import { batchOf } from '../layers'
import type { RowDrawing } from '../model'
import { thresholdsOf } from './drawing'
import { convolve, padded } from './linear'
import { normalised, type Normalised, type Pass } from './normalised'
import { around, bordersOf, convolveMap, pixelLayers, type MaskedLayer, type PixelCnnOptions } from './pixelcnn'

/** A masked convolution, and where it looks. */
interface Layer {
  /** What it sees of the rows above it is kept by this name. */
  readonly name: string
  /** Numbers of a place that it sees. */
  readonly channels: number
  /** Numbers that it makes of it. */
  readonly outputs: number
  /** Rows above, and columns to the left and to the right there. */
  readonly up: number
  readonly left: number
  readonly right: number
  /** Columns of its own row: those from so many to the left on, with or without its own place. */
  readonly back: number
  readonly own: boolean
  readonly weights: Normalised
}

export function createRows(options: PixelCnnOptions): RowDrawing {
  const { first, blocks, last } = pixelLayers(options)
  const layers = [first, ...blocks.map(({ masked }) => masked)].map(layerOf)
  const told = side * first.outputs
  return {
    kept: Object.fromEntries(
      layers.filter(({ up }) => up > 0).map(({ name, channels, up }) => [name, { rows: up, numbers: channels }]),
    ),
    told,
    tell(parameters, map) {
      const [, ofMap] = present(layers[0], 'first layer').weights.weights({ parameters })
      const whole = convolveMap(map, present(ofMap, 'filter of the map')) // [B, 28, 28, out]
      return reshape(transpose(whole, [1, 0, 2, 3]), [side, batchOf(map), told])
    },
    row(parameters, { uniforms, told: ofMap, above }) {
      const pass: Pass = { parameters }
      const batch = batchOf(uniforms)
      const limits = thresholdsOf(uniforms)
      const rows = layers.map((layer, i) => {
        const known = ofRowsAbove(pass, layer, above[layer.name], batch)
        return new Row(layer, i === 0 && ofMap ? add(known, reshape(ofMap, known.shape)) : known, pass, batch)
      })
      const [pixels, ...features] = rows as [Row, ...Row[]]
      for (let column = 0; column < side; column++) {
        const asMap = (x: Tensor) => reshape(x, [1, 1, batch, -1])
        const h = pairs(blocks, features).reduce(
          (h, [block, row]) =>
            around(block, pass, h, (seen) => {
              row.given.push(reshape(seen, [batch, -1]))
              return asMap(row.at(column))
            }),
          asMap(pixels.at(column)),
        )
        const logits = reshape(last.apply(pass, elu(h)), [batch, 1])
        pixels.given.push(cast(greater(logits, slice(limits, [0, column], [batch, 1])), 'float32'))
      }
      const made = pairs(layers, rows).filter(([{ up }]) => up > 0)
      return {
        pixels: concat(pixels.given, 1),
        made: Object.fromEntries(
          made.map(([{ name, channels }, { given }]) => [name, reshape(concat(given, 1), [batch, side, channels])]),
        ),
      }
    },
  }
}

function layerOf(layer: MaskedLayer, index: number): Layer {
  const { top, left, right } = bordersOf(layer.taps)
  const own = layer.taps.filter(([row]) => row === 0).map(([, column]) => column)
  return {
    name: index === 0 ? layer.name : `pixel.seen.${index}`,
    channels: layer.inputs,
    outputs: layer.outputs,
    up: top,
    left,
    right,
    back: -Math.min(0, ...own),
    own: own.includes(0),
    weights: normalised({ ...layer, map: (x: Tensor) => x }),
  }
}

/** What a layer makes of the rows above [up, B, 28, C], and its bias: [B, 28, out]. */
function ofRowsAbove(
  pass: Pass,
  { up, left, right, outputs, weights }: Layer,
  above: Tensor | undefined,
  batch: number,
): Tensor {
  const bias = weights.bias(pass)
  if (above === undefined) return add(zeros([batch, side, outputs]), bias)
  const [filter] = weights.weights(pass)
  const [, width, from, to] = filter.shape as [number, number, number, number]
  const higher = slice(filter, [0, 0, 0, 0], [up, width, from, to])
  const y = convolve(padded(transpose(above, [1, 0, 2, 3]), { top: 0, bottom: 0, left, right }), higher)
  return add(reshape(y, [batch, side, to]), bias)
}

/** A layer along a row, column after column. */
class Row {
  /** What it is given, [B, C] for each column so far. */
  readonly given: Tensor[] = []
  private readonly matrix: Tensor | null

  /** @param known what it makes of all but its own row, [B, 28, out] */
  constructor(
    private readonly layer: Layer,
    private readonly known: Tensor,
    pass: Pass,
    private readonly batch: number,
  ) {
    const { up, left, back, own, channels, outputs, weights } = layer
    const [filter] = weights.weights(pass)
    const columns = back + Number(own)
    const shape = [columns * channels, outputs]
    this.matrix =
      columns === 0 ? null : reshape(slice(filter, [up, left - back, 0, 0], [1, columns, channels, outputs]), shape)
  }

  /** [B, out] of a column, when all is given that it sees. */
  at(column: number): Tensor {
    const { batch, layer, matrix } = this
    const known = reshape(slice(this.known, [0, column, 0], [batch, 1, layer.outputs]), [batch, layer.outputs])
    if (!matrix) return known
    const from = column - layer.back
    const seen = this.given.slice(Math.max(0, from), column + Number(layer.own))
    const outside = Math.max(0, -from) * layer.channels
    return add(known, matMul(concat(outside > 0 ? [zeros([batch, outside]), ...seen] : seen, 1), matrix))
  }
}
