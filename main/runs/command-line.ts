/** A run's settings as they are typed in a terminal. */
import { defaultsOf, settingsOf, usualModel, type RunSettings } from '../../preload/contract'

/** The settings that are typed by another name than their own. */
export const shortNames: Readonly<Record<string, string>> = { learningRate: 'lr', lanes: 'threads' }

/** `klWarmup` → `--kl-warmup`. */
export function flagOf(name: string): string {
  return `--${(shortNames[name] ?? name).replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`
}

/** The options of `train` that give these settings again: those that are not the model's defaults. */
export function optionsFor(settings: RunSettings): string {
  const { model } = settings
  const defaults = defaultsOf(model)
  const names = Object.keys(settingsOf(model)).filter((name) => settings[name] !== defaults[name])
  return [
    ...(model === usualModel ? [] : [`--model ${model}`]),
    ...names.map((name) => `${flagOf(name)} ${settings[name]}`),
  ].join(' ')
}
