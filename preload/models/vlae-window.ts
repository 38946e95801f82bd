/** The windows of `vlae` by their names: which there are, and how many pixels they hold. */
import { z } from 'zod'

/** So many columns wide, ⌈(width − 1)/2⌉ of them to the left, and so many rows up. */
export interface Rectangle {
  readonly width: number
  readonly above: number
}

/** What the layers can make, of pictures of 28 by 28: the widest holds a row left and right of any pixel, the highest all rows above the last. */
export const largest: Rectangle = { width: 55, above: 27 }

/** The rectangle that is called so, columns x rows: `4x2`; null: none can be made that is. */
export function rectangleNamed(name: string): Rectangle | null {
  const [, width = 0, above = 0] = /^([1-9]\d?)x([1-9]\d?)$/.exec(name)?.map(Number) ?? []
  return width >= 2 && width <= largest.width && above >= 1 && above <= largest.above ? { width, above } : null
}

export const windowSchema = z
  .string()
  .refine(
    (name) => name === 'triangle' || name === 'past' || rectangleNamed(name) !== null,
    'is not a window that the layers can make',
  )
  .describe(`4x2, 5x3, 7x4, or others from 2x1 to ${largest.width}x${largest.above}, triangle or past`)

/** Of the paper's triangle: six masked 3×3 convolutions. */
const triangle = 69
/** Of the last pixel of an image, which sees all others. */
const past = 783
/** Of the wide decoder's layers. */
export const wide = 446

/** How many earlier pixels a window holds, where the picture does not end before; at most all there are. */
export function pixelsIn(name: string): number {
  if (name === 'triangle') return triangle
  const found = rectangleNamed(name)
  // the columns above, and left of the pixel itself
  return found === null ? past : Math.min(past, found.width * found.above + Math.ceil((found.width - 1) / 2))
}
