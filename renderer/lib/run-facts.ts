/** What sets a run apart. */
import {
  cardNamed,
  cardOf,
  defaultsOf,
  machineNames,
  settingsOf,
  shippedId,
  usualModel,
  valueTitle,
  type RunSettings,
  type RunSummary,
} from '../../preload/contract'

/** The settings in which a run differs from its model's defaults, in words: `Prior: Without classes`; what the machine decides is none. */
export function differences(settings: RunSettings): string[] {
  const { model } = settings
  const defaults = defaultsOf(model)
  const differing = Object.entries(settingsOf(model)).filter(
    ([name]) => settings[name] !== defaults[name] && !machineNames.includes(name),
  )
  return [
    ...(model === usualModel ? [] : [`Model: ${cardNamed(model).title}`]),
    ...differing.map(([name, setting]) => `${setting.title}: ${valueTitle(setting, settings[name])}`),
  ]
}

/** What files about a run begin with: its folder's name, after its own where a person gave it one. */
export function fileStem({ name, id }: RunSummary): string {
  return id === shippedId ? name : id.endsWith(`-${name}`) ? id : `${name} ${id}`
}

/** Whether its run.json could be read: without it nothing is known of its numbers. */
export function isLegible({ engine }: RunSummary): boolean {
  return engine !== null
}

/** Why the losses of these runs do not compare, a sentence; null: nothing is known against it. */
export function incomparable(runs: readonly Pick<RunSummary, 'settings' | 'data'>[]): string | null {
  const differ = (of: readonly unknown[]): boolean => new Set(of).size > 1
  if (differ(runs.flatMap(({ data }) => data?.fingerprint ?? [])))
    return 'These runs learn from different data: their losses are not comparable.'
  if (differ(runs.map(({ settings }) => cardOf(settings).images)))
    return 'Some of these models see grey levels, others only black and white: unless the data has no grey, their losses are not comparable.'
  return null
}

/** Colours that can be told apart. */
const colours = 8

/** So many can be told apart, by their colours and by whether they are dashed. */
export const mostDistinct = 12

/** How what is in a place is drawn: in its own colour, dashed where the colours begin again; grey where all are taken. */
export function lineStyle(place: number): { color: string; dash: boolean } {
  if (place >= mostDistinct) return { color: '--text-3', dash: false }
  return { color: `--series-${(place % colours) + 1}`, dash: place >= colours }
}

/**
 * Ticks something, or takes its tick away. While it is ticked it keeps its place, which is its colour; null is a place that is
 * free. Of those without a colour the first takes the one that becomes free.
 */
export function toggleOverlay(places: readonly (string | null)[], key: string): (string | null)[] {
  const next = [...places]
  const at = next.indexOf(key)
  if (at >= mostDistinct) next.splice(at, 1)
  else if (at >= 0) next[at] = next.splice(mostDistinct, 1)[0] ?? null
  else {
    const free = next.indexOf(null)
    next[free < 0 ? next.length : free] = key
  }
  return next
}
