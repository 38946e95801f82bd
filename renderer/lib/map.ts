/** Geometry of a map of codes: where dots lie, how one map is turned to lie as another, what lies near and in a box. */
import type { CodeMap } from '../../preload/contract'

/** [count, 2], x and y by turns; 0, 0 is their mean, and the dot that lies furthest off has a distance of 1. */
export type Places = Float32Array

/** A linear map of the plane: x' = a x + b y, y' = c x + d y. */
export type Turn = readonly [a: number, b: number, c: number, d: number]

export interface Point {
  readonly x: number
  readonly y: number
}

/** Two opposite corners. */
export interface Box {
  readonly from: Point
  readonly to: Point
}

/** By so much. */
const scaling = (by: number): Turn => [by, 0, 0, by]

/** First the one, then the other. */
const after = ([a, b, c, d]: Turn, [e, f, g, h]: Turn): Turn => [
  e * a + f * c,
  e * b + f * d,
  g * a + h * c,
  g * b + h * d,
]

function apply(places: Places, [a, b, c, d]: Turn): Places {
  const turned = new Float32Array(places.length)
  for (let i = 0; i < places.length; i += 2) {
    turned[i] = a * places[i]! + b * places[i + 1]!
    turned[i + 1] = c * places[i]! + d * places[i + 1]!
  }
  return turned
}

/** What makes the furthest dot's distance 1. */
function fitting(places: Places): Turn {
  let furthest = 0
  for (let i = 0; i < places.length; i += 2) furthest = Math.max(furthest, Math.hypot(places[i]!, places[i + 1]!))
  return scaling(furthest > 0 ? 1 / furthest : 1)
}

/**
 * Orthogonal Procrustes in the plane: the rotation, mirrored or not, that brings `places` closest to `target` (least squares).
 * Both about their means, and as many.
 */
export function procrustes(places: Places, target: Places): Turn {
  let [xx, xy, yx, yy] = [0, 0, 0, 0]
  for (let i = 0; i < places.length; i += 2) {
    xx += target[i]! * places[i]!
    xy += target[i]! * places[i + 1]!
    yx += target[i + 1]! * places[i]!
    yy += target[i + 1]! * places[i + 1]!
  }
  const turned = [xx + yy, yx - xy] as const
  const mirrored = [xx - yy, xy + yx] as const
  const [turn, mirror] = [Math.hypot(...turned), Math.hypot(...mirrored)]
  if (turn === 0 && mirror === 0) return scaling(1)
  if (turn >= mirror) return [turned[0] / turn, -turned[1] / turn, turned[1] / turn, turned[0] / turn]
  return [mirrored[0] / mirror, mirrored[1] / mirror, mirrored[1] / mirror, -mirrored[0] / mirror]
}

/** Fitted, and turned to lie as the other does. @param other null, or of another number of dots: as they are */
export function aligned(places: Places, other: Places | null): { readonly places: Places; readonly turn: Turn } {
  const like = other?.length === places.length ? procrustes(places, other) : scaling(1)
  const turn = after(like, fitting(places))
  return { places: apply(places, turn), turn }
}

/** About their mean. */
export function centred(places: Places): Places {
  const [mean, count] = [[0, 0] as [number, number], places.length / 2]
  for (const [i, value] of places.entries()) mean[i % 2 === 0 ? 0 : 1] += value / count
  return places.map((value, i) => value - mean[i % 2 === 0 ? 0 : 1])
}

/** Codes [count, size] as a plane sees them. */
export function onPlane(
  { size, centre, axes }: Pick<CodeMap, 'size' | 'centre' | 'axes'>,
  codes: Float32Array,
): Places {
  const places = new Float32Array((2 * codes.length) / size)
  for (let row = 0; row * size < codes.length; row++)
    for (let i = 0; i < size; i++) {
      const value = codes[row * size + i]! - centre[i]!
      places[2 * row]! += value * axes[i]!
      places[2 * row + 1]! += value * axes[size + i]!
    }
  return places
}

/** What a point of the turned plane is before the turn. */
export function turnedBack({ x, y }: Point, [a, b, c, d]: Turn): Point {
  const area = a * d - b * c
  return { x: (d * x - b * y) / area, y: (a * y - c * x) / area }
}

export function turned({ x, y }: Point, [a, b, c, d]: Turn): Point {
  return { x: a * x + b * y, y: c * x + d * y }
}

/** The code that lies at a point of the plane. */
export function codeAt({ size, centre, axes }: Pick<CodeMap, 'size' | 'centre' | 'axes'>, { x, y }: Point) {
  return Float32Array.from({ length: size }, (_, i) => centre[i]! + x * axes[i]! + y * axes[size + i]!)
}

export function placeOf(places: Places, index: number): Point {
  return { x: places[2 * index] ?? NaN, y: places[2 * index + 1] ?? NaN }
}

/** The dot nearest to a point, of those that are shown; −1: none is. */
export function nearest(places: Places, { x, y }: Point, shown: (index: number) => boolean): number {
  let [found, least] = [-1, Infinity]
  for (let i = 0; 2 * i < places.length; i++) {
    const distance = (places[2 * i]! - x) ** 2 + (places[2 * i + 1]! - y) ** 2
    if (distance < least && shown(i)) [found, least] = [i, distance]
  }
  return found
}

/**
 * The next dot in a direction, of those that are shown: near, and little to the side.
 * @param along of length 1
 * @returns where it came from, where there is none
 */
export function nextAlong(places: Places, from: number, along: Point, shown: (index: number) => boolean): number {
  const { x, y } = placeOf(places, from)
  let [found, least] = [from, Infinity]
  for (let i = 0; 2 * i < places.length; i++) {
    const [dx, dy] = [places[2 * i]! - x, places[2 * i + 1]! - y]
    const ahead = dx * along.x + dy * along.y
    const aside = Math.abs(dx * along.y - dy * along.x)
    const effort = ahead + 2 * aside
    if (i !== from && ahead > 0 && aside <= 2 * ahead && effort < least && shown(i)) [found, least] = [i, effort]
  }
  return found
}

/** The dots in a box, its edges with it, of those that are shown. */
export function inBox(places: Places, { from, to }: Box, shown: (index: number) => boolean): number[] {
  const [left, right] = [Math.min(from.x, to.x), Math.max(from.x, to.x)]
  const [low, high] = [Math.min(from.y, to.y), Math.max(from.y, to.y)]
  const found: number[] = []
  for (let i = 0; 2 * i < places.length; i++) {
    const [x, y] = [places[2 * i]!, places[2 * i + 1]!]
    if (x >= left && x <= right && y >= low && y <= high && shown(i)) found.push(i)
  }
  return found
}

/**
 * For what share of the dots the nearest other one is of the same class. Dots are looked for in cells of a grid, from a dot's own
 * outwards until none can be nearer: two thousand of them take a millisecond or two.
 */
export function classesTogether(places: Places, labels: Uint8Array): number {
  const count = labels.length
  const across = Math.max(1, Math.floor(Math.sqrt(count)))
  const { left, low, cell } = gridOf(places, across)
  const columnOf = (i: number) => Math.min(across - 1, Math.floor((places[2 * i]! - left) / cell))
  const rowOf = (i: number) => Math.min(across - 1, Math.floor((places[2 * i + 1]! - low) / cell))
  /** Of each cell its first dot, and of each dot the next one of its cell; −1: none. */
  const [first, next] = [new Int32Array(across * across).fill(-1), new Int32Array(count)]
  for (let i = 0; i < count; i++) {
    const at = rowOf(i) * across + columnOf(i)
    next[i] = first[at]!
    first[at] = i
  }
  function nearestTo(i: number): number {
    const [column, row] = [columnOf(i), rowOf(i)]
    let [found, least] = [-1, Infinity]
    for (let ring = 0; ring < across && ((ring - 1) * cell) ** 2 <= least; ring++)
      for (let y = Math.max(0, row - ring); y <= Math.min(across - 1, row + ring); y++) {
        // of the rows between, only both ends: what lies within was looked at
        const step = Math.abs(y - row) === ring ? 1 : 2 * ring
        for (let x = column - ring; x <= column + ring; x += step) {
          if (x < 0 || x >= across) continue
          for (let other = first[y * across + x]!; other >= 0; other = next[other]!) {
            const distance =
              (places[2 * other]! - places[2 * i]!) ** 2 + (places[2 * other + 1]! - places[2 * i + 1]!) ** 2
            if (other !== i && (distance < least || (distance === least && other < found)))
              [found, least] = [other, distance]
          }
        }
      }
    return found
  }
  let same = 0
  for (let i = 0; i < count; i++) if (labels[nearestTo(i)] === labels[i]) same++
  return same / count
}

/** A square of so many cells a side that holds all dots. */
function gridOf(places: Places, across: number) {
  let [left, right, low, high] = [Infinity, -Infinity, Infinity, -Infinity]
  for (let i = 0; i < places.length; i += 2) {
    left = Math.min(left, places[i]!)
    right = Math.max(right, places[i]!)
    low = Math.min(low, places[i + 1]!)
    high = Math.max(high, places[i + 1]!)
  }
  return { left, low, cell: Math.max(right - left, high - low, 1e-9) / across }
}
