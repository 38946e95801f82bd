/** Adam's update (tensors.ts) in one pass over flat vectors: each number is read and written once, while it is in cache. */
import { entryOf } from '../named'
import type { LearnerState } from '../optimizer'
import { beta1, beta2, negligible } from './scale'

/**
 * Updates elements [from, to) of a state in place, for the gradient that is the sum of `gradients`, added in their
 * order, so that the result does not depend on which thread was ready first. Every operation rounds to float32, as
 * tensors.ts and PyTorch do: vector instructions then give the same bits.
 */
export function updateInPlace(
  state: LearnerState,
  gradients: readonly Float32Array[],
  scale: readonly number[],
  from: number,
  to: number,
): void {
  const { fround } = Math
  const { parameters } = state
  const [firstMoment, secondMoment] = [entryOf(state, 'firstMoment'), entryOf(state, 'secondMoment')]
  const [first, ...others] = gradients as [Float32Array, ...Float32Array[]]
  const [share1, share2] = [fround(1 - beta1), fround(1 - beta2)]
  const [stepSize, epsilon] = scale.map(fround) as [number, number]
  for (let i = from; i < to; i++) {
    let gradient = first[i]!
    for (let lane = 0; lane < others.length; lane++) gradient = fround(gradient + others[lane]![i]!)
    const [m0, v0] = [firstMoment[i]!, secondMoment[i]!]
    const m = flushed(m0 + fround(share1 * fround(gradient - m0)))
    const v = flushed(v0 + fround(share2 * fround(fround(gradient * gradient) - v0)))
    firstMoment[i] = m
    secondMoment[i] = v
    parameters[i]! -= fround(fround(stepSize * m) / fround(fround(Math.sqrt(v)) + epsilon))
  }
}

/** Rounded to float32; 0 if it is negligible. */
function flushed(value: number): number {
  const rounded = Math.fround(value)
  return Math.abs(rounded) < negligible ? 0 : rounded
}
