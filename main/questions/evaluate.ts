/** How good a checkpoint is: the whole test set through it. */
import { evaluate as measure } from '../training/evaluate'
import type { Answer } from './question'

export const evaluate: Answer<'evaluate'> = async (_question, { programs, parameters, epoch, data }, watch) => {
  const { test } = await data()
  return { epoch, ...(await measure(programs, parameters, test, watch)) }
}
