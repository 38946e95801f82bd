/**
 * Exact ancestral sampling from a local PixelCNN in wavefronts, many pixels at a time. Pixels whose c + s·r is the same, r a pixel's row and c its
 * column, do not see each other when no tap of the window leads to a later one: with the paper's triangle s is 2, and an image
 * takes 28 + 27·2 = 82 passes instead of 784. Knows no tensors.
 */
import { side } from '../../../preload/images'
import type { Tap } from './window'

/** s: the smallest number for which all of a window lies at smaller c + s·r. */
export function slopeOf(field: readonly Tap[]): number {
  return Math.max(1, ...field.filter(([row]) => row < 0).map(([row, column]) => Math.floor(column / -row) + 1))
}

/** The pixels of an image, places 0–783, in the order in which they can be drawn: those of a wave at once. */
export function wavesOf(field: readonly Tap[]): number[][] {
  const slope = slopeOf(field)
  const rows = Array.from({ length: side }, (_, row) => row)
  return Array.from({ length: side + slope * (side - 1) }, (_, wave) =>
    rows
      .map((row) => ({ row, column: wave - slope * row }))
      .filter(({ column }) => column >= 0 && column < side)
      .map(({ row, column }) => row * side + column),
  )
}
