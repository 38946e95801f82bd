/** A made-up model and optimizer, as unlike `ladder` and Adam as the app may be given. Its card is card.ts. */
import { abs, add, cast, div, greater, less, maximum, mul, sigmoid, slice, softplus, sub, sum, tanh, type Tensor } from '@tensorflow/tfjs-core' // prettier-ignore
import { kl, sampleGaussian } from '../../../main/models/gaussian'
import { applyDense, dense, initialise } from '../../../main/models/layers'
import type { Batch, Model, Tensors } from '../../../main/models/model'
import { createLayout } from '../../../main/models/parameters'
import type { Optimizer } from '../../../main/optimizers/optimizer'
import { toyCard, toySettings } from './card'

/** Adamax without bias correction, and a running mean of the parameters beside it. */
export const averagedAdamax: Optimizer = {
  name: 'averaged-adamax',
  title: 'Averaged Adamax',
  kept: [
    { name: 'mean', power: 1, positive: false },
    { name: 'largest', power: 1, positive: true },
    { name: 'average', power: 1, positive: false },
  ],
  averages: 'average',
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

const size = 3
const pixels = 784
const parameters = [...dense('see', pixels, 2 * size), ...dense('draw', size, pixels)]

/**
 * One dense latent of three numbers over binary images; two parts, of names of their own. One code in ten, drawn by a
 * uniform number beside the normal ones, is left out; samples are pixels that are drawn, by a uniform number each.
 */
export function createToy(settings: Readonly<Record<string, unknown>>): Model {
  const { floor, squash } = toySettings(settings)

  function see(p: Tensors, images: Tensor) {
    const seen = applyDense(p, 'see', binary(images))
    const both = squash === 'tanh' ? tanh(seen) : seen
    return { mean: slice(both, [0, 0], [-1, size]), logVariance: slice(both, [0, size], [-1, size]) }
  }

  function losses(p: Tensors, { images, noise }: Batch) {
    const x = binary(images)
    const posterior = see(p, images)
    const z = sampleGaussian(posterior, slice(noise, [0, 0], [-1, size]))
    const there = cast(greater(slice(noise, [0, size], [-1, 1]), 0.1), 'float32')
    const logits = draw(p, mul(z, there))
    return { pixels: sum(sub(softplus(logits), mul(x, logits)), 1), code: kl(posterior) }
  }

  return {
    name: `toy ${floor} ${squash}`,
    optimizer: averagedAdamax,
    layout: createLayout(parameters),
    parts: toyCard.parts.map(({ name }) => name),
    images: toyCard.images,
    noiseSize: size + 1,
    noiseUniforms: 1,
    latentSize: size + pixels,
    latentUniforms: pixels,
    initialise: (seed) => initialise(parameters, seed),
    losses,
    // free bits: a code that costs less than the floor, over the whole batch, is not pressed any further
    objective: ({ pixels, code }, { gamma }) => pixels! + gamma! * Math.max(floor, code!),
    partWeights: ({ gamma }, { code }) => [1, code! > floor ? gamma! : 0],
    measuredFirst: ['code'],
    // soft ones: the code's weight goes up and down with what the code cost
    schedule: () => ({
      start: { gamma: 1 },
      scalars: (_step, state) => state,
      next: ({ gamma }, { code }) => ({ gamma: gamma! * (code! > 1.05 * floor ? 1.1 : 1 / 1.1) }),
    }),
    marginal(p, batch) {
      const { pixels, code } = losses(p, batch)
      return add(pixels, code)
    },
    sample(p, _labels, noise) {
      const probability = sigmoid(draw(p, slice(noise, [0, 0], [-1, size])))
      return cast(less(slice(noise, [0, size], [-1, pixels]), probability), 'float32')
    },
    reconstruct: (p, images) => sigmoid(draw(p, see(p, images).mean)),
  }
}

/** The toy as it is by default. */
export const toy: Model = createToy({})
export const { floor } = toySettings({})

function draw(p: Tensors, z: Tensor): Tensor {
  return applyDense(p, 'draw', z)
}

/** 0 and 255 as 0 and 1. */
function binary(images: Tensor): Tensor {
  return cast(greater(images, 127), 'float32')
}
