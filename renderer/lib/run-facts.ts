/** What sets a run apart. */
import {
  cardNamed,
  defaultsOf,
  settingsOf,
  usualModel,
  type RunSettings,
  type RunSummary,
} from '../../preload/contract'

/** What the machine decides where a person does not: worth a word only where runs differ in it. */
const machine: readonly string[] = ['lanes', 'engine']

/** Whether these runs differ in a setting, for those settings that the machine decides. */
export function varying(runs: readonly { settings: RunSettings }[]): ReadonlySet<string> {
  return new Set(machine.filter((field) => new Set(runs.map(({ settings }) => settings[field])).size > 1))
}

/** The settings in which a run differs from its model's defaults, in words: `Prior: none`. */
export function differences(settings: RunSettings, varies: ReadonlySet<string>): string[] {
  const { model } = settings
  const defaults = defaultsOf(model)
  const differing = Object.entries(settingsOf(model)).filter(
    ([name]) => settings[name] !== defaults[name] && (varies.has(name) || !machine.includes(name)),
  )
  return [
    ...(model === usualModel ? [] : [`Model: ${cardNamed(model).title}`]),
    ...differing.map(([name, { title }]) => `${title}: ${settings[name]}`),
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

/** All that a search for a run may be after: its name, its folder's, each of its settings as `seed 2`. */
export function searchText({ name, id, settings }: RunSummary): string {
  const values = Object.entries(settingsOf(settings.model)).map(([field, { title }]) => `${title} ${settings[field]}`)
  return [name, id, cardNamed(settings.model).title, ...values].join('\n').toLowerCase()
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
