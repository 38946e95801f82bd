/** What of `ladder` other programs run: encoder, decoder and sampler. */
import { concat, fill, reshape, sigmoid, slice, type Tensor } from '@tensorflow/tfjs-core'
import { imageSize } from '../../../preload/images'
import { present } from '../../../preload/present'
import { asImages, batchOf, imageShape } from '../layers'
import type { Model, Standalone } from '../model'
import { decode, encode, sizeZ1, sizeZ2, type Latents } from './network'

const size = sizeZ1 + sizeZ2
const names = `z1 (${sizeZ1} numbers) and z2 (${sizeZ2})`

/** @param byClass the prior knows the class of what it samples */
export function standaloneOf(sample: Model['sample'], byClass: boolean): Standalone[] {
  return [
    {
      name: 'vae_encoder',
      about: `Of an image: the means of the posterior of ${names}, then the log variances.`,
      inputs: { sample: { shape: imageShape, dtype: 'float32' } },
      run(parameters, { sample }) {
        const { z1, z2 } = encode(parameters, reshape(present(sample, 'sample'), [-1, imageSize]))
        return { latent_parameters: concat([z1.mean, z2.mean, z1.logVariance, z2.logVariance], 1) }
      },
    },
    {
      name: 'vae_decoder',
      about: `Of a code, ${names}: the probability of ink at each pixel.`,
      inputs: { latent_sample: { shape: [size], dtype: 'float32' } },
      run: (parameters, { latent_sample: z }) => ({
        sample: asImages(sigmoid(decode(parameters, split(present(z, 'latent_sample'))))),
      }),
    },
    {
      name: 'vae_sampler',
      about: `Of standard normal noise${byClass ? ' and a class' : ''}: a new image, the probability of ink at each pixel.`,
      inputs: {
        noise: { shape: [size], dtype: 'float32' },
        ...(byClass && { label: { shape: [], dtype: 'int32' } }),
      },
      run(parameters, { noise, label }) {
        const z = present(noise, 'noise')
        const labels = byClass ? present(label, 'label') : fill([batchOf(z)], 0, 'int32')
        return { sample: asImages(sample(parameters, labels, z)) }
      },
    },
  ]
}

/** [B, 48] → z1's 32 columns and z2's 16. */
export function split(code: Tensor): Latents<Tensor> {
  return { z1: slice(code, [0, 0], [-1, sizeZ1]), z2: slice(code, [0, sizeZ1], [-1, sizeZ2]) }
}
