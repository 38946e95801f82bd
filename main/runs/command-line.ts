/** A run's settings as they are typed in a terminal. */
import { defaultsOf, machineNames, settingsOf, usualModel, type RunSettings } from '../../preload/contract'

/** The settings that are typed by another name than their own. */
export const shortNames: Readonly<Record<string, string>> = { learningRate: 'lr', lanes: 'threads' }

/** `klWarmup` → `--kl-warmup`. */
export function flagOf(name: string): string {
  return `--${(shortNames[name] ?? name).replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`
}

/** The options of `train` that give these settings again: those that are not the model's defaults. */
export function optionsFor(settings: RunSettings): string {
  return typed(settings, () => true)
}

/** What sets a run apart, as it is typed, without what the machine decides: `--condition none --seed 3`. */
export function differing(settings: RunSettings): string {
  return typed(settings, (name) => !machineNames.includes(name))
}

function typed(settings: RunSettings, counts: (name: string) => boolean): string {
  const { model } = settings
  const defaults = defaultsOf(model)
  const names = Object.keys(settingsOf(model)).filter((name) => counts(name) && settings[name] !== defaults[name])
  return [
    ...(model === usualModel ? [] : [`--model ${model}`]),
    ...names.map((name) => `${flagOf(name)} ${settings[name]}`),
  ].join(' ')
}
