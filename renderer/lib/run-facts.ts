/** What sets a run apart. */
import type { RunSettings } from '../../preload/contract'
import { defaults } from '../stores/settings'
import { settingNames } from './words'

/** The settings in which a run differs from the defaults, in words: `Prior: none`. */
export function differences(settings: RunSettings): string[] {
  return (Object.keys(settingNames) as (keyof RunSettings)[])
    .filter((field) => settings[field] !== defaults.run[field])
    .map((field) => `${settingNames[field]}: ${settings[field]}`)
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
