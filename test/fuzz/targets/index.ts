/** All targets. */
import type { Target } from '../target'
import { calls } from './calls'
import { data } from './data'
import { frames } from './frames'
import { pictures } from './pictures'
import { runs } from './runs'
import { stores } from './stores'
import { weights } from './weights'
import { words } from './words'

export const targets: readonly Target[] = [
  ...data,
  ...weights,
  ...pictures,
  ...runs,
  ...stores,
  ...calls,
  ...frames,
  ...words,
]
