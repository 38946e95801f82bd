/** Adam's constants, PyTorch's defaults, and its bias correction. No tensors: threads without tfjs use it too. */

export const beta1 = 0.9
export const beta2 = 0.999
const epsilon = 1e-8

/**
 * Moments smaller than this, 2⁻¹⁰⁰, are set to 0. Where a gradient is 0 for good (units of a relu that is never on:
 * half of all weights after thirty epochs), m would decay to a number below float32's smallest normal one, 2⁻¹²⁶, and
 * stay there, and processors are many times slower with those. A step can tell neither from 0: √2⁻¹⁰⁰ ≪ epsilon.
 */
export const negligible = 2 ** -100

/**
 * Learning rate and bias correction of step t (from 1), folded into two numbers (Kingma & Ba 2014, end of §2):
 * stepSize = α · √(1 − β₂ᵗ) / (1 − β₁ᵗ) and epsilon = ε · √(1 − β₂ᵗ).
 */
export function scale(learningRate: number, step: number): readonly [stepSize: number, epsilon: number] {
  const correction = Math.sqrt(1 - beta2 ** step)
  return [(learningRate * correction) / (1 - beta1 ** step), epsilon * correction]
}
