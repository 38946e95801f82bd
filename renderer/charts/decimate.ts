/** Downsamples a line to what the screen can show: per pixel column its first, lowest, highest and last point. */

export interface Point {
  x: number
  y: number
}

/** A line's points as columns; `x` ascends. Rows from `length` on are room for what comes. */
export interface Columns {
  x: ArrayLike<number>
  y: ArrayLike<number>
  length: number
}

/** The index of the first x that is ≥ value; `length` if there is none. */
export function lowerBound(x: ArrayLike<number>, length: number, value: number): number {
  let low = 0
  let high = length
  while (low < high) {
    const middle = (low + high) >> 1
    if (x[middle]! < value) low = middle + 1
    else high = middle
  }
  return low
}

/**
 * Writes into `out` the points of `line` between `from` and `to` (and one neighbour on either side, so that the
 * line reaches the edge), at most four a bucket. Every peak survives. The points in `out` are reused; its length
 * becomes the number of points.
 */
export function decimate(line: Columns, from: number, to: number, buckets: number, out: Point[]): Point[] {
  const { x, y, length } = line
  let used = 0
  const put = (i: number): void => {
    const point = out[used]
    if (point === undefined) out.push({ x: x[i]!, y: y[i]! })
    else {
      point.x = x[i]!
      point.y = y[i]!
    }
    used++
  }

  const start = Math.max(0, lowerBound(x, length, from) - 1)
  let end = lowerBound(x, length, to)
  while (end < length && x[end]! <= to) end++
  end = Math.min(length, end + 1)

  if (end - start <= 4 * buckets) {
    for (let i = start; i < end; i++) put(i)
  } else {
    const width = (to - from) / buckets
    let i = start
    while (i < end) {
      const bucket = Math.floor((x[i]! - from) / width)
      const first = i
      let lowest = i
      let highest = i
      while (i < end && Math.floor((x[i]! - from) / width) === bucket) {
        if (y[i]! < y[lowest]! || Number.isNaN(y[lowest])) lowest = i
        if (y[i]! > y[highest]! || Number.isNaN(y[highest])) highest = i
        i++
      }
      const last = i - 1
      put(first)
      const [early, late] = lowest < highest ? [lowest, highest] : [highest, lowest]
      if (early !== first && early !== last) put(early)
      if (late !== early && late !== first && late !== last) put(late)
      if (last !== first) put(last)
    }
  }
  out.length = used
  return out
}

/** The lowest point, the first of several; NaN, NaN if there is none. */
export function lowest({ x, y, length }: Columns): Point {
  let lowest = 0
  for (let i = 1; i < length; i++) if (y[i]! < y[lowest]! || Number.isNaN(y[lowest])) lowest = i
  return { x: x[lowest] ?? NaN, y: y[lowest] ?? NaN }
}

/** The index of the point nearest to `at`; −1 if there is none. */
export function nearest(line: Columns, at: number): number {
  const right = lowerBound(line.x, line.length, at)
  if (right === 0) return line.length === 0 ? -1 : 0
  if (right === line.length) return line.length - 1
  return at - line.x[right - 1]! <= line.x[right]! - at ? right - 1 : right
}
