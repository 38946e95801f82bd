/** Adamax (Kingma & Ba 2014, algorithm 2) as the paper's VLAE uses it, over averaged parameters, as a pure function. */
import { abs, add, div, maximum, minimum, mul, sqrt, square, sub, sum, type Tensor } from '@tensorflow/tfjs-core'
import { eachParameter, type Optimizer, type Tensors } from '../optimizer'
import { beta1, beta2, epsilon, longest, scale } from './scale'

/** The vector that holds the averages: what is shown, saved and measured. */
export const averages = 'average'

type State = Readonly<Record<'parameters' | 'firstMoment' | 'infinityNorm' | 'average', Tensors>>

/** Gradients are sums over a step's images; the longest one that is followed is of their mean. */
export const adamax: Optimizer = {
  name: 'adamax',
  title: 'Adamax',
  kept: [
    // m, the running mean of the gradients
    { name: 'firstMoment', power: 1, positive: false },
    // u, the largest |g| of late
    { name: 'infinityNorm', power: 1, positive: true },
    { name: averages, power: 1, positive: false },
  ],
  averages,
  scalars: ['rate', 'keep', 'share'],
  scale,

  /**
   * One step: g ← share · g · min(1, 5/‖share · g‖), share = 1/images, m ← β₁m + (1 − β₁)g, u ← max(β₂u, |g| + ε), θ ← θ − rate · m/u, without
   * bias correction (openai/iaf); and of θ the average a ← keep · a + (1 − keep) θ (Polyak & Juditsky 1992).
   */
  update(state: State, gradients, { rate, keep, share }: Record<'rate' | 'keep' | 'share', Tensor>) {
    const factor = clipping(Object.values(gradients), share)
    return eachParameter(state, gradients, ({ parameters, firstMoment, infinityNorm, average }, whole) => {
      const gradient = mul(whole, factor)
      const m = add(mul(firstMoment, beta1), mul(gradient, 1 - beta1))
      const u = maximum(mul(infinityNorm, beta2), add(abs(gradient), epsilon))
      const moved = sub(parameters, mul(rate, div(m, u)))
      const mean = add(mul(average, keep), mul(moved, sub(1, keep)))
      return { parameters: moved, firstMoment: m, infinityNorm: u, average: mean }
    })
  },
}

/** `share`, or less where that share of the gradient is longer than `longest`: [] */
function clipping(gradients: readonly Tensor[], share: Tensor): Tensor {
  const squares = gradients.map((gradient) => sum(square(gradient))).reduce((a, b) => add(a, b))
  const length = mul(sqrt(squares), share)
  return mul(minimum(div(longest, maximum(length, 1e-12)), 1), share)
}
