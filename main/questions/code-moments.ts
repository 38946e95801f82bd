/** Do codes lie where the prior expects them? Codes of the first test images, each as the noise that its prior would make it of. */
import { sampleGaussian } from '../models/gaussian'
import { codeNoise } from '../models/likelihood'
import { entryOf } from '../optimizers/named'
import { imageSize } from '../training/batches'
import { overflown, pass, quietly } from '../training/evaluate'
import { classesOf, exploredCodes } from './explored'
import { firstImages } from './images'
import type { Answer } from './question'

/** Images at a time, and images where nobody says how many. */
const [together, usual] = [100, 2000] as const

/** @throws AppError `explore/not-offered`, `explore/no-code`, `data/no-such-image`, `run/overflown` */
export const codeMoments: Answer<'codeMoments'> = async ({ images: wanted }, checkpoint, watch) => {
  const { programs, parameters } = checkpoint
  const codes = exploredCodes(checkpoint)
  const { size } = codes
  const { test } = await checkpoint.data()
  const count = firstImages(wanted, usual, test)
  const run = await programs.prepare(
    'codes as noise',
    (p, inputs) => {
      const z = sampleGaussian(codes.encode(p, entryOf(inputs, 'images')), entryOf(inputs, 'drawn'))
      return { noise: codes.standardise(p, z, entryOf(inputs, 'labels')).noise }
    },
    {
      images: { shape: [together, imageSize], dtype: 'uint8' },
      drawn: { shape: [together, size], dtype: 'float32' },
      labels: { shape: [together], dtype: 'uint8' },
    },
  )
  const noise = new Float32Array(count * size)
  for (let start = 0; start < count; start += together) {
    const end = Math.min(start + together, count)
    const given = {
      images: new Uint8Array(together * imageSize),
      drawn: new Float32Array(together * size),
      labels: new Uint8Array(together),
    }
    given.images.set(test.images.subarray(start * imageSize, end * imageSize))
    given.labels.set(test.labels.subarray(start, end))
    for (let i = start; i < end; i++) for (const one of codeNoise(i, 1, size)) given.drawn.set(one, (i - start) * size)
    const found = await run(parameters, given)
    noise.set(found.noise.subarray(0, (end - start) * size), start * size)
    await pass(quietly(watch), end, count)
  }
  if (!noise.every(Number.isFinite)) throw overflown()
  const classes = classesOf(checkpoint)
  const vectors = Array.from({ length: count }, (_, i) => noise.subarray(i * size, (i + 1) * size))
  const groups =
    classes === 1
      ? [{ label: null, ...momentsOf(vectors, size) }]
      : Array.from({ length: classes }, (_, label) => {
          const own = vectors.filter((_, i) => test.labels[i] === label)
          return { label, ...momentsOf(own, size) }
        })
  return { latents: codes.latents.map(({ name, size }) => ({ name, size })), groups }
}

/** Means and variances of vectors of so many numbers. */
function momentsOf(vectors: readonly Float32Array[], size: number) {
  const of = (value: (i: number, vector: Float32Array) => number) =>
    Float32Array.from(
      { length: size },
      (_, i) => vectors.reduce((sum, one) => sum + value(i, one), 0) / Math.max(1, vectors.length),
    )
  const mean = of((i, vector) => vector[i] ?? NaN)
  const variance = of((i, vector) => ((vector[i] ?? NaN) - (mean[i] ?? NaN)) ** 2)
  return { images: vectors.length, mean, variance }
}
