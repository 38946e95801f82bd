/** Ink of a hand or a picture, and the MNIST digit that it makes: centred, scaled and antialiased as those are. */
import { imageSize, side } from '../../preload/images'

/** A digit's longer side in an MNIST picture. */
const box = 20
/** Ink below this share of the darkest is paper. */
const paper = 0.16

/** Where ink lies, 0 to 255, row by row. */
export interface Ink {
  readonly values: Uint8Array
  readonly width: number
  readonly height: number
}

export interface Point {
  readonly x: number
  readonly y: number
}

/** Draws a line with a round pen into `ink`, or takes ink away. Lengths in its pixels. */
export function stroke({ values, width, height }: Ink, from: Point, to: Point, radius: number, erase = false): void {
  const [left, right] = [Math.min(from.x, to.x) - radius - 1, Math.max(from.x, to.x) + radius + 1]
  const [top, bottom] = [Math.min(from.y, to.y) - radius - 1, Math.max(from.y, to.y) + radius + 1]
  const [dx, dy] = [to.x - from.x, to.y - from.y]
  const squared = dx * dx + dy * dy
  for (let y = Math.max(0, Math.floor(top)); y < Math.min(height, Math.ceil(bottom)); y++)
    for (let x = Math.max(0, Math.floor(left)); x < Math.min(width, Math.ceil(right)); x++) {
      const [px, py] = [x + 0.5 - from.x, y + 0.5 - from.y]
      const along = squared === 0 ? 0 : Math.min(1, Math.max(0, (px * dx + py * dy) / squared))
      const distance = Math.hypot(px - along * dx, py - along * dy)
      const covered = Math.round(255 * Math.min(1, Math.max(0, radius + 0.5 - distance)))
      const at = y * width + x
      values[at] = erase ? Math.min(values[at]!, 255 - covered) : Math.max(values[at]!, covered)
    }
}

/**
 * What MNIST makes of a digit (LeCun et al.): its longer side becomes 20 pixels, averaged over areas, and its centre of mass the
 * middle of 28 by 28.
 * @param least the least that counts as its longer side, in pixels of the ink: a dot is not blown up to a digit
 * @returns [784]; null where there is no ink
 */
export function asMnist({ values, width, height }: Ink, least = 0): Uint8Array<ArrayBuffer> | null {
  const bounds = boundsOf({ values, width, height })
  if (bounds === null) return null
  const { left, top, right, bottom } = bounds
  const scale = box / Math.max(right - left, bottom - top, least)
  const columns = averaged(values, width, height, { from: left, to: right, scale }, false)
  const wide = columns.length / height
  const small = averaged(columns, wide, height, { from: top, to: bottom, scale }, true)
  const high = small.length / wide
  let [mass, massX, massY] = [0, 0, 0]
  for (const [i, value] of small.entries()) {
    mass += value
    massX += value * (i % wide)
    massY += value * Math.floor(i / wide)
  }
  // whole pixels, so that nothing is blurred again
  const shiftX = Math.round(side / 2 - massX / mass)
  const shiftY = Math.round(side / 2 - massY / mass)
  const digit = new Uint8Array(imageSize)
  for (let y = 0; y < high; y++)
    for (let x = 0; x < wide; x++) {
      const [column, row] = [x + shiftX, y + shiftY]
      if (column < 0 || row < 0 || column >= side || row >= side) continue
      digit[row * side + column] = Math.round(Math.min(255, small[y * wide + x]!))
    }
  return digit
}

/** A digit as ink, each of its pixels `scale` by `scale`. */
export function enlarged(digit: Uint8Array, scale: number): Ink {
  const width = side * scale
  const values = new Uint8Array(width * width)
  for (let i = 0; i < values.length; i++)
    values[i] = digit[Math.floor(i / width / scale) * side + Math.floor((i % width) / scale)]!
  return { values, width, height: width }
}

/**
 * Ink of a picture, dark on light or light on dark: what differs from its border. Null where nothing does.
 * @param rgba as canvases have it; transparent is paper
 */
export function inkOf(rgba: Uint8ClampedArray, width: number, height: number): Ink | null {
  const light = Float32Array.from({ length: width * height }, (_, i) => {
    const [red, green, blue, alpha] = [rgba[4 * i]!, rgba[4 * i + 1]!, rgba[4 * i + 2]!, rgba[4 * i + 3]!]
    return (0.2126 * red + 0.7152 * green + 0.0722 * blue) * (alpha / 255) + (255 - alpha)
  })
  const border = light
    .filter((_, i) => i < width || i >= light.length - width || i % width === 0 || i % width === width - 1)
    .toSorted()
  const ground = border[Math.floor(border.length / 2)]!
  const [most, least] = light.reduce(
    ([most, least], value) => [Math.max(most, value), Math.min(least, value)],
    [0, 255],
  )
  const darker = ground - least! >= most! - ground
  const range = darker ? ground - least! : most! - ground
  if (range < 24) return null
  const values = Uint8Array.from(light, (value) => {
    const share = (darker ? ground - value : value - ground) / range
    return Math.round(255 * Math.min(1, Math.max(0, (share - paper) / (1 - 2 * paper))))
  })
  return { values, width, height }
}

function boundsOf({ values, width, height }: Ink) {
  let [left, top, right, bottom] = [width, height, 0, 0]
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      if (values[y * width + x] === 0) continue
      left = Math.min(left, x)
      right = Math.max(right, x + 1)
      top = Math.min(top, y)
      bottom = Math.max(bottom, y + 1)
    }
  return right === 0 ? null : { left, top, right, bottom }
}

/** One axis of a map made as much smaller, or larger, each new pixel the average of what it covers. */
function averaged(
  values: ArrayLike<number>,
  width: number,
  height: number,
  { from, to, scale }: { from: number; to: number; scale: number },
  alongY: boolean,
): Float32Array {
  const count = Math.max(1, Math.ceil((to - from) * scale - 1e-9))
  const [outWidth, outHeight] = alongY ? [width, count] : [count, height]
  const out = new Float32Array(outWidth * outHeight)
  for (let i = 0; i < count; i++) {
    const [start, end] = [from + i / scale, Math.min(to, from + (i + 1) / scale)]
    for (let s = Math.floor(start); s < Math.min(to, Math.ceil(end)); s++) {
      const share = (Math.min(end, s + 1) - Math.max(start, s)) * scale
      for (let other = 0; other < (alongY ? width : height); other++) {
        const at = alongY ? i * outWidth + other : other * outWidth + i
        out[at]! += share * values[alongY ? s * width + other : other * width + s]!
      }
    }
  }
  return out
}
