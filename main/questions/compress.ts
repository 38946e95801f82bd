/** What does it take to keep a test image, as a code and what the code does not say, and where in it that lies. */
import { pictureSizes } from '../files/picture-sizes'
import { codeNoise } from '../models/likelihood'
import { imageSize } from '../training/batches'
import { overflown, pass } from '../training/evaluate'
import { codesOf, pixelWeigherOf, posteriorsOf } from './codes'
import { pickImages } from './images'
import type { Answer } from './question'

/** Codes that the costs of an image are means over. */
const tries = 16

/** @throws AppError `data/no-such-image`, `likelihood/not-offered`, `run/overflown` */
export const compress: Answer<'compress'> = async ({ images: indices }, { programs, parameters, data }, watch) => {
  const { size, sees } = codesOf(programs.model)
  const { images, labels } = pickImages((await data()).test, indices)
  const posteriors = await posteriorsOf(programs, parameters, images, watch)
  const weigh = await pixelWeigherOf(programs, parameters, { images, labels, posteriors }, tries)
  const pixelCosts = new Float32Array(indices.length * imageSize)
  const kept = []
  for (const [i, index] of indices.entries()) {
    // the codes that the likelihood tries first
    const rows = codeNoise(index, tries, size).map((noise) => ({ image: i, noise }))
    const found = await weigh(rows)
    const own = pixelCosts.subarray(i * imageSize, (i + 1) * imageSize)
    for (let k = 0; k < tries * imageSize; k++) own[k % imageSize]! += found.pixelCosts[k]! / tries
    const column = found.classes > 1 ? labels[i]! : 0
    const rate = rows.reduce((sum, _, k) => sum + found.rates[k * found.classes + column]!, 0) / tries
    const residual = own.reduce((sum, cost) => sum + cost, 0)
    if (!Number.isFinite(rate + residual)) throw overflown()
    kept.push({ rate, residual, ...pictureSizes(images.subarray(i * imageSize, (i + 1) * imageSize)) })
    await pass(watch, i + 1, indices.length)
  }
  return { images: kept, pixelCosts, sees: Int32Array.from(sees.flat()) }
}
