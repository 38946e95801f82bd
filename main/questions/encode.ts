/** What does a checkpoint make of a picture: its code, what that costs, its class, and what comes back of it. */
import { add, concat, fill, mul, reshape, slice, square, sum, type Tensor } from '@tensorflow/tfjs-core'
import { logNormal, sampleGaussian } from '../models/gaussian'
import { codeNoise, LogSumExp } from '../models/likelihood'
import type { Codes, Tensors } from '../models/model'
import { entryOf } from '../optimizers/named'
import { imageSize } from '../training/batches'
import { overflown } from '../training/evaluate'
import { drawReconstructions } from '../training/gallery'
import { asSeen } from '../training/seen'
import { classesOf, exploredCodes } from './explored'
import { pickImages } from './images'
import type { Answer } from './question'

/** Codes that costs are means over, and classes are told by. */
const tries = 16
const log2Pi = Math.log(2 * Math.PI)

/** @throws AppError `data/no-such-image` */
export const testImages: Answer<'testImages'> = async ({ images: indices }, { data }) => {
  const { test, hasLabels } = await data()
  const { images, labels } = pickImages(test, indices)
  return { rows: 1, columns: indices.length, pixels: images, labels: hasLabels ? labels : null }
}

/** @throws AppError `explore/not-offered`, `explore/no-code`, `run/overflown` */
export const encode: Answer<'encode'> = async ({ pixels }, checkpoint, watch) => {
  const { programs, parameters } = checkpoint
  const codes = exploredCodes(checkpoint)
  const classes = classesOf(checkpoint)
  const { images: seen } = asSeen(programs.model, { images: pixels, labels: new Uint8Array(1), count: 1 })
  const weigh = await programs.prepare(`encode ${classes}`, (p, inputs) => weighing(codes, p, inputs, classes), {
    images: { shape: [tries, imageSize], dtype: 'uint8' },
    noise: { shape: [tries, codes.size], dtype: 'float32' },
  })
  const images = new Uint8Array(tries * imageSize)
  for (let k = 0; k < tries; k++) images.set(seen, k * imageSize)
  const found = await weigh(parameters, { images, noise: balancedNoise(tries, codes.size) })
  const [mean, logVariance] = [Float32Array.from(found.mean), Float32Array.from(found.logVariance)]
  const costs = costsOf(found.surprises, logVariance, classes)
  const standardised = {
    mean: meansOf(found.noises, costs.length),
    deviation: meansOf(found.logScales, costs.length).map((scale, i) =>
      Math.exp(logVariance[i % logVariance.length]! / 2 - scale),
    ),
  }
  const likely = classesGiven(found.rates, found.residuals, classes)
  const residual = found.residuals.reduce((sum, cost) => sum + cost / tries, 0)
  if (!Number.isFinite(residual) || !costs.every(Number.isFinite)) throw overflown()
  const back = await drawReconstructions(programs, parameters, seen, watch)
  return {
    seen: Uint8Array.from(seen),
    latents: codes.latents.map(({ name, size }) => ({ name, size })),
    mean,
    logVariance,
    costs,
    standardised,
    classes: likely,
    likeliest: likely && likely.indexOf(Math.max(...likely)),
    residual,
    back: { rows: 1, columns: back.length / imageSize, pixels: back, labels: null },
  }
}

/**
 * Some codes of one picture: of each number −log p, the noise that it is to the prior and that noise's scale, [K, classes · size];
 * log q − log p of each code, and what its pixels cost.
 */
function weighing(codes: Codes, parameters: Tensors, inputs: Tensors, classes: number) {
  const images = entryOf(inputs, 'images')
  const posterior = codes.encode(parameters, slice(images, [0, 0], [1, imageSize]))
  const z = sampleGaussian(posterior, entryOf(inputs, 'noise'))
  const seen = Array.from({ length: classes }, (_, label) =>
    codes.standardise(parameters, z, fill([tries], label, 'int32')),
  )
  const surprises = seen.map(({ noise, logScale }): Tensor => add(mul(add(square(noise), log2Pi), 0.5), logScale))
  const own = reshape(logNormal(z, posterior), [tries, 1])
  const priors = surprises.map((surprise) => reshape(sum(surprise, 1), [tries, 1]))
  return {
    ...posterior,
    surprises: concat(surprises, 1),
    noises: concat(
      seen.map(({ noise }) => noise),
      1,
    ),
    logScales: concat(
      seen.map(({ logScale }) => logScale),
      1,
    ),
    rates: add(own, concat(priors, 1)),
    residuals: sum(codes.pixelCosts(parameters, images, z), 1),
  }
}

/**
 * E_q[log q − log p] of each number with the prior of each class, [classes, size]: of log q the mean itself, of −log p that over
 * the codes.
 */
function costsOf(surprises: Float32Array, logVariance: Float32Array, classes: number) {
  const size = logVariance.length
  const costs = Float32Array.from({ length: classes * size }, (_, i) => -(log2Pi + logVariance[i % size]! + 1) / 2)
  for (const [i, surprise] of surprises.entries()) costs[i % costs.length]! += surprise / tries
  return costs
}

/** Of each column, over the codes. */
function meansOf(rows: Float32Array, columns: number): Float32Array<ArrayBuffer> {
  const means = new Float32Array(columns)
  for (const [i, value] of rows.entries()) means[i % columns]! += value / tries
  return means
}

/** p(y|x) ∝ Σ_k p(x|z_k) p(z_k|y) / q(z_k|x): importance sampling, the same codes for all classes. Null of one class. */
function classesGiven(rates: Float32Array, residuals: Float32Array, classes: number) {
  if (classes === 1) return null
  const logs = Array.from({ length: classes }, (_, label) => {
    const all = new LogSumExp()
    for (const [k, residual] of residuals.entries()) all.add(-residual - rates[k * classes + label]!)
    return all.logMean
  })
  const highest = Math.max(...logs)
  const shares = logs.map((log) => Math.exp(log - highest))
  const whole = shares.reduce((sum, share) => sum + share, 0)
  return Float32Array.from(shares, (share) => share / whole)
}

/**
 * Normal noise [count, size] in opposite pairs, of mean 0 and mean square 1 in each place: what is quadratic in it has the very
 * mean that it has over all noise. The same each time, so that what is drawn changes its cost and chance does not.
 */
function balancedNoise(count: number, size: number): Float32Array {
  const half = codeNoise(0, count / 2, size)
  const noise = new Float32Array(count * size)
  for (let i = 0; i < size; i++) {
    const square = half.reduce((sum, one) => sum + one[i]! ** 2, 0)
    const scale = Math.sqrt(half.length / square)
    for (const [k, one] of half.entries()) {
      noise[2 * k * size + i] = one[i]! * scale
      noise[(2 * k + 1) * size + i] = -one[i]! * scale
    }
  }
  return noise
}
