/** What a model's card says of it is what the model does. */
import { describe, expect, it } from 'vitest'
import { createModel } from '../../main/models/create'
import { cardOf, runSettings } from '../../preload/contract'
import { modelNames } from '../../preload/models/registry'

describe.each(modelNames())('%s', (name) => {
  const settings = runSettings.parse({ model: name })
  const [card, model] = [cardOf(settings), createModel(settings)]

  it('names its optimizer', () => expect(card.optimizer.toLowerCase()).toBe(model.optimizer.name))

  it('names the parts of its loss, in their order', () =>
    expect(card.parts.map(({ name }) => name)).toEqual(model.parts))
})
