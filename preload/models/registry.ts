/** The models that there are, by the names that runs' settings have. */
import type { ModelCard, OwnSettings, Quantity } from './card'
import { ladder } from './ladder'

const cards = new Map<string, ModelCard>([['ladder', ladder]])

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

export function cardNamed(model: string): ModelCard | undefined {
  return cards.get(model)
}

/** The card of a run's model, as it is to be read of a run with these settings. */
export function cardOf(settings: { readonly model: string } & OwnSettings): ModelCard {
  const card = cards.get(settings.model)!
  if (card.hasClasses(settings)) return card
  const worded = <Q extends Quantity>(quantity: Q): Q => ({
    ...quantity,
    explain: quantity.withoutClasses ?? quantity.explain,
  })
  return { ...card, parts: card.parts.map(worded), scalars: card.scalars.map(worded) }
}

/** Whether the prior of a run with these settings knows the digit's class. */
export function hasClasses(settings: { readonly model: string } & OwnSettings): boolean {
  return cards.get(settings.model)!.hasClasses(settings)
}

/**
 * The choice of one setting by which the prior of a run with these knows the class, or does not; where there is one. Of a
 * setting with the fewest choices: others decide on more than that.
 */
export function choiceWith(
  settings: { readonly model: string } & OwnSettings,
  classes: boolean,
): { readonly name: string; readonly value: string } | undefined {
  const choices = Object.entries(cards.get(settings.model)!.settings)
    .map(([name, { choices = {} }]) => Object.keys(choices).map((value) => ({ name, value })))
    .toSorted((a, b) => a.length - b.length)
    .flat()
  return choices.find(({ name, value }) => hasClasses({ ...settings, [name]: value }) === classes)
}
