/** What of the paper's VLAE other programs run: encoder, decoder, and what samples a code. */
import { concat, reshape, type Tensor } from '@tensorflow/tfjs-core'
import { imageSize } from '../../../preload/images'
import { present } from '../../../preload/present'
import { asImages, imageShape } from '../layers'
import type { Standalone } from '../model'
import type { Network } from './network'

/**
 * Pixels are not drawn: as one function of tensors that takes minutes to load. Whoever samples asks the decoder for the logits
 * of each pixel, given those drawn before it.
 *
 * @param toClasses labels [B] as the prior takes them; null: it does not depend on them
 */
export function standaloneOf(network: Network, toClasses: ((labels: Tensor) => Tensor) | null): Standalone[] {
  const { codeSize } = network
  const seesPixels = network.pixelNoise > 0
  const image = { shape: imageShape, dtype: 'float32' } as const
  const code = { shape: [codeSize], dtype: 'float32' } as const
  const given = [
    ...(codeSize > 0 ? ['a code'] : []),
    ...(seesPixels ? ['an image of 0 and 1 as far as it is drawn'] : []),
  ]
  const decoder: Standalone = {
    name: 'vae_decoder',
    about: `Of ${given.join(' and ')}: the logit of ink at each pixel${seesPixels ? ', which sees some of those before it' : ''}.`,
    inputs: { ...(codeSize > 0 && { latent_sample: code }), ...(seesPixels && { image }) },
    run(parameters, { latent_sample: z, image }) {
      const map = codeSize > 0 ? network.decode({ parameters }, present(z, 'latent_sample')) : undefined
      const logits = network.logits({ parameters }, flat(seesPixels ? image : map), map)
      return { logits: asImages(logits) }
    },
  }
  if (codeSize === 0) return [decoder]
  return [
    {
      name: 'vae_encoder',
      about: 'Of an image of 0 and 1: the means of its code’s posterior, then the log variances.',
      inputs: { sample: image },
      run(parameters, { sample }) {
        const { mean, logVariance } = network.encode({ parameters }, flat(sample))
        return { latent_parameters: concat([mean, logVariance], 1) }
      },
    },
    decoder,
    {
      name: 'vae_sampler',
      about: `Of standard normal noise${toClasses ? ' and a class' : ''}: a code of the prior, for the decoder.`,
      inputs: { noise: code, ...(toClasses && { label: { shape: [], dtype: 'int32' } }) },
      run: (parameters, { noise, label }) => ({
        latent_sample: network.sampleCode(
          { parameters },
          present(noise, 'noise'),
          toClasses?.(present(label, 'label')),
        ),
      }),
    },
  ]
}

function flat(image: Tensor | undefined): Tensor {
  return reshape(present(image, 'image'), [-1, imageSize])
}
