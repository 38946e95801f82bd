/** What sets a run apart. */
import {
  cardNamed,
  cardOf,
  defaultsOf,
  machineNames,
  settingsOf,
  usualModel,
  valueTitle,
  type RunSettings,
  type RunSummary,
} from '../../preload/contract'

/** The settings that these runs differ in, of those that the machine decides: only there are they worth a word. */
export function varying(runs: readonly { settings: RunSettings }[]): ReadonlySet<string> {
  return new Set(machineNames.filter((field) => new Set(runs.map(({ settings }) => settings[field])).size > 1))
}

/** The settings in which a run differs from its model's defaults, in words: `Prior: Without classes`. */
export function differences(settings: RunSettings, varies: ReadonlySet<string>): string[] {
  const { model } = settings
  const defaults = defaultsOf(model)
  const differing = Object.entries(settingsOf(model)).filter(
    ([name]) => settings[name] !== defaults[name] && (varies.has(name) || !machineNames.includes(name)),
  )
  return [
    ...(model === usualModel ? [] : [`Model: ${cardNamed(model).title}`]),
    ...differing.map(([name, setting]) => `${setting.title}: ${valueTitle(setting, settings[name])}`),
  ]
}

/** What files about a run begin with: its folder's name, after its own where a person gave it one. */
export function fileStem({ name, id }: RunSummary): string {
  return id.endsWith(`-${name}`) ? id : `${name} ${id}`
}

/** Whether its run.json could be read: without it nothing is known of its numbers. */
export function isLegible({ engine }: RunSummary): boolean {
  return engine !== null
}

/** All that a search for a run may be after: its name, its folder's, each of its settings as typed, `seed 2`, and as shown. */
export function searchText({ name, id, settings }: RunSummary): string {
  const values = Object.entries(settingsOf(settings.model)).flatMap(([field, setting]) => [
    `${setting.title} ${settings[field]}`,
    `${setting.title} ${valueTitle(setting, settings[field])}`,
    `${setting.title}: ${valueTitle(setting, settings[field])}`,
  ])
  return [name, id, cardNamed(settings.model).title, ...values].join('\n').toLowerCase()
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

/** As many runs can be laid over each other as can be told apart, by their colours and by whether they are dashed. */
export const mostOverlays = 12

/** How the run in a place is drawn: in its own colour, dashed where the colours begin again. */
export function lineStyle(place: number): { color: string; dash: boolean } {
  return { color: `--series-${(place % colours) + 1}`, dash: place >= colours }
}

/** Keeps each run's colour while it is ticked: its place among them. Null in a place that is free. */
export function toggleOverlay(places: readonly (string | null)[], run: string): (string | null)[] {
  const next = Array.from({ length: mostOverlays }, (_, i) => places[i] ?? null)
  const at = next.indexOf(run)
  if (at >= 0) next[at] = null
  else {
    const free = next.indexOf(null)
    if (free >= 0) next[free] = run
  }
  return next
}
