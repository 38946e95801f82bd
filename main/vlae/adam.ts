/** Adam (Kingma & Ba 2014, algorithm 1) as a pure function, with PyTorch's defaults and arithmetic. */
import { add, div, mul, sqrt, square, sub } from '@tensorflow/tfjs-core'
import type { Tensor } from '@tensorflow/tfjs-core'
import { type AdamScale, beta1, beta2 } from './adam-scale'
import type { Tensors } from './model'

/** What Adam keeps, by parameter name; all three have the same names and shapes. */
export interface AdamState {
  readonly parameters: Tensors
  /** m, the running mean of the gradients. */
  readonly firstMoment: Tensors
  /** v, the running mean of their squares. */
  readonly secondMoment: Tensors
}

/**
 * One step: m ← m + (1 − β₁)(g − m), v ← v + (1 − β₂)(g² − v), θ ← θ − stepSize · m / (√v + epsilon), which is
 * PyTorch's θ − α · m̂ / (√v̂ + ε).
 *
 * @param scale of `scale`, as scalar tensors
 */
export function update(
  { parameters, firstMoment, secondMoment }: AdamState,
  gradients: Tensors,
  { stepSize, epsilon }: AdamScale<Tensor>,
): AdamState {
  const next = { parameters: {} as Tensors, firstMoment: {} as Tensors, secondMoment: {} as Tensors }
  for (const [name, parameter] of Object.entries(parameters)) {
    const gradient = gradients[name]!
    const m = towards(firstMoment[name]!, gradient, 1 - beta1)
    const v = towards(secondMoment[name]!, square(gradient), 1 - beta2)
    next.firstMoment[name] = m
    next.secondMoment[name] = v
    next.parameters[name] = sub(parameter, mul(stepSize, div(m, add(sqrt(v), epsilon))))
  }
  return next
}

/** A share of the way from one tensor to another. */
function towards(from: Tensor, to: Tensor, share: number): Tensor {
  return add(from, mul(sub(to, from), share))
}
