/** The models that there are, by the names that are used in a run's settings. */
import type { ModelCard, OwnSettings, Quantity } from './card'
import { ladder } from './ladder'
import { counts, valuesOf, type Settings } from './setting'
import { vlae } from './vlae'

const cards = new Map<string, ModelCard>([
  ['ladder', ladder],
  ['vlae', vlae],
])

/** The model that is trained when nobody says. */
export const usualModel = 'ladder'

/** Makes a model known: from then on runs may name it. @param name letters and digits, as run.json has it */
export function registerModel(name: string, card: ModelCard): void {
  cards.set(name, card)
}

/** Their names, the usual one first. */
export function modelNames(): string[] {
  return [...cards.keys()]
}

export function findCard(model: string): ModelCard | undefined {
  return cards.get(model)
}

/** @throws RangeError where no model has this name: settings are checked before */
export function cardNamed(model: string): ModelCard {
  const card = cards.get(model)
  if (card === undefined) throw new RangeError(`there is no model ${model}`)
  return card
}

/** The card of a run's model, as it is to be read of a run with these settings. */
export function cardOf(settings: { readonly model: string } & OwnSettings): ModelCard {
  const whole = cardNamed(settings.model)
  const card = { ...whole, scalars: whole.scalars.filter((scalar) => counts(scalar, settings)) }
  if (card.hasClasses(settings)) return card
  const worded = <Q extends Quantity>(quantity: Q): Q => ({
    ...quantity,
    explain: quantity.withoutClasses ?? quantity.explain,
  })
  return { ...card, parts: card.parts.map(worded), scalars: card.scalars.map(worded) }
}

/** The model's own settings that count in a run with these, by their names. */
export function countingSettings(settings: { readonly model: string } & OwnSettings): Settings {
  const own = Object.entries(cardNamed(settings.model).settings)
  return Object.fromEntries(own.filter(([, setting]) => counts(setting, settings)))
}

/** The same settings, and as it is by default what does not count among them: of what is trained alike they are one. */
export function plain<S extends { readonly model: string } & OwnSettings>(settings: S): S {
  const own = cardNamed(settings.model).settings
  const values = valuesOf(own, settings)
  const counting = new Set(Object.entries(own).flatMap(([name, setting]) => (counts(setting, values) ? [name] : [])))
  const usual = Object.entries(valuesOf(own, {})).filter(([name]) => !counting.has(name))
  return { ...settings, ...Object.fromEntries(usual) }
}

/** The name of the preset that these settings are; undefined: there is none of them. */
export function presetOf(settings: { readonly model: string } & OwnSettings): string | undefined {
  const { presets = {}, settings: own } = cardNamed(settings.model)
  const values = valuesOf(own, plain(settings))
  const found = Object.entries(presets).find(([, { settings }]) => {
    const preset = valuesOf(own, { ...settings })
    return Object.keys(own).every((setting) => preset[setting] === values[setting])
  })
  return found?.[0]
}

/** Decodings of a code that are shown where its pixels are drawn. */
export const decodings = 3

/** How many decodings of a code a run with these settings shows: of pixels that are drawn several, which differ. */
export function decodingsOf(settings: { readonly model: string } & OwnSettings): number {
  return cardNamed(settings.model).drawsPixels?.(settings) === true ? decodings : 1
}

/** Whether the prior of a run with these settings knows the digit's class. */
export function hasClasses(settings: { readonly model: string } & OwnSettings): boolean {
  return cardNamed(settings.model).hasClasses(settings)
}

/**
 * The choice of one setting by which the prior of a run with these knows the class, or does not; where there is one. Of a
 * setting with the fewest choices: others decide on more than that.
 */
export function choiceWith(
  settings: { readonly model: string } & OwnSettings,
  classes: boolean,
): { readonly name: string; readonly value: string } | undefined {
  const choices = Object.entries(cardNamed(settings.model).settings)
    .map(([name, { choices = {} }]) => Object.keys(choices).map((value) => ({ name, value })))
    .toSorted((a, b) => a.length - b.length)
    .flat()
  return choices.find(({ name, value }) => hasClasses({ ...settings, [name]: value }) === classes)
}

/** What the names of weights tell of the run that made them: its model, and that one's settings. {}: nothing. */
export function settingsOfWeights(names: ReadonlySet<string>): OwnSettings {
  for (const [model, card] of cards) {
    const own = card.ofWeights?.(names)
    if (own !== undefined) return { model, ...own }
  }
  return {}
}
