/** Window against rate: the runs that differ in nothing but how far a pixel sees. */
import { settingsOf, valueTitle, type RunSettings, type RunSummary } from '../../preload/contract'
import { present } from '../../preload/present'
import { areAlike, type Study } from './study'

/** A run, and how many earlier pixels one of its pixels is predicted from. */
export interface Seeing {
  readonly run: RunSummary
  readonly pixels: number
  /** Its window as its field says it: `7×4`. */
  readonly name: string
}

/** Runs that are alike but for the window: a run a window, the smallest first. */
export interface WindowGroup {
  readonly settings: RunSettings
  readonly seeing: readonly Seeing[]
}

/** Of the runs that are done, newest first: groups of two windows or more, those of the most windows first. */
export function windowGroups(study: Study, runs: readonly RunSummary[]): WindowGroup[] {
  const groups: { settings: RunSettings; data: string; byPixels: Map<number, Seeing> }[] = []
  for (const run of runs) {
    const { settings, status, data, from, problem } = run
    if (settings.model !== study.model || status !== 'done' || data === null || from !== null || problem !== null)
      continue
    const pixels = study.pixelsSeen(settings)
    if (pixels === 0 || !study.hasCode(settings)) continue
    let group = groups.find((one) => one.data === data.fingerprint && areAlike(one.settings, settings, [study.window]))
    if (group === undefined)
      groups.push((group = { settings, data: data.fingerprint, byPixels: new Map<number, Seeing>() }))
    // of one window the newest
    if (!group.byPixels.has(pixels)) group.byPixels.set(pixels, { run, pixels, name: windowName(study, settings) })
  }
  return groups
    .map(({ settings, byPixels }) => ({
      settings,
      seeing: [...byPixels.values()].toSorted((a, b) => a.pixels - b.pixels),
    }))
    .filter(({ seeing }) => seeing.length > 1)
    .toSorted((a, b) => b.seeing.length - a.seeing.length)
}

/** A run's window as its field says it: `7×4`. */
export function windowName({ model, window }: Study, settings: RunSettings): string {
  return valueTitle(present(settingsOf(model)[window], window), settings[window])
}
