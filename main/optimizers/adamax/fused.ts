/** Adamax's update (tensors.ts) in one pass over flat vectors, and before it one that takes the gradient's length. */
import { entryOf } from '../named'
import type { LearnerState } from '../optimizer'
import { beta1, beta2, epsilon, longest, negligible } from './scale'

/**
 * Updates elements [from, to) of a state in place, for the gradient that is the sum of `gradients`, added in their order.
 * All operations round to float32, as those of tensors.ts; only the length of a gradient that is clipped is summed in float64.
 */
export function updateInPlace(
  state: LearnerState,
  gradients: readonly Float32Array[],
  scale: readonly number[],
  from: number,
  to: number,
): void {
  const { fround } = Math
  const [parameters, firstMoment] = [state.parameters, entryOf(state, 'firstMoment')]
  const [infinityNorm, average] = [entryOf(state, 'infinityNorm'), entryOf(state, 'average')]
  const [first, ...others] = gradients as [Float32Array, ...Float32Array[]]
  const [rate, keep, share] = scale.map(fround) as [number, number, number]
  const move = fround(1 - keep)
  const [keepMoment, moveMoment, keepNorm, least] = [beta1, 1 - beta1, beta2, epsilon].map(fround) as [
    number,
    number,
    number,
    number,
  ]
  const factor = factorOf(sumOfSquares(gradients), share)
  for (let i = from; i < to; i++) {
    let gradient = first[i]!
    for (let lane = 0; lane < others.length; lane++) gradient = fround(gradient + others[lane]![i]!)
    gradient = fround(gradient * factor)
    const moment = fround(fround(firstMoment[i]! * keepMoment) + fround(gradient * moveMoment))
    const norm = Math.max(fround(infinityNorm[i]! * keepNorm), fround(Math.abs(gradient) + least))
    const moved = fround(parameters[i]! - fround(rate * fround(moment / norm)))
    firstMoment[i] = Math.abs(moment) < negligible ? 0 : moment
    infinityNorm[i] = norm
    parameters[i] = moved
    average[i] = fround(fround(average[i]! * keep) + fround(moved * move))
  }
}

/** `share`, or less where that share of a gradient with this sum of squares is longer than `longest`: a float32. */
export function factorOf(squares: number, share: number): number {
  return Math.fround(Math.min(1, longest / Math.max(1e-12, Math.sqrt(squares) * share)) * share)
}

/**
 * ‖Σ gradients‖², every fourth number added up by itself. Every lane takes it of the whole vector: so all get the same, without
 * waiting for each other.
 */
function sumOfSquares(gradients: readonly Float32Array[]): number {
  const [first, ...others] = gradients as [Float32Array, ...Float32Array[]]
  const sums: [number, number, number, number] = [0, 0, 0, 0]
  for (let i = 0; i < first.length; i++) {
    let gradient = first[i]!
    for (let lane = 0; lane < others.length; lane++) gradient = Math.fround(gradient + others[lane]![i]!)
    sums[i % 4]! += gradient * gradient
  }
  return sums[0] + sums[2] + (sums[1] + sums[3])
}
