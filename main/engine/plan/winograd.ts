/**
 * Pass: convolutions with fewer multiplications (Winograd 1980; Lavin & Gray 2015, "Fast algorithms for convolutional neural
 * networks"). A 4×4 filter of stride 2 is one of 2×2 blocks with stride 1, and F(2×2, 2×2) computes four neighbouring results by
 * nine products where sixteen would be taken: all that it adds are sums and differences, of the map, of the filter and of the
 * products. What goes back to the map is the same in transposition. Filters' gradients are left alone: where a pixel is always 0, theirs is
 * exactly 0, and would be a rounding's here, which Adam makes a whole step of.
 */
import { present } from '../../../preload/present'
import type { Convolved, ConvInfo } from '../trace/convolution'
import type { Value } from '../trace/graph'
import { otherwiseConvolved } from './convolutions'
import { type Combination, type Draft, seen, type Step, type Terms } from './draft'

/** Products by which one is taken: of one axis 3. */
const products = 9
/** A share of the multiplications, up to which it is worth it. */
const fewer = 0.85
/** Fewer channels are products too small to be fast. */
const fewestChannels = 16

/** Along one axis, the neighbours that each of some results is made of. */
type Matrix = readonly (readonly (readonly [neighbour: number, sign: 1 | -1])[])[]
/** Bᵀ, G and Aᵀ of F(2, 2). */
const ofMap: Matrix = [[[0, 1], [1, -1]], [[1, 1]], [[1, 1], [2, -1]]] // prettier-ignore
const ofFilter: Matrix = [[[0, 1]], [[0, 1], [1, 1]], [[1, 1]]] // prettier-ignore
const ofProducts: Matrix = [[[0, 1], [1, 1]], [[1, 1], [2, -1]]] // prettier-ignore

export function winograd(draft: Draft): Draft {
  const made = new Map<string, Value>()
  return otherwiseConvolved(draft, (out, how) =>
    worthIt(how.info) ? new Transforms(draft, how, made).of(out) : undefined,
  )
}

function worthIt(info: ConvInfo): boolean {
  const { strideHeight, strideWidth, filterHeight, filterWidth, inChannels, outChannels, outHeight, outWidth } = info
  if ([strideHeight, strideWidth].some((stride) => stride !== 2)) return false
  if ([filterHeight, filterWidth].some((length) => length !== 4)) return false
  if ([inChannels, outChannels].some((channels) => channels % 4 !== 0 || channels < fewestChannels)) return false
  return products * tilesOf(outHeight) * tilesOf(outWidth) <= fewer * 4 * outHeight * outWidth
}

/** Nothing is in parts. */
const alone: Combination['parts'] = { source: 1, out: 1 }

/** Of an axis with so many results: two of them each. */
function tilesOf(results: number): number {
  return Math.ceil(results / 2)
}

/** The steps of one convolution; what others have made of the same map or filter is there once. */
class Transforms {
  private readonly steps: Step[] = []
  /** Rows of a product. */
  private readonly rows: number
  /** Numbers that a block of 2×2 pixels has. */
  private readonly depth: number

  constructor(
    private readonly draft: Draft,
    private readonly how: Convolved,
    private readonly made: Map<string, Value>,
  ) {
    const { info } = how
    this.rows = info.batchSize * tilesOf(info.outHeight) * tilesOf(info.outWidth)
    this.depth = 4 * info.inChannels
  }

  of(out: Value): readonly Step[] {
    const { how, rows, depth } = this
    const { kind, x, filter, info } = how
    const { inChannels, outChannels, batchSize } = info
    const ofNine = { source: products, out: 1 }
    if (kind === 'convolution') {
      const product = this.product([this.map(x), this.filter(filter)], [rows, depth, outChannels], false)
      this.combine(product, out, overResults(info), outChannels, batchSize, ofNine)
    } else {
      const product = this.product([this.results(x), this.filter(filter)], [rows, outChannels, depth], true)
      this.combine(product, out, turned(overMap(info)), inChannels, batchSize, ofNine)
    }
    return this.steps
  }

  /** V = Bᵀ d B of each tile: [9, rows, depth]. */
  private map(x: Value): Value {
    const { info } = this.how
    return this.once('map', x, products * this.rows * this.depth, (out) =>
      this.combine(x, out, overMap(info), info.inChannels, info.batchSize, { source: 1, out: products }),
    )
  }

  /** U = G g Gᵀ: [9, depth, outChannels]. */
  private filter(filter: Value): Value {
    const { inChannels, outChannels } = this.how.info
    return this.once('filter', filter, products * this.depth * outChannels, (out) =>
      this.combine(filter, out, overFilter(), inChannels * outChannels, 1, alone),
    )
  }

  /** A dY Aᵀ of each tile, the gradient of its products: [9, rows, outChannels]. */
  private results(dy: Value): Value {
    const { info } = this.how
    return this.once('results', dy, products * this.rows * info.outChannels, (out) =>
      this.combine(dy, out, turned(overResults(info)), info.outChannels, info.batchSize, { source: 1, out: products }),
    )
  }

  private once(name: string, of: Value, size: number, make: (out: Value) => void): Value {
    const { padInfo, inHeight, inWidth, inChannels, outHeight, outWidth, outChannels } = this.how.info
    const layout = [padInfo.top, padInfo.left, inHeight, inWidth, inChannels, outHeight, outWidth, outChannels]
    const key = `${seen(this.draft, of).name} by Winograd, ${name} ${layout.join()}`
    const known = this.made.get(key)
    if (known) return known
    const out: Value = { name: key, shape: [size], type: 'float32' }
    this.made.set(key, out)
    make(out)
    return out
  }

  /** Nine products in one. */
  private product(
    [a, b]: readonly [Value, Value],
    [rows, inner, columns]: readonly [number, number, number],
    transB: boolean,
  ): Value {
    const out: Value = { name: `${a.name} times ${b.name}`, shape: [products * rows * columns], type: 'float32' }
    this.steps.push({ kind: 'product', a, b, out, rows, inner, columns, transA: false, transB, times: products }) // prettier-ignore
    return out
  }

  private combine(source: Value, out: Value, over: Over, length: number, images: number, parts: Combination['parts']) {
    this.steps.push({ kind: 'combination', source: seen(this.draft, source), out, images, length, ...over, parts })
  }
}

type Over = Pick<Combination, 'terms' | 'sourceRuns'>

/** The same in transposition. */
function turned({ terms, sourceRuns }: Over): Over {
  const runs = (of: (terms: Terms) => readonly number[], wanted: number) =>
    terms.flatMap((one, run) => (of(one).includes(wanted) ? [run] : []))
  const back = Array.from({ length: sourceRuns }, (_, run) => ({
    added: runs(({ added }) => added, run),
    taken: runs(({ taken }) => taken, run),
  }))
  return { terms: back, sourceRuns: terms.length }
}

interface Neighbour {
  readonly down: number
  readonly right: number
  readonly sign: number
}

/** A matrix along both axes: of each of its rows down and each to the right, what that is made of. */
function square(matrix: Matrix): Neighbour[][] {
  return matrix.flatMap((rows) =>
    matrix.map((columns) =>
      rows.flatMap(([down, one]) => columns.map(([right, other]) => ({ down, right, sign: one * other }))),
    ),
  )
}

/** @param place of a neighbour, if there is one */
function termsOf(neighbours: readonly Neighbour[], place: (down: number, right: number) => number | undefined): Terms {
  const of = (wanted: number) =>
    neighbours.flatMap(({ down, right, sign }) => (sign === wanted ? (place(down, right) ?? []) : []))
  return { added: of(1), taken: of(-1) }
}

/** The places of a grid, row by row. */
function grid(rows: number, columns: number): (readonly [row: number, column: number])[] {
  return Array.from({ length: rows * columns }, (_, i) => [Math.floor(i / columns), i % columns])
}

/** Pixels of a map → [9, tiles, 2×2 pixels of a block]. */
function overMap({ inHeight, inWidth, outHeight, outWidth, padInfo: { top, left } }: ConvInfo): Over {
  const pixel = (row: number, column: number) =>
    row >= 0 && row < inHeight && column >= 0 && column < inWidth ? row * inWidth + column : undefined
  const terms = square(ofMap).flatMap((neighbours) =>
    grid(tilesOf(outHeight), tilesOf(outWidth)).flatMap(([row, column]) =>
      grid(2, 2).map(([e, f]) =>
        termsOf(neighbours, (down, right) => pixel(4 * row + 2 * down + e - top, 4 * column + 2 * right + f - left)),
      ),
    ),
  )
  return { terms, sourceRuns: inHeight * inWidth }
}

/** The pixels of a 4×4 filter → [9, 2×2 pixels of a block]. */
function overFilter(): Over {
  const terms = square(ofFilter).flatMap((neighbours) =>
    grid(2, 2).map(([e, f]) => termsOf(neighbours, (down, right) => 4 * (2 * down + e) + 2 * right + f)),
  )
  return { terms, sourceRuns: 16 }
}

/** [9, tiles] → pixels of the result. */
function overResults({ outHeight, outWidth }: ConvInfo): Over {
  const [high, wide] = [tilesOf(outHeight), tilesOf(outWidth)]
  const corners = square(ofProducts)
  const terms = grid(outHeight, outWidth).map(([row, column]) => {
    const tile = Math.floor(row / 2) * wide + Math.floor(column / 2)
    const corner = present(corners[2 * (row % 2) + (column % 2)], 'corner of a tile')
    return termsOf(corner, (i, j) => (3 * i + j) * high * wide + tile)
  })
  return { terms, sourceRuns: products * high * wide }
}
