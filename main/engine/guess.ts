/** Weights of a loss' parts that hang on the batch, for learners that compute a step as a whole: guessed, and put right. */
import type { Model } from '../models/model'
import type { StepInput, StepSums, WeighedInput } from './engine'

/**
 * Each step is begun with the weights that it would have if its batch cost what the last one did. Its sums tell the right ones,
 * since a part's sum does not hang on weights: where the guess was wrong, the step is taken again from the state before.
 * So a batch is not computed once more only to be measured.
 */
export class Guess {
  private last: StepSums

  constructor({ parts }: Pick<Model, 'parts'>) {
    this.last = Object.fromEntries(parts.map((part) => [part, 0]))
  }

  /** The step as it is to be begun. */
  of({ partWeights, ...batch }: StepInput): WeighedInput {
    return { ...batch, partWeights: typeof partWeights === 'function' ? partWeights(this.last) : partWeights }
  }

  /** @param sums of the step as it was begun @returns the step as it should have been, where that is another */
  corrected(guessed: WeighedInput, { partWeights }: StepInput, sums: StepSums): WeighedInput | undefined {
    if (typeof partWeights !== 'function') return undefined
    this.last = sums
    const weights = partWeights(sums)
    return weights.every((weight, part) => weight === guessed.partWeights[part])
      ? undefined
      : { ...guessed, partWeights: weights }
  }
}
