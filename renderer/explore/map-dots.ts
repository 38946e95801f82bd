/**
 * The dots of a map, put together here pixel by pixel: two thousand calls of a canvas a frame take the page's main thread longer than
 * the frame lasts, one picture does not.
 */
import { contextOf } from '../lib/tiles'

/** A small picture, RGBA: [side, side], alpha not multiplied in. */
export interface Stamp {
  readonly side: number
  readonly pixels: Uint8ClampedArray
}

/** @param draw about the middle of a square of so many pixels */
export function stampOf(side: number, draw: (context: OffscreenCanvasRenderingContext2D) => void, alpha = 1): Stamp {
  const context = contextOf(new OffscreenCanvas(side, side))
  draw(context)
  const { data } = context.getImageData(0, 0, side, side)
  return { side, pixels: data.map((value, i) => (i % 4 === 3 ? value * alpha : value)) }
}

/** Puts a stamp over what is there, its middle at a place in pixels; what lies beyond an edge is left out. */
export function putStamp(
  { data, width, height }: Pick<ImageData, 'data' | 'width' | 'height'>,
  { side, pixels }: Stamp,
  x: number,
  y: number,
): void {
  const [left, top] = [Math.round(x - side / 2), Math.round(y - side / 2)]
  for (let row = Math.max(0, -top); row < side && top + row < height; row++)
    for (let column = Math.max(0, -left); column < side && left + column < width; column++) {
      const from = 4 * (row * side + column)
      const own = pixels[from + 3] ?? 0
      if (own === 0) continue
      const to = 4 * ((top + row) * width + left + column)
      const under = own === 255 ? 0 : ((data[to + 3] ?? 0) * (255 - own)) / 255
      const both = own + under
      for (let channel = 0; channel < 3; channel++)
        data[to + channel] = ((pixels[from + channel] ?? 0) * own + (data[to + channel] ?? 0) * under) / both
      data[to + 3] = both
    }
}
