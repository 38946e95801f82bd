/** Makes a model from a run's settings. */
import { ladderSettings } from '../../preload/models/ladder'
import { usualModel } from '../../preload/models/registry'
import { vlaeOptions } from '../../preload/models/vlae'
import { createLadder } from './ladder/ladder'
import type { Model } from './model'
import { vlaeOf } from './vlae/vlae'

/** What makes a model: its name, and its own settings as a run has them. What is left out has its default. */
export type ModelSettings = Readonly<Record<string, unknown>> & { readonly model?: string }

/** Makes a model from settings, of which it reads its own. */
type Maker = (settings: Readonly<Record<string, unknown>>) => Model

const makers = new Map<string, Maker>([
  ['ladder', (settings) => createLadder(ladderSettings(settings))],
  ['vlae', (settings) => vlaeOf(vlaeOptions(settings))],
])

/** Gives the functions of a model whose card is registered under the same name. */
export function registerMaker(name: string, make: Maker): void {
  makers.set(name, make)
}

/** @throws RangeError where no model has this name: settings are checked before */
export function createModel({ model = usualModel, ...settings }: ModelSettings): Model {
  const make = makers.get(model)
  if (make === undefined) throw new RangeError(`there is no model ${model}`)
  return make(settings)
}
