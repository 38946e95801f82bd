/**
 * Pass: a transposed convolution to few channels, which the graph leaves to ONNX Runtime's operator, is one product, of each
 * pixel with the whole filter, and sums where these overlap. The map stays as it is, where the operator wants channels first.
 */
import type { Convolved } from '../trace/convolution'
import type { Value } from '../trace/graph'
import { otherwiseConvolved } from './convolutions'
import { type Draft, onlyNode, seen, type Step, type Terms } from './draft'

/** With this many channels there are faster ways. */
const tooManyChannels = 4

export function overlaps(draft: Draft): Draft {
  return otherwiseConvolved(draft, (out, how, step) =>
    onlyNode(step)?.op === 'ConvTranspose' && how.info.inChannels < tooManyChannels
      ? summed(draft, out, how)
      : undefined,
  )
}

function summed(draft: Draft, out: Value, { x, filter, info }: Convolved): readonly Step[] {
  const { batchSize, outHeight, outWidth, outChannels, filterHeight, filterWidth, inChannels } = info
  const [rows, columns] = [batchSize * outHeight * outWidth, filterHeight * filterWidth * inChannels]
  const [a, b] = [seen(draft, x), seen(draft, filter)]
  const given: Value = { name: `${out.name} not added up`, shape: [rows, columns], type: 'float32' }
  return [
    { kind: 'product', a, b, out: given, rows, inner: outChannels, columns, transA: false, transB: true, times: 1 },
    {
      kind: 'combination',
      source: given,
      out,
      images: batchSize,
      length: 1,
      terms: termsOf(info),
      parts: { source: 1, out: 1 },
      sourceRuns: outHeight * outWidth * columns,
    },
  ]
}

/** Of each number of a result, channels first, what pixels with the filter upon it give to it. */
function termsOf(info: Convolved['info']): readonly Terms[] {
  const { inHeight, inWidth, inChannels, outHeight, outWidth, filterHeight, filterWidth, strideHeight, strideWidth } =
    info
  const { top, left } = info.padInfo
  const down = Array.from({ length: inHeight }, (_, row) => over(row + top, outHeight, filterHeight, strideHeight))
  const right = Array.from({ length: inWidth }, (_, column) => over(column + left, outWidth, filterWidth, strideWidth))
  const added = (channel: number, rows: readonly Over[], columns: readonly Over[]) =>
    rows.flatMap(
      ([row, i]) =>
      columns.map(([column, j]) => ((row * outWidth + column) * filterHeight * filterWidth + i * filterWidth + j) * inChannels + channel), // prettier-ignore
    )
  return Array.from({ length: inChannels }, (_, channel) =>
    down.flatMap((rows) => right.map((columns) => ({ added: added(channel, rows, columns), taken: [] }))),
  ).flat()
}

/** A pixel along one axis, and the place of its filter. */
type Over = readonly [pixel: number, tap: number]

/** The pixels whose filter reaches a place. */
function over(place: number, pixels: number, filter: number, stride: number): readonly Over[] {
  return Array.from({ length: pixels }, (_, pixel): Over => [pixel, place - pixel * stride]).filter(
    ([, tap]) => tap >= 0 && tap < filter,
  )
}
