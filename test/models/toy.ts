/** A made-up model and optimizer, as unlike `ladder` and Adam as an engine may be given. */
import { abs, add, cast, div, greater, maximum, mul, sigmoid, slice, softplus, sub, sum, tanh } from '@tensorflow/tfjs-core' // prettier-ignore
import type { Tensor } from '@tensorflow/tfjs-core'
import { kl, sampleGaussian } from '../../main/models/gaussian'
import { applyDense, dense, initialise } from '../../main/models/layers'
import type { Model, Tensors } from '../../main/models/model'
import { createLayout } from '../../main/models/parameters'
import type { Optimizer } from '../../main/optimizers/optimizer'

/** Adamax without bias correction, and a running mean of the parameters beside it. */
export const averagedAdamax: Optimizer = {
  name: 'averaged-adamax',
  title: 'Averaged Adamax',
  kept: [
    { name: 'mean', power: 1, positive: false },
    { name: 'largest', power: 1, positive: true },
    { name: 'average', power: 1, positive: false },
  ],
  scalars: ['rate', 'decay', 'keep'],
  scale: (rate, step) => [rate, 0.999, Math.min(0.998, 1 - 9 / (step + 9))],
  update({ parameters, mean, largest, average }, gradients, { rate, decay, keep }) {
    const next: ReturnType<Optimizer['update']> = { parameters: {}, mean: {}, largest: {}, average: {} }
    for (const [name, parameter] of Object.entries(parameters!)) {
      const gradient = gradients[name]!
      const m = add(mul(mean![name]!, 0.9), mul(gradient, 0.1))
      const u = maximum(mul(largest![name]!, decay!), add(abs(gradient), 1e-8))
      const moved = sub(parameter, mul(rate!, div(m, u)))
      next['mean']![name] = m
      next['largest']![name] = u
      next['parameters']![name] = moved
      next['average']![name] = add(mul(average![name]!, keep!), mul(moved, sub(1, keep!)))
    }
    return next
  },
}

/** What the code may cost for nothing, nats. */
export const floor = 0.3

const size = 3
const parameters = [...dense('see', 784, 2 * size), ...dense('draw', size, 784)]

/** One dense latent of three numbers over binary images; two parts, of names of their own. */
export const toy: Model = {
  name: 'toy',
  optimizer: averagedAdamax,
  layout: createLayout(parameters),
  parts: ['pixels', 'code'],
  noiseSize: size,
  latentSize: size,
  initialise: (seed) => initialise(parameters, seed),
  losses(p, { images, noise }) {
    const x = binary(images)
    const posterior = see(p, x)
    const logits = draw(p, sampleGaussian(posterior, noise))
    return { pixels: sum(sub(softplus(logits), mul(x, logits)), 1), code: kl(posterior) }
  },
  // free bits: a code that costs less than the floor, over the whole batch, is not pressed any further
  objective: ({ pixels, code }, { gamma }) => pixels! + gamma! * Math.max(floor, code!),
  partWeights: ({ gamma }, { code }) => [1, code! > floor ? gamma! : 0],
  measuresFirst: true,
  // soft ones: the code's weight goes up and down with what the code cost
  schedule: () => ({
    start: { gamma: 1 },
    scalars: (_step, state) => state,
    next: ({ gamma }, { code }) => ({ gamma: gamma! * (code! > 1.05 * floor ? 1.1 : 1 / 1.1) }),
  }),
  marginal(p, batch) {
    const { pixels, code } = toy.losses(p, batch)
    return add(pixels!, code!)
  },
  sample: (p, _labels, noise) => sigmoid(draw(p, noise)),
  reconstruct: (p, images) => sigmoid(draw(p, see(p, binary(images)).mean)),
}

function see(p: Tensors, x: Tensor) {
  const both = tanh(applyDense(p, 'see', x))
  return { mean: slice(both, [0, 0], [-1, size]), logVariance: slice(both, [0, size], [-1, size]) }
}

function draw(p: Tensors, z: Tensor): Tensor {
  return applyDense(p, 'draw', z)
}

function binary(images: Tensor): Tensor {
  return cast(greater(images, 127), 'float32')
}
