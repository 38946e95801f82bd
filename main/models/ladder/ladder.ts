/** `ladder`: a VAE of two latents, z1 (32) and z2 (16), whose prior p(z2|y) p(z1|z2,y) may depend on the digit's class y. */
import {
  add,
  cast,
  concat,
  div,
  exp,
  fill,
  log,
  max,
  mul,
  oneHot,
  reshape,
  sigmoid,
  softplus,
  sub,
  sum,
  zerosLike,
  type Tensor,
  type Tensor1D,
} from '@tensorflow/tfjs-core'
import { classCount } from '../../../preload/classes'
import { imageSize } from '../../../preload/images'
import { ladder, ladderSettings, type LadderSettings } from '../../../preload/models/ladder'
import { present } from '../../../preload/present'
import { adam } from '../../optimizers/adam/tensors'
import { kl, logNormal, sampleGaussian, standardiseGaussian, type Gaussian } from '../gaussian'
import { batchOf, initialise } from '../layers'
import type { Batch, Codes, Model, Tensors } from '../model'
import { createLayout } from '../parameters'
import { decode, encode, ladderParameters, priorZ1, priorZ2, sizeZ1, sizeZ2, type Latents } from './network'
import { pytorch } from './pytorch'
import { warmUp, type Steering } from './schedule'
import { split, standaloneOf } from './standalone'

/**
 * The model with `label`: p(z2|y) = a learned Gaussian per class, p(z1|z2,y); or with `none`: p(z2) = N(0, I), p(z1|z2).
 * Noise holds z1's 32 numbers before z2's 16. @param width layers so many times as wide, to see how engines scale
 */
export function createLadder({ condition }: Pick<LadderSettings, 'condition'>, width = 1): Model {
  const parameters = ladderParameters(condition, width)
  const size = sizeZ1 + sizeZ2

  /** Labels [B] as the prior takes them: one-hot [B, 10], or nothing where it does not depend on them. */
  const given = (labels: Tensor | undefined) => (condition === 'label' ? toOneHot(present(labels, 'label')) : undefined)

  function losses(parameters: Tensors, { images, labels, noise }: Batch) {
    const x = toUnit(images)
    const posterior = encode(parameters, x)
    const z = samplePosterior(posterior, noise)
    const y = given(labels)
    return {
      reconstruction: bernoulli(decode(parameters, z), x),
      klZ1: kl(posterior.z1, priorZ1(parameters, z.z2, y)),
      klZ2: kl(posterior.z2, y && priorZ2(parameters, y)),
    }
  }

  /** log p(z2|y) p(z1|z2,y) for each class y: [B, 10]. */
  function logPriors(parameters: Tensors, { z1, z2 }: Latents<Tensor>): Tensor {
    const count = batchOf(z1)
    const perClass = Array.from({ length: classCount }, (_, label) => {
      const y = toOneHot(fill([count], label, 'int32'))
      const logPrior = add(logNormal(z1, priorZ1(parameters, z2, y)), logNormal(z2, priorZ2(parameters, y)))
      return reshape(logPrior, [count, 1])
    })
    return concat(perClass, 1)
  }

  /**
   * log q(z|x) − log p(x|z) − log Σ_y p(y) p(z2|y) p(z1|z2,y), z ~ q, p(y) = 1/10. The sum is taken as
   * max + log Σ exp(· − max).
   */
  function marginal(parameters: Tensors, batch: Batch): Tensor {
    if (condition === 'none') {
      const { reconstruction, klZ1, klZ2 } = losses(parameters, batch)
      return add(reconstruction, add(klZ1, klZ2))
    }
    const x = toUnit(batch.images)
    const posterior = encode(parameters, x)
    const z = samplePosterior(posterior, batch.noise)
    const count = batchOf(x)
    const logJoint = logPriors(parameters, z)
    const highest = max(logJoint, 1, true) // [B, 1]
    const logSum = add(log(sum(exp(sub(logJoint, highest)), 1)), reshape(highest, [count]))
    const logPosterior = add(logNormal(z.z1, posterior.z1), logNormal(z.z2, posterior.z2))
    const reconstruction = bernoulli(decode(parameters, z), x)
    return add(add(reconstruction, logPosterior), sub(Math.log(classCount), logSum))
  }

  /** What the prior makes of noise. */
  function drawCode(parameters: Tensors, noise: Tensor, labels: Tensor): Latents<Tensor> {
    const y = given(labels)
    const { z1: noise1, z2: noise2 } = split(noise)
    const z2 = y ? sampleGaussian(priorZ2(parameters, y), noise2) : noise2
    return { z1: sampleGaussian(priorZ1(parameters, z2, y), noise1), z2 }
  }

  function sample(parameters: Tensors, labels: Tensor, noise: Tensor): Tensor {
    return sigmoid(decode(parameters, drawCode(parameters, noise, labels)))
  }

  function reconstruct(parameters: Tensors, images: Tensor): Tensor {
    const { z1, z2 } = encode(parameters, toUnit(images))
    return sigmoid(decode(parameters, { z1: z1.mean, z2: z2.mean }))
  }

  const codes: Codes = {
    size,
    latents: [
      { name: 'z1', size: sizeZ1 },
      { name: 'z2', size: sizeZ2 },
    ],
    sees: [],
    encode(parameters, images) {
      const { z1, z2 } = encode(parameters, toUnit(images))
      return { mean: concat([z1.mean, z2.mean], 1), logVariance: concat([z1.logVariance, z2.logVariance], 1) }
    },
    logPrior(parameters, code) {
      const { z1, z2 } = split(code)
      const count = batchOf(code)
      if (condition === 'none') {
        const standard = { mean: zerosLike(z2), logVariance: zerosLike(z2) }
        return reshape(add(logNormal(z1, priorZ1(parameters, z2, undefined)), logNormal(z2, standard)), [count, 1])
      }
      return logPriors(parameters, { z1, z2 })
    },
    pixelLogits: (parameters, _, code) => decode(parameters, split(present(code, 'code'))),
    pixelCosts: (parameters, images, code) =>
      pixelCosts(decode(parameters, split(present(code, 'code'))), toUnit(images)),
    standardise(parameters, code, labels) {
      const { z1, z2 } = split(code)
      const y = given(labels)
      const first = standardiseGaussian(z1, priorZ1(parameters, z2, y))
      const second = y ? standardiseGaussian(z2, priorZ2(parameters, y)) : { noise: z2, logScale: zerosLike(z2) }
      return {
        noise: concat([first.noise, second.noise], 1),
        logScale: concat([first.logScale, second.logScale], 1),
      }
    },
    codeOf(parameters, noise, labels) {
      const { z1, z2 } = drawCode(parameters, noise, labels)
      return concat([z1, z2], 1)
    },
    decode: (parameters, code) => sigmoid(decode(parameters, split(code))),
    telling: {
      shifts: [],
      // z2 first: of it z1's prior is made
      groups: [places(sizeZ1, size), places(0, sizeZ1)],
      given(parameters, code, labels) {
        const { z2 } = split(code)
        const y = given(labels)
        const first = priorZ1(parameters, z2, y)
        const second = y ? priorZ2(parameters, y) : { mean: zerosLike(z2), logVariance: zerosLike(z2) }
        return {
          mean: concat([first.mean, second.mean], 1),
          logVariance: concat([first.logVariance, second.logVariance], 1),
        }
      },
      waves: [places(0, imageSize)],
    },
  }

  return {
    name: `ladder ${condition}${width === 1 ? '' : ` ×${width}`}`,
    optimizer: adam,
    layout: createLayout(parameters),
    parts: ladder.parts.map(({ name }) => name),
    images: ladder.images,
    noiseSize: size,
    latentSize: size,
    initialise: (seed) => initialise(parameters, seed),
    losses,
    objective,
    partWeights,
    measuredFirst: [],
    schedule: (settings, stepsPerEpoch) => warmUp(ladderSettings(settings), stepsPerEpoch),
    marginal,
    sample,
    reconstruct,
    codes,
    standalone: standaloneOf(sample, condition === 'label'),
    ...(width === 1 && { pytorch }),
  }
}

type Parts = Readonly<Record<'reconstruction' | 'klZ1' | 'klZ2', number>>

/** reconstruction + KL weight · (KL z1 + KL z2). */
function objective({ reconstruction, klZ1, klZ2 }: Parts, { klWeight }: Steering): number {
  return reconstruction + klWeight * (klZ1 + klZ2)
}

function partWeights({ klWeight }: Steering): readonly number[] {
  return [1, klWeight, klWeight]
}

/**
 * −log p(x|z) of Bernoulli pixels with soft targets x in [0, 1], from logits l: Σ softplus(l) − x·l, which is
 * −Σ x·log σ(l) + (1 − x)·log(1 − σ(l)) without overflow. [B, 784] → [B].
 */
function bernoulli(logits: Tensor, x: Tensor): Tensor {
  return sum(pixelCosts(logits, x), 1)
}

/** The terms of that sum: [B, 784]. */
function pixelCosts(logits: Tensor, x: Tensor): Tensor {
  return sub(softplus(logits), mul(x, logits))
}

function samplePosterior(posterior: Latents<Gaussian>, noise: Tensor): Latents<Tensor> {
  const { z1, z2 } = split(noise)
  return { z1: sampleGaussian(posterior.z1, z1), z2: sampleGaussian(posterior.z2, z2) }
}

function places(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, i) => from + i)
}

/** Grey levels 0–255, int32, as numbers in [0, 1]. */
function toUnit(images: Tensor): Tensor {
  return div(cast(images, 'float32'), 255)
}

function toOneHot(labels: Tensor): Tensor {
  return oneHot(labels as Tensor1D, classCount, 1, 0, 'float32')
}
