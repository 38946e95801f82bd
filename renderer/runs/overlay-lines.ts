/** The lines of runs laid over each other: one of each run, and of a group its mean with a band around it. */
import type { RunSummary } from '../../preload/contract'
import type { Line } from '../charts/line-chart'
import { lineStyle, mostDistinct } from '../lib/run-facts'
import { spreadOf } from './run-groups'
import type { Drawn } from './use-overlay'

/** What x is counted in. */
export type Axis = 'epochs' | 'steps' | 'time'
/** How far a group's band goes: from its lowest run to its highest, or a standard deviation to either side. */
export type Band = 'deviation' | 'range'

/** Where on the axis a run was at the end of an epoch; null: nobody has kept it. In steps, or seconds of training. */
export function placeOf({ stepsPerEpoch, seconds }: RunSummary, epoch: number, axis: Axis): number | null {
  if (axis === 'epochs') return epoch
  if (axis === 'steps') return stepsPerEpoch === null ? null : epoch * stepsPerEpoch
  return seconds[epoch] ?? null
}

/** Whether nothing of a run can be drawn along this axis. */
export function isUnplaced(run: RunSummary, axis: Axis): boolean {
  return run.epoch >= 0 && placeOf(run, run.epoch, axis) === null
}

/** Letters that a legend has room for. */
const mostLetters = 26

/**
 * Names that stand beside each other in a legend: without the parts, between commas, that all of them have, as those of a sweep do; and
 * of what is still long the beginning and the end, where that tells it from the others.
 */
export function shortNames(names: readonly string[]): string[] {
  const parts = names.map((name) => name.split(', '))
  const own = parts.map((mine) => mine.filter((part) => !parts.every((theirs) => theirs.includes(part))).join(', '))
  const telling = new Set(names).size > 1 && own.every((name) => name !== '') ? own : names
  const cut = telling.map((name) =>
    name.length > mostLetters ? `${name.slice(0, 10).trimEnd()}…${name.slice(-14).trimStart()}` : name,
  )
  return telling.map((name, i) => {
    const alike = telling.some((other, at) => other !== name && cut[at] === cut[i])
    return alike ? name : (cut[i] ?? name)
  })
}

/** How what is drawn looks. Of those beyond the colours nothing is read out. */
function styleOf({ entry, place, name }: Named): Pick<Line, 'label' | 'color' | 'dash' | 'width' | 'background'> {
  const { length } = entry.runs
  const label = length === 1 ? name : `${name} ×${length}`
  return { label, ...lineStyle(place), ...(place >= mostDistinct && { width: 1, background: true }) }
}

/** What is drawn, and what its legend calls it. */
interface Named extends Drawn {
  readonly name: string
}

/** @param valuesOf what a run measured, by epoch; @param each whether dots stand where it did */
export function overlayLine(
  drawn: Named,
  valuesOf: (run: RunSummary) => readonly (number | null | undefined)[],
  { axis, band }: { axis: Axis; band: Band },
): Line {
  const { entry } = drawn
  const counted = entry.counted.length > 0 ? entry.counted : entry.runs
  const all = counted.map((run) => ({ run, values: valuesOf(run) }))
  const epochs = Math.max(0, ...all.map(({ values }) => values.length))
  const points = Array.from({ length: epochs }, (_, epoch) => {
    const known = all.flatMap(({ values }) => values[epoch] ?? []).filter(Number.isFinite)
    const x = spreadOf(all.map(({ run }) => placeOf(run, epoch, axis)))
    const y = spreadOf(known)
    if (x === null || y === null) return []
    const aside = y.deviation ?? 0
    const [low, high] = band === 'range' ? [Math.min(...known), Math.max(...known)] : [y.mean - aside, y.mean + aside]
    return [{ epoch, x: x.mean, y: y.mean, low, high }]
  }).flat()
  const byEpoch = new Map(points.map(({ epoch, y }) => [epoch, y]))
  return {
    ...styleOf(drawn),
    x: points.map(({ x }) => x),
    y: points.map(({ y }) => y),
    length: points.length,
    dots: drawn.place < mostDistinct,
    ofEpoch: (epoch) => byEpoch.get(epoch),
    ...(all.length > 1 && { band: { low: points.map(({ low }) => low), high: points.map(({ high }) => high) } }),
  }
}

/** A run's training, step by step and smoothed. @param steps its columns; `epoch`: with fraction */
export function stepLine(
  drawn: Named,
  steps: { step: ArrayLike<number>; epoch: ArrayLike<number>; values: ArrayLike<number>; length: number },
  { axis, smoothed, ofEpoch }: { axis: Axis; smoothed: boolean; ofEpoch: NonNullable<Line['ofEpoch']> },
): Line {
  const { runs } = drawn.entry
  const x = axis === 'epochs' ? steps.epoch : axis === 'steps' ? steps.step : secondsAt(runs[0], steps)
  return {
    ...styleOf(drawn),
    smoothed,
    x,
    y: steps.values,
    length: x.length < steps.length ? x.length : steps.length,
    ofEpoch,
  }
}

/** Within an epoch time goes evenly; of an epoch under way nothing is known yet. */
function secondsAt({ seconds }: RunSummary, { epoch, length }: { epoch: ArrayLike<number>; length: number }): number[] {
  const at: number[] = []
  for (let i = 0; i < length; i++) {
    const done = epoch[i] ?? 0
    const [from, to] = [seconds[Math.floor(done)], seconds[Math.ceil(done)]]
    if (from === undefined || to === undefined) break
    at.push(from + (to - from) * (done - Math.floor(done)))
  }
  return at
}
