/** Makes a model from a run's settings. */
import { createLadder } from './ladder'
import type { Model } from './model'

export interface ModelSettings {
  /** Whether the prior depends on the digit's class: `label`, or `none`. */
  readonly condition: 'label' | 'none'
  /** Layers so many times as wide, to see how engines scale; runs train the model as it is, 1. */
  readonly width?: number
}

export function createModel({ condition, width }: ModelSettings): Model {
  return createLadder(condition, width)
}
