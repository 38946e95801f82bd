/** A model's codes, of whatever model: posteriors of test images, and what codes drawn of them cost. */
import { reshape, sub, sum, zeros } from '@tensorflow/tfjs-core'
import { AppError } from '../../preload/errors'
import { present } from '../../preload/present'
import type { TensorSpec } from '../engine/engine'
import type { Split } from '../mnist/types'
import { logNormal, sampleGaussian } from '../models/gaussian'
import { batchOf } from '../models/layers'
import type { Row, Weigher } from '../models/likelihood'
import type { Codes, Model, Tensors } from '../models/model'
import { entryOf } from '../optimizers/named'
import { imageSize } from '../training/batches'
import { pass, quietly, type Watch } from '../training/evaluate'
import type { Programs } from '../training/programs'

/** Images that are encoded at once, and codes that are weighed at once. */
const [encoded, weighed] = [100, 256] as const

/** Of the images in order, both [images, size]. */
export interface Posteriors {
  readonly mean: Float32Array<ArrayBuffer>
  readonly logVariance: Float32Array<ArrayBuffer>
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
  watch: Watch,
): Promise<Posteriors> {
  const quiet = quietly(watch)
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
    await pass(quiet, end, count)
  }
  return posteriors
}

/** Weighs codes of images: those that `posteriors` are of, in the same order. @throws AppError `likelihood/not-offered` */
export async function weigherOf(programs: Programs, parameters: Float32Array, given: Given): Promise<Weigher> {
  const codes = codesOf(programs.model)
  const run = await programs.rows(
    'weigh',
    (p, inputs) => {
      const { pixelCosts, rates } = costing(codes, p, inputs)
      return { reconstructions: sum(pixelCosts, 1), rates }
    },
    rowInputs(codes, weighed),
  )
  return {
    codeSize: codes.size,
    batch: weighed,
    labelOf: (image) => present(given.labels[image], `label of image ${image}`),
    async weigh(rows) {
      const { reconstructions, rates } = await run(parameters, rowArrays(codes, given, rows, weighed))
      return { reconstructions, rates, classes: rates.length / weighed }
    },
  }
}

/** The same pixel by pixel: [rows, 784] in the place of `reconstructions`. @param rows at most so many at once */
export async function pixelWeigherOf(programs: Programs, parameters: Float32Array, given: Given, rows: number) {
  const codes = codesOf(programs.model)
  const run = await programs.prepare('weigh pixels', (p, inputs) => costing(codes, p, inputs), rowInputs(codes, rows))
  return async (some: readonly Row[]) => {
    const { pixelCosts, rates } = await run(parameters, rowArrays(codes, given, some, rows))
    return { pixelCosts, rates, classes: rates.length / rows }
  }
}

/** Images, and what their codes are drawn from. */
type Given = Pick<Split, 'images' | 'labels'> & { readonly posteriors: Posteriors }

/** −log p of each pixel, [B, 784], and of each row and class log q(z|x) − log p(z|y), [B, classes], z ~ q made of noise. */
function costing(codes: Codes, parameters: Tensors, inputs: Tensors) {
  const images = entryOf(inputs, 'images')
  // without a code nothing but the pixels costs anything
  if (codes.size === 0) return { pixelCosts: codes.pixelCosts(parameters, images), rates: zeros([batchOf(images), 1]) }
  const posterior = { mean: entryOf(inputs, 'mean'), logVariance: entryOf(inputs, 'logVariance') }
  const z = sampleGaussian(posterior, entryOf(inputs, 'noise'))
  return {
    pixelCosts: codes.pixelCosts(parameters, images, z),
    rates: sub(reshape(logNormal(z, posterior), [-1, 1]), codes.logPrior(parameters, z)),
  }
}

function rowInputs({ size }: Codes, rows: number): Record<string, TensorSpec> {
  const images: TensorSpec = { shape: [rows, imageSize], dtype: 'uint8' }
  const numbers: TensorSpec = { shape: [rows, size], dtype: 'float32' }
  return size === 0 ? { images } : { images, noise: numbers, mean: numbers, logVariance: numbers }
}

/** The arrays of these inputs; rows that are missing are padding. */
function rowArrays({ size }: Codes, { images, posteriors }: Given, some: readonly Row[], rows: number) {
  const fresh = () => new Float32Array(rows * size)
  const arrays = { images: new Uint8Array(rows * imageSize), noise: fresh(), mean: fresh(), logVariance: fresh() }
  for (const [row, { image, noise }] of some.entries()) {
    arrays.images.set(images.subarray(image * imageSize, (image + 1) * imageSize), row * imageSize)
    arrays.noise.set(noise, row * size)
    for (const name of ['mean', 'logVariance'] as const)
      arrays[name].set(posteriors[name].subarray(image * size, (image + 1) * size), row * size)
  }
  return arrays
}
