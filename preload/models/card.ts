/** What both sides know of a model, without its tensors: the numbers that it is measured by, and their words. */
import { z } from 'zod'

const quantity = z.object({
  /** Its name in a line of metrics. */
  name: z.string(),
  title: z.string(),
  /** What it means, in a sentence or two. */
  explain: z.string(),
  /** The same of a run whose prior does not know the classes, where that is another sentence. */
  withoutClasses: z.string().optional(),
})
export type Quantity = z.infer<typeof quantity>

/** A model's card. It crosses to the page as it is: nothing there, or in the terminal, knows a model by its name. */
export const modelCard = z.object({
  /** What the loss is the sum of, in the order in which it is added up; nats per image. */
  parts: z.array(quantity),
  /** What training is steered by from step to step; `range`: the ends of its axis in a chart. */
  scalars: z.array(quantity.extend({ unit: z.string(), range: z.tuple([z.number(), z.number()]) })),
  /** What training minimises, where that is not the loss: a sentence. */
  objective: z.string(),
})
export type ModelCard = z.infer<typeof modelCard>

/** Of a run that is not known yet. */
export const noCard: ModelCard = { parts: [], scalars: [], objective: '' }

/** The card as it is to be read of a run with these settings. */
export function cardFor(card: ModelCard, { condition }: { readonly condition: 'label' | 'none' }): ModelCard {
  if (condition === 'label') return card
  const worded = <Q extends Quantity>(quantity: Q): Q => ({
    ...quantity,
    explain: quantity.withoutClasses ?? quantity.explain,
  })
  return { ...card, parts: card.parts.map(worded), scalars: card.scalars.map(worded) }
}
