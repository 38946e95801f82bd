/** What sets a run apart. */
import type { RunSettings, RunSummary } from '../../preload/contract'
import { defaults } from './defaults'
import { settingNames } from './words'

/** What the machine decides where a person does not: worth a word only where runs differ in it. */
const machine: readonly (keyof RunSettings)[] = ['lanes', 'engine']

/** Whether these runs differ in a setting, for those settings that the machine decides. */
export function varying(runs: readonly { settings: RunSettings }[]): ReadonlySet<keyof RunSettings> {
  return new Set(machine.filter((field) => new Set(runs.map(({ settings }) => settings[field])).size > 1))
}

/** The settings in which a run differs from the defaults, in words: `Prior: none`. */
export function differences(settings: RunSettings, varies: ReadonlySet<keyof RunSettings>): string[] {
  return (Object.keys(settingNames) as (keyof RunSettings)[])
    .filter((field) => settings[field] !== defaults.run[field] && (varies.has(field) || !machine.includes(field)))
    .map((field) => `${settingNames[field]}: ${settings[field]}`)
}

/** Whether its run.json could be read: without it nothing is known of its numbers. */
export function isLegible({ engine }: RunSummary): boolean {
  return engine !== null
}

/** As many runs can be laid over each other as there are colours to tell them apart. */
export const OVERLAYS = 8

/** Keeps each run's colour while it is ticked: its place among eight. Null in a place that is free. */
export function toggleOverlay(places: readonly (string | null)[], run: string): (string | null)[] {
  const next = Array.from({ length: OVERLAYS }, (_, i) => places[i] ?? null)
  const at = next.indexOf(run)
  if (at >= 0) next[at] = null
  else {
    const free = next.indexOf(null)
    if (free >= 0) next[free] = run
  }
  return next
}
