/** The paper's VLAE as one network: encoder, prior, decoder and local PixelCNN, and its two rivals that lack a part of it. */
import { mul, reshape, sigmoid, softplus, sub, sum, zeros, type Tensor } from '@tensorflow/tfjs-core'
import { present } from '../../../preload/present'
import { logNormal, sampleGaussian, type Gaussian } from '../gaussian'
import { batchOf, type Parameter } from '../layers'
import type { Standardised } from '../model'
import { codeSize, decoder, encoder } from './autoencoder'
import { createDrawing, thresholdsOf } from './drawing'
import type { Pass } from './normalised'
import { mapChannels, pixelCnn } from './pixelcnn'
import { flowPrior, gaussianPrior, type Prior } from './prior'
import type { Window } from './window'

export interface NetworkSettings {
  /**
   * `local`: a PixelCNN with a window, over the map of the code. `factorised`: pixels that are independent given the code.
   * `alone`: the PixelCNN without a code.
   */
  readonly decoder: 'local' | 'factorised' | 'alone'
  readonly window: Window
  /** The masked convolutions after the first share their weights. */
  readonly tied: boolean
  readonly prior: 'gaussian' | 'flow'
  /** Units of the hidden layers of a flow's MADEs. */
  readonly hidden: readonly number[]
  /** `label`: the prior depends on the class. */
  readonly condition: 'label' | 'none'
}

/** Images [B, 784] of 0 and 1; classes one-hot [B, 10], where the prior depends on them. */
export interface Images {
  readonly x: Tensor
  readonly y?: Tensor
}

export interface Network {
  readonly parameters: readonly Parameter[]
  /** Numbers of a code; 0 without. */
  readonly codeSize: number
  /** Both parts of one posterior sample for each image, [B] nats, of noise [B, codeSize]. */
  losses(pass: Pass, images: Images, noise: Tensor): { readonly reconstruction: Tensor; readonly kl: Tensor }
  /** q(z|x) */
  encode(pass: Pass, x: Tensor): Gaussian
  /** What a code [B, codeSize] is decoded to: [B, 28, 28, 4]; the logits themselves where the decoder is factorised. */
  decode(pass: Pass, z: Tensor): Tensor
  /** The logits of all pixels [B, 784], of the pixels before them and what the code is decoded to. */
  logits(pass: Pass, pixels: Tensor, map?: Tensor): Tensor
  /**
   * Images drawn pixel by pixel, [B, 784] of 0 and 1, of uniform noise [B, pixelNoise] and what the code is decoded to; where the
   * pixels are independent, their probabilities.
   */
  draw(pass: Pass, noise: Tensor, map?: Tensor): Tensor
  /** Numbers of noise that drawing takes: 784, or 0. */
  readonly pixelNoise: number
  /** A code of the prior, of noise [B, codeSize]. */
  sampleCode(pass: Pass, noise: Tensor, y?: Tensor): Tensor
  /** A code as the noise that `sampleCode` would make it of. */
  standardise(pass: Pass, z: Tensor, y?: Tensor): Standardised
  /** The prior's own, of a network with a code. */
  readonly prior: Pick<Prior, 'steps' | 'left'> | null
  /** log p(z|y) of codes [B, codeSize]: [B], nats. */
  logPrior(pass: Pass, z: Tensor, y?: Tensor): Tensor
}

export function createNetwork(settings: NetworkSettings): Network {
  const { window, tied, hidden } = settings
  const [withCode, withPixels] = [settings.decoder !== 'alone', settings.decoder !== 'factorised']
  const prior = settings.prior === 'flow' ? flowPrior : gaussianPrior
  const coding = withCode
    ? {
        encoder: encoder(),
        prior: prior({ size: codeSize, byClass: settings.condition === 'label', hidden }),
        decoder: decoder(withPixels ? mapChannels : 1),
      }
    : undefined
  const pixels = withPixels ? pixelCnn({ window, tied, withCode }) : undefined
  const drawing = withPixels ? createDrawing({ window, tied, withCode }) : undefined

  /** @throws RangeError of a network without a code */
  const code = () => present(coding, 'code')
  /** The map of a factorised decoder, which is the logits. */
  const asLogits = (map: Tensor | undefined) => reshape(present(map, 'map of the code'), [-1, 784])

  const logits: Network['logits'] = (pass, x, map) =>
    pixels ? pixels.apply(pass, map ? { pixels: x, map } : { pixels: x }) : asLogits(map)

  /** −log p(x|z) and log q(z|x) − log p(z), both [B]. */
  function cost(pass: Pass, { x, y }: Images, posterior: Gaussian, noise: Tensor) {
    const z = sampleGaussian(posterior, noise)
    return {
      reconstruction: bernoulli(logits(pass, x, code().decoder.apply(pass, z)), x),
      kl: sub(logNormal(z, posterior), code().prior.logDensity(pass, z, y)),
    }
  }

  return {
    parameters: [...Object.values(coding ?? {}), ...(pixels ? [pixels] : [])].flatMap(({ parameters }) => parameters),
    codeSize: coding ? codeSize : 0,
    losses(pass, images, noise) {
      if (coding) return cost(pass, images, coding.encoder.apply(pass, images.x), noise)
      return { reconstruction: bernoulli(logits(pass, images.x), images.x), kl: zeros([batchOf(images.x)]) }
    },
    encode: (pass, x) => code().encoder.apply(pass, x),
    decode: (pass, z) => code().decoder.apply(pass, z),
    logits,
    pixelNoise: withPixels ? 784 : 0,
    draw: (pass, noise, map) => (drawing ? drawing(pass, thresholdsOf(noise), map) : sigmoid(asLogits(map))),
    sampleCode: (pass, noise, y) => code().prior.sample(pass, noise, y),
    standardise: (pass, z, y) => code().prior.standardise(pass, z, y),
    prior: coding?.prior ?? null,
    logPrior: (pass, z, y) => code().prior.logDensity(pass, z, y),
  }
}

/** −log p of Bernoulli pixels, each from its logit l: softplus(l) − x·l. [B, 784] → [B, 784]. */
export function pixelCosts(logits: Tensor, x: Tensor): Tensor {
  return sub(softplus(logits), mul(x, logits))
}

function bernoulli(logits: Tensor, x: Tensor): Tensor {
  return sum(pixelCosts(logits, x), 1)
}
