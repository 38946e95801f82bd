/** Which earlier pixels a local PixelCNN sees: its window, and the taps of the layers that make it. Knows no tensors. */
import { AppError } from '../../../preload/errors'
import { largest } from '../../../preload/models/vlae-window'

/** A place that a layer looks at, seen from the pixel that it computes: rows down and columns to the right. */
export type Tap = readonly [row: number, column: number]

/**
 * `triangle`: the paper's six masked 3×3 convolutions, 69 pixels, one column further to the right with each row up
 * (Chen et al. 2016, app. A). Else the paper's A×B (app. C): `width` A columns, ⌈(A − 1)/2⌉ of them to the left, and
 * `above` B rows above; of the pixel's own row the left ones only. `past`: all pixels before it. `wide`:
 * what seven masked convolutions of up to 7×7 pixels see (MAE, Ma et al. 2019), 15 rows up: not local any more.
 */
export type Window = 'triangle' | 'past' | 'wide' | { readonly width: number; readonly above: number }

/** Masked convolutions of a local PixelCNN. */
export const maskedLayers = 6
/** Sides of those of a wide one. */
const wideKernels = [7, 7, 7, 5, 5, 3, 3]

/**
 * The taps of each masked convolution. The first (type A) sees pixels, and never its own; the others (type B) see what
 * the one before has made, their own place included.
 *
 * A rectangle needs no blind spot and no second stack: only the first layer looks to the right, as far as the window
 * goes and above its row only. What is left of the window's height and of its left half is shared out among all layers.
 * @throws AppError `model/window` for one that they cannot make
 */
export function tapsOf(window: Window): readonly (readonly Tap[])[] {
  if (window === 'triangle') {
    const above: Tap[] = grid([-1, -1], [-1, 1])
    return layers((layer) => [...above, ...grid([0, 0], [-1, layer === 0 ? -1 : 0])])
  }
  if (window === 'wide') {
    return wideKernels.map((kernel, layer) => {
      const reach = (kernel - 1) / 2
      return grid([-reach, -1], [-reach, reach]).concat(grid([0, 0], [-reach, layer === 0 ? -1 : 0]))
    })
  }
  const { width, above } = window === 'past' ? largest : window
  assertPossible(width, above)
  const left = Math.ceil((width - 1) / 2)
  return layers((layer) => {
    const [up, back] = [share(above, layer), share(left, layer)]
    if (layer > 0) return grid([-up, 0], [-back, 0])
    return [...grid([-up, -1], [-back, width - 1 - left]), ...grid([0, 0], [-back, -1])]
  })
}

/** All that a pixel's prediction can depend on: the sums of a tap of each layer, row by row. */
export function fieldOf(layers: readonly (readonly Tap[])[]): Tap[] {
  let field = new Map<string, Tap>([['0 0', [0, 0]]])
  for (const taps of layers) {
    const next = new Map<string, Tap>()
    for (const [row, column] of field.values())
      for (const [down, right] of taps) next.set(`${row + down} ${column + right}`, [row + down, column + right])
    field = next
  }
  return [...field.values()].sort((a, b) => a[0] - b[0] || a[1] - b[1])
}

/** As a person reads it: `7×4`. */
export function windowName(window: Window): string {
  return typeof window === 'string' ? window : `${window.width}×${window.above}`
}

function assertPossible(width: number, above: number): void {
  const whole = (value: number, from: number, to: number) => Number.isInteger(value) && value >= from && value <= to
  if (whole(width, 2, largest.width) && whole(above, 1, largest.above)) return
  throw new AppError(
    'model/window',
    `A window of ${width}×${above} pixels cannot be made: its width is 2 to ${largest.width} columns, and it goes 1 to ${largest.above} rows up.`,
    'Choose one of the paper’s, 4×2, 5×3 or 7×4, or one between these limits.',
  )
}

/** A layer's part of a length, where the first ones take what does not come out even. */
function share(length: number, layer: number): number {
  return Math.floor((length + maskedLayers - 1 - layer) / maskedLayers)
}

function layers<Value>(of: (layer: number) => Value): Value[] {
  return Array.from({ length: maskedLayers }, (_, layer) => of(layer))
}

function grid(rows: Tap, columns: Tap): Tap[] {
  const taps: Tap[] = []
  for (let row = rows[0]; row <= rows[1]; row++)
    for (let column = columns[0]; column <= columns[1]; column++) taps.push([row, column])
  return taps
}
