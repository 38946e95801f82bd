/** Makes a model from a run's settings. */
import type { RunSettings } from '../../preload/contract'
import { createLadder } from './ladder/ladder'
import type { Model } from './model'

export interface ModelSettings {
  readonly model?: RunSettings['model']
  /** Whether the prior depends on the digit's class: `label`, or `none`. */
  readonly condition: RunSettings['condition']
  /** Layers so many times as wide, to see how engines scale; runs train the model as it is, 1. */
  readonly width?: number
}

const makers: Readonly<Record<RunSettings['model'], (settings: ModelSettings) => Model>> = {
  ladder: ({ condition, width }) => createLadder(condition, width),
}

export function createModel(settings: ModelSettings): Model {
  return makers[settings.model ?? 'ladder'](settings)
}
