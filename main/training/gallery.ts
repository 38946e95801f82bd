/** Pictures of what a model has learnt: samples of its prior by class, and test images with their reconstructions. */
import { classCount } from '../../preload/classes'
import { decodings } from '../../preload/contract'
import { encodeGrid } from '../files/png'
import type { Split } from '../mnist/types'
import type { Model } from '../models/model'
import { fillNoise } from '../models/noise'
import { stream, uniform } from '../models/random'
import { imageSize } from './batches'
import { overflown, pass, type Watch } from './evaluate'
import type { Programs } from './programs'

const columns = 8
/** Samples and reconstructions at a time, in a run's own pictures: other sizes may round the last bit another way. */
const batch = 80
/** The same of what a person asks for: one digit does not wait for eighty. */
const few = 8

/**
 * 10 rows, a class each, of 8 samples: grey levels [80, 784]. The same noise whatever the run and the epoch, so that a
 * digit can be watched becoming itself.
 */
export async function gallerySamples(
  programs: Programs,
  parameters: Float32Array,
  watch: Watch = {},
): Promise<Uint8Array> {
  const labels = Uint8Array.from({ length: classCount * columns }, (_, i) => Math.floor(i / columns))
  return grey(await sample(programs, parameters, { labels, seed: 0, temperature: 1, batch }, watch))
}

/** The first eight test images, and below them a row of each decoding of their codes: grey levels [16, 784], or more. */
export async function galleryReconstructions(
  programs: Programs,
  parameters: Float32Array,
  test: Split,
  watch: Watch = {},
): Promise<Uint8Array> {
  const originals = new Uint8Array(columns * imageSize)
  originals.set(test.images.subarray(0, originals.length))
  const back = grey(await reconstruct(programs, parameters, { images: originals, batch }, watch))
  const images = new Uint8Array(originals.length + back.length)
  images.set(originals)
  images.set(back, originals.length)
  return images
}

/** The gallery's samples as a PNG. */
export async function samplesPicture(...of: Parameters<typeof gallerySamples>): Promise<Uint8Array> {
  return encodeGrid({ images: await gallerySamples(...of), columns })
}

/** The gallery's reconstructions as a PNG. */
export async function reconstructionsPicture(...of: Parameters<typeof galleryReconstructions>): Promise<Uint8Array> {
  return encodeGrid({ images: await galleryReconstructions(...of), columns })
}

interface Wanted {
  readonly labels: Uint8Array
  readonly seed: number
  readonly temperature: number
  /** Of pixels that are drawn. */
  readonly pixelTemperature?: number
}

/**
 * One sample a label, grey levels [labels, 784]. Sample i depends on the seed, its place and its label only.
 * @throws AppError `run/overflown`
 */
export async function drawSamples(
  programs: Programs,
  parameters: Float32Array,
  wanted: Wanted,
  watch: Watch = {},
): Promise<Uint8Array<ArrayBuffer>> {
  return grey(bounded(await sample(programs, parameters, { ...wanted, batch: sizeFor(wanted.labels.length) }, watch)))
}

/** How the pixels of decodings are drawn, where they are. */
interface Drawn {
  readonly seed?: number
  readonly pixelTemperature?: number
}

/**
 * Images [count, 784] through the posterior's mean and back, grey levels [decodings · count, 784], decoding after decoding.
 * @throws AppError `run/overflown`
 */
export async function drawReconstructions(
  programs: Programs,
  parameters: Float32Array,
  images: Uint8Array,
  watch: Watch = {},
  how: Drawn = {},
): Promise<Uint8Array<ArrayBuffer>> {
  const batch = sizeFor((decodingsOf(programs.model) * images.length) / imageSize)
  return grey(bounded(await reconstruct(programs, parameters, { ...how, images, batch }, watch)))
}

async function sample(
  programs: Programs,
  parameters: Float32Array,
  { labels, seed, temperature, pixelTemperature = 1, batch }: Wanted & { readonly batch: number },
  watch: Watch,
): Promise<Float32Array> {
  const { latentSize, latentUniforms: uniforms = 0 } = programs.model
  const key = { seed, stream: stream.gallery, counter: 0 }
  const noise = fillNoise(new Float32Array(labels.length * latentSize), { size: latentSize, uniforms }, key)
  for (const [i, value] of noise.entries())
    if (i % latentSize < latentSize - uniforms) noise[i] = value * temperature
    else if (pixelTemperature !== 1) noise[i] = tempered(value, pixelTemperature)
  const run = await programs.sample(batch)
  return inBatches(labels.length, batch, watch, async (start, end) => {
    const someLabels = new Uint8Array(batch)
    someLabels.set(labels.subarray(start, end))
    const someNoise = new Float32Array(batch * latentSize)
    someNoise.set(noise.subarray(start * latentSize, end * latentSize))
    return (await run(parameters, { labels: someLabels, noise: someNoise })).pixels
  })
}

/** Where pixels are drawn decodings of one code differ, and what is common to them is what it says. */
function decodingsOf({ decodingUniforms = 0 }: Pick<Model, 'decodingUniforms'>): number {
  return decodingUniforms > 0 ? decodings : 1
}

async function reconstruct(
  programs: Programs,
  parameters: Float32Array,
  { images, batch, seed = 0, pixelTemperature = 1 }: Drawn & { readonly images: Uint8Array; readonly batch: number },
  watch: Watch,
): Promise<Float32Array> {
  const { decodingUniforms: size = 0 } = programs.model
  const decodings = decodingsOf(programs.model)
  const count = (decodings * images.length) / imageSize
  const noise = uniform(new Float32Array(count * size), { seed, stream: stream.gallery, counter: 1 })
  if (pixelTemperature !== 1) for (const [i, value] of noise.entries()) noise[i] = tempered(value, pixelTemperature)
  const run = await programs.reconstruct(batch)
  return inBatches(count, batch, watch, async (start, end) => {
    const some = new Uint8Array(batch * imageSize)
    for (let i = start; i < end; i++) {
      const at = (i * imageSize) % images.length
      some.set(images.subarray(at, at + imageSize), (i - start) * imageSize)
    }
    const someNoise = new Float32Array(batch * size)
    someNoise.set(noise.subarray(start * size, end * size))
    return (await run(parameters, { images: some, noise: someNoise })).pixels
  })
}

/** σ(t · log(u/(1 − u))): drawn by it a pixel is as if its logit were divided by t; 0 takes the likelier value. */
function tempered(u: number, t: number): number {
  return 1 / (1 + ((1 - u) / u) ** t)
}

function sizeFor(count: number): number {
  return [1, few].find((size) => size >= count) ?? batch
}

/** Pixel probabilities of `count` images, drawn some at a time, [count, 784]. */
async function inBatches(
  count: number,
  batch: number,
  watch: Watch,
  draw: (start: number, end: number) => Promise<Float32Array>,
): Promise<Float32Array> {
  const all = new Float32Array(count * imageSize)
  for (let start = 0; start < count; start += batch) {
    const end = Math.min(start + batch, count)
    const probabilities = await draw(start, end)
    all.set(probabilities.subarray(0, (end - start) * imageSize), start * imageSize)
    await pass(watch, end, count)
  }
  return all
}

function bounded(probabilities: Float32Array): Float32Array {
  if (probabilities.some(Number.isNaN)) throw overflown()
  return probabilities
}

/** Probabilities as grey levels. What is no number is black: a run's own pictures end no training. */
function grey(probabilities: Float32Array): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(probabilities, (probability) => Math.round(255 * probability))
}
