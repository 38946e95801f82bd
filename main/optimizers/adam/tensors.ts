/** Adam (Kingma & Ba 2014, algorithm 1) as a pure function, with PyTorch's defaults and arithmetic. */
import { add, div, mul, sqrt, square, sub, type Tensor } from '@tensorflow/tfjs-core'
import { eachParameter, type Optimizer } from '../optimizer'
import { beta1, beta2, scale } from './scale'

type State = Readonly<Record<'parameters' | 'firstMoment' | 'secondMoment', Record<string, Tensor>>>

export const adam: Optimizer = {
  name: 'adam',
  title: 'Adam',
  kept: [
    // m, the running mean of the gradients
    { name: 'firstMoment', power: 1, positive: false },
    // v, the running mean of their squares
    { name: 'secondMoment', power: 2, positive: true },
  ],
  scalars: ['stepSize', 'epsilon'],
  scale,

  /**
   * One step: m ← m + (1 − β₁)(g − m), v ← v + (1 − β₂)(g² − v), θ ← θ − stepSize · m / (√v + epsilon), which is
   * PyTorch's θ − α · m̂ / (√v̂ + ε).
   */
  update(state: State, gradients, { stepSize, epsilon }: Record<'stepSize' | 'epsilon', Tensor>) {
    return eachParameter(state, gradients, ({ parameters, firstMoment, secondMoment }, gradient) => {
      const m = towards(firstMoment, gradient, 1 - beta1)
      const v = towards(secondMoment, square(gradient), 1 - beta2)
      const moved = sub(parameters, mul(stepSize, div(m, add(sqrt(v), epsilon))))
      return { parameters: moved, firstMoment: m, secondMoment: v }
    })
  },
}

/** A share of the way from one tensor to another. */
function towards(from: Tensor, to: Tensor, share: number): Tensor {
  return add(from, mul(sub(to, from), share))
}
