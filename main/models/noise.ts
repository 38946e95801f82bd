/**
 * The random numbers that go with the rows of a batch: standard normal ones, then those that a model wants uniform; and the
 * drawing of binary images. A row's depend on the key and its place only, so that rows can be drawn apart.
 */
import { imageSize } from '../../preload/images'
import { binarize } from './binarize'
import type { Model } from './model'
import { normals, type RandomKey, stream, uniform } from './random'

/** Numbers a row, and how many of them, the last ones, are uniform between 0 and 1. */
export interface NoiseShape {
  readonly size: number
  readonly uniforms?: number | undefined
}

/** Uniform numbers come from the stream that lies so far behind that of the normal ones. */
const uniformStreams = 64

/** Fills whole rows of `out`, of which the first is row `first`. @returns `out` */
export function fillNoise(
  out: Float32Array,
  { size, uniforms = 0 }: NoiseShape,
  key: RandomKey,
  first = 0,
): Float32Array {
  if (uniforms === 0) return normals(out, key, first * size)
  const normal = size - uniforms
  const flat = { ...key, stream: key.stream + uniformStreams }
  for (let at = 0, row = first; at < out.length; at += size, row++) {
    normals(out.subarray(at, at + normal), key, row * normal)
    uniform(out.subarray(at + normal, at + size), flat, 0, 1, row * uniforms)
  }
  return out
}

/** What of a model is drawn of a batch. */
export type Drawn = Pick<Model, 'images' | 'noiseSize' | 'noiseUniforms'>

/** Whose batch it is: a run's seed, and its step. */
export interface DrawKey {
  readonly seed: number
  readonly step: number
}

/**
 * Draws rows of a step's batch.
 * @param rows images [n, 784], grey levels, which become binary where the model sees such; noise [n, noiseSize]
 * @param count of these rows that are images'; the others are padding, whose noise is 0
 * @param first of these rows, in the batch
 */
export function drawRows(
  rows: { readonly images: Uint8Array; readonly noise: Float32Array },
  { images: seen, noiseSize: size, noiseUniforms: uniforms }: Drawn,
  { seed, step }: DrawKey,
  count: number,
  first = 0,
): void {
  const images = rows.images.subarray(0, count * imageSize)
  if (seen === 'binary') binarize(images, { seed, step }, images, first * imageSize)
  const key = { seed, stream: stream.noise, counter: step }
  fillNoise(rows.noise.subarray(0, count * size), { size, uniforms }, key, first)
  rows.noise.fill(0, count * size)
}
