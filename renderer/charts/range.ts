/** The y range of a chart: round numbers around what matters. */
import type { Point } from './decimate'

export interface Range {
  min: number
  max: number
  step: number
}

/** 1, 2 or 5 times a power of ten, the nearest at or above `value`. */
export function niceStep(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value))
  const lead = value / power
  return (lead <= 1 ? 1 : lead <= 2 ? 2 : lead <= 5 ? 5 : 10) * power
}

/** Round bounds and a round step around low…high, for about `ticks` ticks. */
export function niceRange(low: number, high: number, ticks: number): Range {
  if (!(high > low)) {
    const room = Math.max(Math.abs(low) * 0.1, 0.1)
    low -= room
    high += room
  }
  const step = niceStep((high - low) / Math.max(1, ticks))
  return { min: Math.floor(low / step + 1e-9) * step, max: Math.ceil(high / step - 1e-9) * step, step }
}

/** Round values from low to high in even steps, about `ticks` of them and never fewer than two. */
export function evenTicks(low: number, high: number, ticks: number): number[] {
  const most = Math.max(2, ticks)
  // a step is at most 2.5 times what was asked for: an eighth of that always fits twice
  for (let parts = most; parts <= 8 * most; parts *= 2) {
    const step = niceStep((high - low) / parts)
    const first = Math.ceil(low / step - 1e-9)
    const count = Math.floor(high / step + 1e-9) - first + 1
    // a step below one is an inverse of a whole number: dividing by that leaves no 0.30000000000000004
    const value = (i: number): number => (step < 1 ? i / Math.round(1 / step) : i * step)
    if (count >= 2) return Array.from({ length: count }, (_, i) => value(first + i))
  }
  return []
}

/** The ticks of an axis of epochs: whole ones where it shows three or more. */
export function epochTicks(from: number, to: number, ticks: number): number[] {
  return evenTicks(from, to, to - from >= 3 ? Math.min(ticks, Math.floor(to - from)) : ticks)
}

/** Round values from low to high for a logarithmic axis: 1, 2 and 5 of each power of ten, or even steps where it is short. */
export function logTicks(low: number, high: number, ticks: number): number[] {
  const powers = Array.from(
    { length: Math.ceil(Math.log10(high / low)) + 2 },
    (_, i) => 10 ** (Math.floor(Math.log10(low)) + i),
  )
  const leads = high / low > 1000 ? [1] : [1, 2, 5]
  const wide = powers.flatMap((power) => leads.map((lead) => lead * power))
  if (high / low <= 10) return evenTicks(low, high, ticks)
  return wide.filter((value) => value >= low && value <= high)
}

/**
 * Lowest and highest y of the points between `from` and `to`, leaving out the highest of them (1 in `1/cut`):
 * the first steps of a run, far above all the rest, must not press the curve flat. Null without a point.
 */
export function spread(lines: Point[][], from: number, to: number, cut: number): [number, number] | null {
  const values: number[] = []
  for (const points of lines)
    for (const { x, y } of points) if (x >= from && x <= to && Number.isFinite(y)) values.push(y)
  values.sort((a, b) => a - b)
  const lowest = values[0]
  const highest = values[Math.max(0, Math.ceil(values.length * (1 - cut)) - 1)]
  return lowest === undefined || highest === undefined ? null : [lowest, highest]
}

/** So many interquartile ranges above the third quartile, and half of that quartile, a point is an outlier. */
const farOut = 6

/** The highest of these values that is no outlier; null of none. @param values sorted */
export function highestUsual(values: readonly number[]): number | null {
  const quantile = (share: number): number => values[Math.floor(share * (values.length - 1))] ?? NaN
  const [first, third] = [quantile(0.25), quantile(0.75)]
  const fence = third + Math.max(farOut * (third - first), Math.abs(third) / 2)
  return values.findLast((value) => value <= fence) ?? null
}

/**
 * Where the x axis ends while a run has come to `now` of `total` epochs. It shows the beginning as long as that would be
 * a tenth of the whole or less, and seldom grows under a person's eyes.
 */
export function axisEnd(now: number, total: number): number {
  const stop = [3, 30, 300, 3000].find((stop) => now <= stop && stop * 10 <= total)
  return Math.max(1, stop ?? total)
}
