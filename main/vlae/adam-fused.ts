/** Adam's update (adam.ts) in one pass over flat vectors: each number is read and written once, while it is in cache. */
import type { LearnerState } from '../engine/engine'
import { type AdamScale, beta1, beta2 } from './adam-scale'

/**
 * Updates elements [from, to) of a state in place, for the gradient that is the sum of `gradients`, added in their
 * order, so that the result does not depend on which thread was ready first.
 */
export function updateInPlace(
  { parameters, firstMoment, secondMoment }: LearnerState,
  gradients: readonly Float32Array[],
  { stepSize, epsilon }: AdamScale<number>,
  from: number,
  to: number,
): void {
  const [first, ...others] = gradients as [Float32Array, ...Float32Array[]]
  const decay1 = 1 - beta1
  const decay2 = 1 - beta2
  for (let i = from; i < to; i++) {
    let gradient = first[i]!
    for (let lane = 0; lane < others.length; lane++) gradient += others[lane]![i]!
    const m = firstMoment[i]! + decay1 * (gradient - firstMoment[i]!)
    const v = secondMoment[i]! + decay2 * (gradient * gradient - secondMoment[i]!)
    firstMoment[i] = m
    secondMoment[i] = v
    parameters[i]! -= (stepSize * m) / (Math.sqrt(v) + epsilon)
  }
}
