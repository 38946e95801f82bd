/**
 * Filters' gradients of some images: windows, transposed, times the gradient of the results. Where the images of a map are its
 * last axis, a window's numbers lie side by side for all of them: transposed windows are cut out as fast as others are, and
 * the product need not transpose them.
 */
import type { Value } from '../trace/graph'
import { elementsOf, type Product, type Step } from './draft'
import { type Move, type Part, rearranged, turned } from './index-map'
import type { Limits } from './limits'

/** The products of a number of images for which it is worth it, where so many of them at once are computed. */
export function windowed(
  steps: readonly Step[],
  images: number,
  atOnce: number,
  { insideFrom }: Limits,
): readonly Windowed[] {
  return steps.flatMap((product) => {
    if (product.kind !== 'product' || !product.transA || product.transB || product.a === product.b) return []
    const move = steps.find((step): step is Move => step.kind === 'move' && step.out === product.a)
    const [part] = move?.parts ?? []
    if (!move || !part || part.map.images !== images || atOnce % 4 !== 0) return []
    const others = elementsOf(part.source) + product.inner * product.columns
    return elementsOf(move.out) >= insideFrom * others ? [new Windowed(product, move, part)] : []
  })
}

/** Of each result where it lies: of the map with its images inside, of its transposed windows, and of the gradient. */
interface Maps {
  readonly map: Int32Array
  readonly windows: Int32Array
  readonly results: Int32Array
}

/** A product with windows on its left side. */
export class Windowed {
  /** By the number of images. */
  private readonly maps = new Map<number, Maps>()

  constructor(
    readonly product: Product,
    /** What cuts the windows out. */
    readonly move: Move,
    private readonly part: Part,
  ) {}

  /** What they are cut out of. */
  get source(): Value {
    return this.part.source
  }

  /** @param product of so many images, on its left side their piece of the source */
  steps(product: Product, images: number): readonly Step[] {
    const maps = this.maps.get(images) ?? this.mapsOf(images)
    this.maps.set(images, maps)
    const [map, first] = moved(product.a, maps.map, 'images inside')
    const [windows, second] = moved(map, maps.windows, `windows for ${product.out.name}`)
    const [results, third] = moved(product.b, maps.results, 'images inside')
    return [first, second, third, { ...product, a: windows, b: results, transA: false }]
  }

  private mapsOf(images: number): Maps {
    const { product, part } = this
    const { from, apart, images: all } = part.map
    const { rows, columns, inner } = product
    const pixels = inner / all
    const windows = new Int32Array(rows * pixels * images).map((_, i) => {
      const [image, pixel, row] = [i % images, Math.floor(i / images) % pixels, Math.floor(i / images / pixels)]
      const at = from[pixel * rows + row] ?? -1
      return at < 0 ? -1 : at * images + image
    })
    const results = new Int32Array(pixels * images * columns).map((_, i) => {
      const [column, image, pixel] = [i % columns, Math.floor(i / columns) % images, Math.floor(i / columns / images)]
      return (image * pixels + pixel) * columns + column
    })
    return { map: turned(images, apart), windows, results }
  }
}

function moved(source: Value, from: Int32Array, name: string): readonly [Value, Move] {
  const out: Value = { name: `${source.name}, ${name}`, shape: [from.length], type: source.type }
  return [out, rearranged(source, out, from)]
}
