/** Makes a model from a run's settings. */
import { createLadder } from './ladder'
import type { Model } from './model'

/** @param options.condition whether the prior depends on the digit's class: `label`, or `none` */
export function createModel({ condition }: { readonly condition: 'label' | 'none' }): Model {
  return createLadder(condition)
}
