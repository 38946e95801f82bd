/** Draws MNIST-sized pictures on a canvas, pixel by pixel, in the colours of the theme. */
import type { Tiles } from '../../preload/contract'
import { imageSize, side } from '../../preload/images'

export type Rgb = readonly [number, number, number]
export interface Palette {
  paper: Rgb
  ink: Rgb
  /** In a difference: where there is more ink than before, and where there is less. */
  more: Rgb
  less: Rgb
}

/** Dark on light and light on dark; the difference in two colours that anybody can tell apart. */
export const palettes: Record<'light' | 'dark', Palette> = {
  light: { paper: [255, 255, 255], ink: [17, 17, 17], more: [213, 94, 0], less: [0, 114, 178] },
  dark: { paper: [16, 16, 17], ink: [244, 244, 244], more: [240, 138, 60], less: [86, 180, 233] },
}

/** Colours of the values 0…255 between two ends, as RGBA words of an ImageData. */
export function ramp(from: Rgb, to: Rgb): Uint32Array {
  return Uint32Array.from({ length: 256 }, (_, value) => word(mix(from, to, value / 255)))
}

/** Colours of the differences −255…255, at index value + 255. */
export function differenceRamp({ paper, more, less }: Palette): Uint32Array {
  return Uint32Array.from({ length: 511 }, (_, i) => {
    const value = (i - 255) / 255
    return word(mix(paper, value < 0 ? less : more, Math.abs(value) ** 0.7))
  })
}

function mix(from: Rgb, to: Rgb, share: number): Rgb {
  const channel = (i: 0 | 1 | 2): number => Math.round(from[i] + (to[i] - from[i]) * share)
  return [channel(0), channel(1), channel(2)]
}

function word([red, green, blue]: Rgb): number {
  return ((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0
}

/**
 * Paints pictures side by side, without gaps, into `out`: width = columns · 28.
 *
 * @param before what to subtract, picture by picture; then `colors` is a difference ramp
 */
export function paint(tiles: Tiles, colors: Uint32Array, out: ImageData, before?: Tiles | null): void {
  const words = new Uint32Array(out.data.buffer)
  const width = tiles.columns * side
  for (let tile = 0; tile < tiles.rows * tiles.columns; tile++) {
    const corner = Math.floor(tile / tiles.columns) * side * width + (tile % tiles.columns) * side
    for (let i = 0; i < imageSize; i++) {
      const value = tiles.pixels[tile * imageSize + i]!
      const color = before ? value - before.pixels[tile * imageSize + i]! + 255 : value
      words[corner + Math.floor(i / side) * width + (i % side)] = colors[color]!
    }
  }
}

/** @throws Error where the browser has no room for a picture more */
export function contextOf(canvas: OffscreenCanvas): OffscreenCanvasRenderingContext2D {
  const context = canvas.getContext('2d')
  if (context === null) throw new Error(`There is no room for a picture of ${canvas.width}×${canvas.height} pixels.`)
  return context
}

const ramps = new Map<string, Uint32Array>()

/** A canvas with the pictures side by side, one pixel a pixel. A new one each time; a picture of 80 takes 0.3 ms. */
export function sheet(tiles: Tiles, theme: 'light' | 'dark', before?: Tiles | null): OffscreenCanvas {
  const canvas = new OffscreenCanvas(tiles.columns * side, tiles.rows * side)
  const context = contextOf(canvas)
  const name = `${theme}${before ? ' difference' : ''}`
  const palette = palettes[theme]
  let colors = ramps.get(name)
  if (colors === undefined) {
    colors = before ? differenceRamp(palette) : ramp(palette.paper, palette.ink)
    ramps.set(name, colors)
  }
  const image = context.createImageData(canvas.width, canvas.height)
  paint(tiles, colors, image, before)
  context.putImageData(image, 0, 0)
  return canvas
}

/** How large pictures are drawn, in device pixels: whole multiples, and halves while they are small. */
export function scaleFor(room: number, pictures: number, gap: number): number {
  const scale = (room - gap * (pictures - 1)) / (pictures * side)
  return scale >= 3 ? Math.floor(scale) : Math.max(1, Math.floor(scale * 2) / 2)
}

/** Some of the pictures, in the order given, in rows of `columns`. */
export function pick(tiles: Tiles, indices: readonly number[], columns = indices.length): Tiles {
  const rows = Math.ceil(indices.length / columns)
  const pixels = new Uint8Array(rows * columns * imageSize)
  indices.forEach((from, to) =>
    pixels.set(tiles.pixels.subarray(from * imageSize, (from + 1) * imageSize), to * imageSize),
  )
  return { rows, columns, pixels, labels: null }
}

/** A picture by itself. */
export function oneTile(pixels: Tiles['pixels']): Tiles {
  return { rows: 1, columns: 1, pixels, labels: null }
}

/** All pictures in rows of so many, or in one that is shorter. */
export function inRows(tiles: Tiles, columns: number): Tiles {
  const count = tiles.rows * tiles.columns
  return pick(
    tiles,
    Array.from({ length: count }, (_, i) => i),
    Math.min(columns, count),
  )
}

/**
 * Pictures as one grey image, enlarged and set apart, ready to be saved: its pixels as values 0…255.
 *
 * @param gap between pictures, in pixels of the result
 */
export function compose(
  tiles: Tiles,
  scale: number,
  gap: number,
): { values: Uint8Array; width: number; height: number } {
  const pitch = side * scale + gap
  const width = tiles.columns * pitch - gap
  const height = tiles.rows * pitch - gap
  const values = new Uint8Array(width * height)
  for (let tile = 0; tile < tiles.rows * tiles.columns; tile++) {
    const left = (tile % tiles.columns) * pitch
    const top = Math.floor(tile / tiles.columns) * pitch
    for (let y = 0; y < side * scale; y++)
      for (let x = 0; x < side * scale; x++)
        values[(top + y) * width + left + x] =
          tiles.pixels[tile * imageSize + Math.floor(y / scale) * side + Math.floor(x / scale)]!
  }
  return { values, width, height }
}
