/** The paper's VLAE as a model that engines train: binary images, a code of 64 numbers, a decoder with a window. */
import { add, cast, concat, div, fill, logSumExp, oneHot, reshape, split, sub, sum, zeros } from '@tensorflow/tfjs-core'
import type { Tensor, Tensor1D } from '@tensorflow/tfjs-core'
import { adamax } from '../../optimizers/adamax/tensors'
import { logNormal, sampleGaussian } from '../gaussian'
import { initialise } from '../layers'
import type { Batch, Codes, Model, Tensors } from '../model'
import { createLayout } from '../parameters'
import { freeNats, hardFreeBits, softFreeBits } from './free-bits'
import { createNetwork, pixelCosts, type Images, type Network, type NetworkSettings } from './network'
import { classes } from './prior'
import { fieldOf, tapsOf } from './window'

export interface VlaeSettings extends NetworkSettings {
  /** Images of a step. */
  readonly batch: number
  /** How the code's cost is kept from being pressed to nothing. */
  readonly freeBits: 'hard' | 'soft'
}

export const paper: VlaeSettings = {
  decoder: 'local',
  window: 'triangle',
  tied: false,
  prior: 'flow',
  hidden: [640, 640],
  condition: 'none',
  batch: 100,
  freeBits: 'hard',
}

/** A model, and what more this one has. */
export interface Vlae extends Model {
  readonly network: Network
  /**
   * Data-dependent initialisation: the gains and biases of all layers, found of fresh directions and the first images. They
   * take the place of those that `initialise` gives, which are 0.
   */
  find(parameters: Tensors, batch: Batch): Tensors
}

/** Images that the gains and biases are found of (openai/iaf). */
export const firstImages = 500

export function createVlae(settings: VlaeSettings): Vlae {
  const network = createNetwork(settings)
  const { parameters, codeSize, pixelNoise } = network
  const freeBits = (settings.freeBits === 'soft' ? softFreeBits : hardFreeBits)(freeNats)
  const byClass = settings.condition === 'label'

  /** Labels as classes where the prior depends on them. */
  const seen = ({ images, labels }: Batch): Images => ({
    x: toPixels(images),
    ...(byClass && { y: toClasses(labels) }),
  })

  /** log p(z|y) of each class y, [B, 10]; [B, 1] of a prior without classes. */
  function logPrior(parameters: Tensors, z: Tensor): Tensor {
    const count = z.shape[0]!
    if (!byClass) return reshape(network.logPrior({ parameters }, z), [count, 1])
    const perClass = Array.from({ length: classes }, (_, label) => {
      const y = toClasses(fill([count], label, 'int32'))
      return reshape(network.logPrior({ parameters }, z, y), [count, 1])
    })
    return concat(perClass, 1)
  }

  /** −log (1/10) Σ_y p(x, z|y)/q(z|x), z ~ q: one sample's bound on −log p(x), summed over the classes. */
  function marginal(parameters: Tensors, { images, noise }: Batch): Tensor {
    const posterior = codes.encode(parameters, images)
    const z = sampleGaussian(posterior, noise)
    const cost = add(sum(codes.pixelCosts(parameters, images, z), 1), logNormal(z, posterior))
    return add(cost, sub(Math.log(classes), logSumExp(logPrior(parameters, z), 1)))
  }

  /** Codes, if there are any, decoded and drawn of the noise that is left. */
  function draw(parameters: Tensors, code: Tensor | undefined, noise: Tensor): Tensor {
    return network.draw({ parameters }, noise, code && network.decode({ parameters }, code))
  }

  const codes: Codes = {
    size: codeSize,
    get sees() {
      return settings.decoder === 'factorised' ? [] : fieldOf(tapsOf(settings.window))
    },
    encode: (parameters, images) => network.encode({ parameters }, toPixels(images)),
    logPrior,
    pixelCosts(parameters, images, z) {
      const x = toPixels(images)
      return pixelCosts(network.logits({ parameters }, x, z && network.decode({ parameters }, z)), x)
    },
  }

  return {
    name: `vlae ${settings.decoder} ${settings.prior}`,
    optimizer: adamax(settings.batch),
    layout: createLayout(parameters),
    parts: ['reconstruction', 'kl'],
    images: 'binary',
    noiseSize: codeSize,
    latentSize: codeSize + pixelNoise,
    initialise: (seed) => initialise(parameters, seed),
    losses: (parameters, batch) => ({ ...network.losses({ parameters }, seen(batch), batch.noise) }),
    objective: freeBits.objective,
    partWeights: freeBits.partWeights,
    measuresFirst: freeBits.measuresFirst,
    schedule: () => freeBits.schedule,
    marginal(parameters, batch) {
      if (byClass && codeSize > 0) return marginal(parameters, batch)
      const { reconstruction, kl } = network.losses({ parameters }, seen(batch), batch.noise)
      return add(reconstruction, kl)
    },
    sample(parameters, labels, noise) {
      const y = byClass ? toClasses(labels) : undefined
      const [forCode, forPixels] = split(noise, [codeSize, pixelNoise], 1) as [Tensor, Tensor]
      return draw(parameters, codeSize > 0 ? network.sampleCode({ parameters }, forCode, y) : undefined, forPixels)
    },
    /** The posterior's mean, and of the pixels that it is decoded to the likelier value of each. */
    reconstruct(parameters, images) {
      const code = codeSize > 0 ? network.encode({ parameters }, toPixels(images)).mean : undefined
      return draw(parameters, code, zeros([images.shape[0]!, pixelNoise]))
    },
    codes,
    network,
    find(parameters, batch) {
      const found: Tensors = {}
      network.losses({ parameters, found }, seen(batch), batch.noise)
      return found
    },
  }
}

/** Bytes 0 and 255 as 0 and 1. */
function toPixels(images: Tensor): Tensor {
  return div(cast(images, 'float32'), 255)
}

function toClasses(labels: Tensor): Tensor {
  return oneHot(labels as Tensor1D, classes, 1, 0, 'float32')
}
