/** Runs as a list shows them: each by itself, or those together that are equal but for their seed, with what they come to. */
import type { RunSummary } from '../../preload/contract'
import { isLegible } from '../lib/run-facts'

/** What several runs measured of one thing. */
export interface Spread {
  readonly n: number
  readonly mean: number
  /** The standard deviation of the sample (n − 1 below the sum); null of one run. */
  readonly deviation: number | null
}

/** A run, or several that are equal but for their seed. */
export interface Entry {
  /** A run's id, or what these runs have in common. */
  readonly key: string
  readonly name: string
  /** The newest first, never none. */
  readonly runs: readonly [RunSummary, ...RunSummary[]]
  /** Those that have come as far as the furthest: only they are compared. */
  readonly counted: readonly RunSummary[]
  readonly best: Spread | null
  readonly last: Spread | null
}

/** The last test loss of a run; null where none is known. */
export function lastLoss({ curve }: RunSummary): number | null {
  return curve.findLast((loss) => loss !== null && Number.isFinite(loss)) ?? null
}

export function spreadOf(values: readonly (number | null | undefined)[]): Spread | null {
  const known = values.filter((value) => value !== null && value !== undefined)
  const n = known.length
  if (n === 0) return null
  const mean = known.reduce((sum, value) => sum + value, 0) / n
  const squares = known.reduce((sum, value) => sum + (value - mean) ** 2, 0)
  return { n, mean, deviation: n === 1 ? null : Math.sqrt(squares / (n - 1)) }
}

/** @param runs the newest first; @param grouped runs that are equal but for their seed are one entry */
export function entriesOf(runs: readonly RunSummary[], grouped: boolean): Entry[] {
  if (!grouped) return runs.map((run) => entryOf(run.id, [run]))
  const groups = new Map<string, [RunSummary, ...RunSummary[]]>()
  for (const run of runs) {
    const key = isLegible(run) ? common(run) : run.id
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [run])
    else group.push(run)
  }
  return [...groups].map(([key, group]) => entryOf(key, group))
}

function entryOf(key: string, runs: readonly [RunSummary, ...RunSummary[]]): Entry {
  const furthest = Math.max(...runs.map(({ epoch }) => epoch))
  const counted = runs.filter(({ epoch, best }) => epoch === furthest && best !== null)
  return {
    key,
    name: nameOf(runs.map(({ name }) => name)),
    runs,
    counted,
    best: spreadOf(counted.map(({ best }) => best?.loss)),
    last: spreadOf(counted.map(lastLoss)),
  }
}

/** Made once for each summary: a thousand runs are put together at every press. */
const known = new WeakMap<RunSummary, string>()

/** All that a run is a function of but its seed. */
function common(run: RunSummary): string {
  const before = known.get(run)
  if (before !== undefined) return before
  const { settings, data, from } = run
  const { seed: _, ...others } = settings
  const sorted = Object.entries(others).toSorted(([a], [b]) => (a < b ? -1 : 1))
  const made = JSON.stringify([sorted, data?.fingerprint ?? null, from && [from.run, from.epoch]])
  known.set(run, made)
  return made
}

/** What these names begin with, as far as that is whole words: `wide` of `wide, seed 0` and `wide, seed 1`. */
function nameOf(names: readonly string[]): string {
  const [first = '', ...others] = names
  if (others.every((name) => name === first)) return first
  const words = first.split(/(?<=[\s,_-])/)
  let alike = 0
  while (alike < words.length && others.every((name) => name.startsWith(words.slice(0, alike + 1).join('')))) alike++
  const start = words
    .slice(0, alike)
    .join('')
    .replace(/[\s,:=_-]*(seeds?)?[\s,:=_-]*$/i, '')
  return start === '' ? `${first} …` : start
}

/** Of each epoch the mean test loss of those runs that have one; null where none has. */
export function meanCurve(runs: readonly RunSummary[]): (number | null)[] {
  const length = Math.max(0, ...runs.map(({ curve }) => curve.length))
  return Array.from({ length }, (_, epoch) => spreadOf(runs.map(({ curve }) => curve[epoch]))?.mean ?? null)
}
