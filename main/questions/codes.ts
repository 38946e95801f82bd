/** A model's codes, of whatever model: posteriors of test images, and what codes drawn of them cost. */
import { reshape, sub, sum, zeros } from '@tensorflow/tfjs-core'
import { AppError } from '../../preload/errors'
import type { TensorSpec } from '../engine/engine'
import type { Split } from '../mnist/types'
import { logNormal, sampleGaussian } from '../models/gaussian'
import type { Row, Weighed, Weigher } from '../models/likelihood'
import type { Codes, Model, Tensors } from '../models/model'
import { imageSize } from '../training/batches'
import { pass, type Watch } from '../training/evaluate'
import type { Programs } from '../training/programs'

/** Images that are encoded at once, and codes that are weighed at once. */
const [encoded, weighed] = [100, 64] as const

/** Of the images in order, both [images, size]. */
export interface Posteriors {
  readonly mean: Float32Array
  readonly logVariance: Float32Array
}

/** @throws AppError `likelihood/not-offered` */
export function codesOf({ codes }: Model): Codes {
  if (codes !== undefined) return codes
  throw new AppError(
    'likelihood/not-offered',
    'The likelihood of this kind of model cannot be estimated: it does not say what its codes are.',
    'Evaluate it instead: that gives a bound on its likelihood.',
  )
}

/**
 * q(z|x) of images [count, 784], each encoded once.
 * @throws AppError `likelihood/not-offered`
 */
export async function posteriorsOf(
  programs: Programs,
  parameters: Float32Array,
  images: Uint8Array,
  { progress: _, ...watch }: Watch,
): Promise<Posteriors> {
  const codes = codesOf(programs.model)
  const { size } = codes
  const count = images.length / imageSize
  const posteriors = { mean: new Float32Array(count * size), logVariance: new Float32Array(count * size) }
  if (size === 0) return posteriors
  const run = await programs.prepare('encode', (p, { images }) => ({ ...codes.encode(p, images) }), {
    images: { shape: [encoded, imageSize], dtype: 'uint8' },
  })
  for (let start = 0; start < count; start += encoded) {
    const end = Math.min(start + encoded, count)
    const some = new Uint8Array(encoded * imageSize)
    some.set(images.subarray(start * imageSize, end * imageSize))
    const found = await run(parameters, { images: some })
    for (const name of ['mean', 'logVariance'] as const)
      posteriors[name].set(found[name].subarray(0, (end - start) * size), start * size)
    await pass(watch, end, count)
  }
  return posteriors
}

/** Weighs codes of images: those that `posteriors` are of, in the same order. @throws AppError `likelihood/not-offered` */
export async function weigherOf(
  programs: Programs,
  parameters: Float32Array,
  { images, labels, posteriors }: Pick<Split, 'images' | 'labels'> & { readonly posteriors: Posteriors },
): Promise<Weigher> {
  const codes = codesOf(programs.model)
  const { size } = codes
  const pixels: TensorSpec = { shape: [weighed, imageSize], dtype: 'uint8' }
  const numbers: TensorSpec = { shape: [weighed, size], dtype: 'float32' }
  const codeInputs = size === 0 ? {} : { noise: numbers, mean: numbers, logVariance: numbers }
  const inputs: Record<string, TensorSpec> = { images: pixels, ...codeInputs }
  const run = await programs.prepare('weigh', (p, inputs) => weighing(codes, p, inputs), inputs)

  const fresh = () => new Float32Array(weighed * size)
  async function weigh(rows: readonly Row[]): Promise<Weighed> {
    const some = new Uint8Array(weighed * imageSize)
    const [noise, mean, logVariance] = [fresh(), fresh(), fresh()]
    for (const [row, { image, noise: own }] of rows.entries()) {
      some.set(images.subarray(image * imageSize, (image + 1) * imageSize), row * imageSize)
      noise.set(own, row * size)
      mean.set(posteriors.mean.subarray(image * size, (image + 1) * size), row * size)
      logVariance.set(posteriors.logVariance.subarray(image * size, (image + 1) * size), row * size)
    }
    const code = size === 0 ? {} : { noise, mean, logVariance }
    const { reconstructions, rates } = await run(parameters, { images: some, ...code })
    return { reconstructions, rates, classes: rates.length / weighed }
  }
  return { codeSize: size, batch: weighed, labelOf: (image) => labels[image]!, weigh }
}

/** `reconstructions` [B] and `rates` [B, classes], as `Weighed` has them. */
function weighing(codes: Codes, parameters: Tensors, { images, noise, mean, logVariance }: Tensors) {
  // without a code nothing but the pixels costs anything
  if (codes.size === 0)
    return { reconstructions: sum(codes.pixelCosts(parameters, images!), 1), rates: zeros([images!.shape[0]!, 1]) }
  const posterior = { mean: mean!, logVariance: logVariance! }
  const z = sampleGaussian(posterior, noise!)
  return {
    reconstructions: sum(codes.pixelCosts(parameters, images!, z), 1),
    rates: sub(reshape(logNormal(z, posterior), [-1, 1]), codes.logPrior(parameters, z)),
  }
}
