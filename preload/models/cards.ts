/** The cards of all models, by the name that a run's settings have. Knows no tensors. */
import { cardFor, type ModelCard } from './card'
import { ladderCard } from './ladder'

export const cards: Readonly<Record<string, ModelCard>> = { ladder: ladderCard }

/** The card of a run's model, as it is to be read of that run. */
export function cardOf(settings: { readonly model: string; readonly condition: 'label' | 'none' }): ModelCard {
  return cardFor(cards[settings.model]!, settings)
}
