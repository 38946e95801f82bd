/** The learning rate's way down: halved when training no longer gets anywhere (MAE, Ma et al. 2019). Knows no tensors. */
import type { Numbers } from '../model'

export interface PlateauOptions {
  /** Epochs without a better value after which the rate is halved. */
  readonly patience?: number
  /** Times that it is, at most. */
  readonly most?: number
}

/** Halvings so far, the best value, and the epochs since: numbers, so that a run's progress can hold them. */
export interface Plateau extends Numbers {
  readonly halvings: number
  readonly best: number
  readonly since: number
}

/** Before the first epoch: worse than any −ELBO there is. */
export const noPlateau: Plateau = { halvings: 0, best: Number.MAX_VALUE, since: 0 }

/**
 * The state after an epoch.
 * @param value −ELBO of images that were not trained on, nats; less is better
 */
export function afterEpoch(state: Plateau, value: number, { patience = 20, most = 3 }: PlateauOptions = {}): Plateau {
  if (value < state.best) return { ...state, best: value, since: 0 }
  const since = state.since + 1
  if (since < patience || state.halvings === most) return { ...state, since }
  return { ...state, halvings: state.halvings + 1, since: 0 }
}

/** What the learning rate is multiplied by: 1, ½, ¼, … */
export function rateFactor({ halvings }: Pick<Plateau, 'halvings'>): number {
  return 2 ** -halvings
}
