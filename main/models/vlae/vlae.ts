/** The paper's VLAE as a model that engines train: binary images, a code of 64 numbers, a decoder with a window. */
import {
  add,
  cast,
  concat,
  div,
  fill,
  logSumExp,
  oneHot,
  reshape,
  sigmoid,
  split,
  sub,
  sum,
  zeros,
  type Tensor,
  type Tensor1D,
} from '@tensorflow/tfjs-core'
import { classCount } from '../../../preload/classes'
import { AppError } from '../../../preload/errors'
import { imageSize } from '../../../preload/images'
import { vlae, type VlaeOptions } from '../../../preload/models/vlae'
import { rectangleNamed } from '../../../preload/models/vlae-window'
import { adamax } from '../../optimizers/adamax/tensors'
import { entryOf } from '../../optimizers/named'
import { logNormal, sampleGaussian } from '../gaussian'
import { batchOf, initialise } from '../layers'
import type { Batch, Codes, Drawing, Model, Numbers, Schedule, Telling, Tensors } from '../model'
import { createLayout } from '../parameters'
import { freeNats, hardFreeBits, softFreeBits } from './free-bits'
import { createNetwork, pixelCosts, type Images, type Network, type NetworkSettings } from './network'
import { mapChannels } from './pixelcnn'
import { afterEpoch, noPlateau, rateFactor, type Plateau } from './plateau'
import { createRows } from './rows'
import { wavesOf } from './sampling'
import { standaloneOf } from './standalone'
import { fieldOf, tapsOf, windowName, type Window } from './window'

export interface VlaeSettings extends NetworkSettings {
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
  freeBits: 'hard',
}

/** As many as one function of tensors draws, those of 5×3: of more it is not ready before a person waits. */
const mostWaves = 109

/** Units of a hidden layer. */
const units = 640

/** @throws AppError `model/window` where the layers cannot make it */
function windowNamed(name: string): Window {
  if (name === 'triangle' || name === 'past') return name
  const found = rectangleNamed(name)
  if (found === null)
    throw new AppError(
      'model/window',
      `There is no window ${name}.`,
      'Choose triangle, past, or columns x rows above, like 4x2.',
    )
  return found
}

/** The model that these settings of a run name. @throws AppError `model/window` where its layers cannot make the window */
export function vlaeOf({ decoder, window, tied, hidden, ...options }: VlaeOptions): Vlae {
  const wide = decoder === 'wide'
  return createVlae({
    ...options,
    decoder: wide ? 'local' : decoder,
    window: wide ? 'wide' : windowNamed(window),
    tied: !wide && tied === 'yes',
    hidden: Array.from({ length: hidden }, () => units),
  })
}

/** A model, and what more this one has. */
export interface Vlae extends Model {
  readonly network: Network
  /**
   * Data-dependent initialisation: the gains and biases of all layers, found of fresh directions and the first images. They
   * take the place of those that `initialise` gives.
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

  const classesOf = (labels: Tensor) => (byClass ? toClasses(labels) : undefined)

  /** Labels as classes where the prior depends on them. */
  const seen = ({ images, labels }: Batch): Images => ({
    x: toPixels(images),
    ...(byClass && { y: toClasses(labels) }),
  })

  /** log p(z|y) of each class y, [B, 10]; [B, 1] of a prior without classes. */
  function logPrior(parameters: Tensors, z: Tensor): Tensor {
    const count = batchOf(z)
    if (!byClass) return reshape(network.logPrior({ parameters }, z), [count, 1])
    const perClass = Array.from({ length: classCount }, (_, label) => {
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
    return add(cost, sub(Math.log(classCount), logSumExp(logPrior(parameters, z), 1)))
  }

  /** What the decoder makes of codes of the prior, and of posteriors' means. */
  const decodeSamples = (parameters: Tensors, labels: Tensor, noise: Tensor) =>
    network.decode({ parameters }, network.sampleCode({ parameters }, noise, classesOf(labels)))
  const decodeMeans = (parameters: Tensors, images: Tensor) =>
    network.decode({ parameters }, network.encode({ parameters }, toPixels(images)).mean)
  const withCode = codeSize > 0
  /** What of a sample's noise is the code's, and what its pixels are drawn by. */
  const parted = (noise: Tensor) => split(noise, [codeSize, pixelNoise], 1) as [Tensor, Tensor]

  const drawing: Drawing = {
    sampled: withCode ? (parameters, { labels, noise }) => decodeSamples(parameters, labels, parted(noise)[0]) : null,
    encoded: withCode ? (parameters, { images }) => decodeMeans(parameters, images) : null,
    mapShape: [28, 28, mapChannels],
    // where a pixel sees far, hardly two are drawn at once
    draw:
      wavesOf(fieldOf(tapsOf(settings.window))).length > mostWaves
        ? createRows({ ...settings, withCode })
        : (parameters, uniforms, map) => network.draw({ parameters }, uniforms, map),
  }

  const codes: Codes = {
    size: codeSize,
    latents: withCode ? [{ name: 'z', size: codeSize }] : [],
    get sees() {
      return settings.decoder === 'factorised' ? [] : fieldOf(tapsOf(settings.window))
    },
    encode: (parameters, images) => network.encode({ parameters }, toPixels(images)),
    logPrior,
    pixelLogits: (parameters, images, z) =>
      network.logits({ parameters }, toPixels(images), z && network.decode({ parameters }, z)),
    pixelCosts: (parameters, images, z) => pixelCosts(codes.pixelLogits(parameters, images, z), toPixels(images)),
    standardise: (parameters, z, labels) => network.standardise({ parameters }, z, classesOf(labels)),
    codeOf: (parameters, noise, labels) => network.sampleCode({ parameters }, noise, classesOf(labels)),
    decode(parameters, z) {
      const map = network.decode({ parameters }, z)
      return pixelNoise > 0 ? map : sigmoid(reshape(map, [-1, imageSize]))
    },
    get telling(): Telling {
      const { steps, left } = network.prior ?? {
        steps: [],
        left: () => ({ mean: zeros([0]), logVariance: zeros([0]) }),
      }
      const numbers = Array.from({ length: codeSize }, (_, i) => i)
      const pixels = Array.from({ length: imageSize }, (_, place) => place)
      return {
        shifts: steps.map(({ reversed, shift }) => ({
          groups: (reversed ? numbers.toReversed() : numbers).map((i) => [i]),
          of: (parameters, z, labels) => shift({ parameters }, z, classesOf(labels)),
        })),
        groups: [numbers],
        given: (parameters, z, labels) => left({ parameters }, z, classesOf(labels)),
        waves: pixelNoise > 0 ? wavesOf(fieldOf(tapsOf(settings.window))) : [pixels],
      }
    },
  }

  return {
    name: nameOf(settings),
    optimizer: adamax,
    layout: createLayout(parameters),
    parts: vlae.parts.map(({ name }) => name),
    images: vlae.images,
    noiseSize: codeSize,
    latentSize: codeSize + pixelNoise,
    latentUniforms: pixelNoise,
    decodingUniforms: pixelNoise,
    initialise: (seed) => initialise(parameters, seed),
    losses: (parameters, batch) => ({ ...network.losses({ parameters }, seen(batch), batch.noise) }),
    objective: freeBits.objective,
    partWeights: freeBits.partWeights,
    measuredFirst: freeBits.measuredFirst,
    schedule: () => withPlateau(freeBits.schedule),
    marginal(parameters, batch) {
      if (byClass && withCode) return marginal(parameters, batch)
      const { reconstruction, kl } = network.losses({ parameters }, seen(batch), batch.noise)
      return add(reconstruction, kl)
    },
    sample(parameters, labels, noise) {
      const [forCode, forPixels] = parted(noise)
      const map = withCode ? decodeSamples(parameters, labels, forCode) : undefined
      return network.draw({ parameters }, forPixels, map)
    },
    reconstruct: (parameters, images, noise) =>
      network.draw({ parameters }, noise, withCode ? decodeMeans(parameters, images) : undefined),
    codes,
    standalone: standaloneOf(network, byClass ? toClasses : null),
    network,
    ...(pixelNoise > 0 && { drawing }),
    firstImages,
    find(parameters, batch) {
      const found: Tensors = {}
      network.losses({ parameters, found }, seen(batch), batch.noise)
      return found
    },
  }
}

/** The same, and a learning rate that comes down on a plateau of the images that are held out. */
function withPlateau({ start, scalars, next }: Schedule): Schedule {
  const learningRate = (state: Numbers) => rateFactor(state as Plateau)
  return {
    start: { ...start, ...noPlateau },
    scalars: (step, state) => ({ rateFactor: learningRate(state), ...scalars(step, state) }),
    next: (state, means) => ({ ...state, ...next(state, means) }),
    learningRate,
    afterEpoch: (state, means) => ({
      ...state,
      ...afterEpoch(state as Plateau, entryOf(means, 'reconstruction') + entryOf(means, 'kl')),
    }),
  }
}

/** Of all that decides what is computed. */
function nameOf({ decoder, window, tied, prior, hidden, condition, freeBits }: VlaeSettings): string {
  return ['vlae', decoder, windowName(window), tied ? 'tied' : 'untied', prior, hidden.join(), condition, freeBits].join(' ') // prettier-ignore
}

/** Bytes 0 and 255 as 0 and 1. */
function toPixels(images: Tensor): Tensor {
  return div(cast(images, 'float32'), 255)
}

function toClasses(labels: Tensor): Tensor {
  return oneHot(labels as Tensor1D, classCount, 1, 0, 'float32')
}
