/** The parameters that a new run begins with. */
import type { Engine } from '../engine/engine'
import type { Split } from '../mnist/types'
import type { Model } from '../models/model'
import { drawRows } from '../models/noise'
import { imageSize } from './batches'
import { createPrograms } from './programs'

/**
 * A function of the seed; and of the first training images, for a model that finds some of its parameters of those.
 * @param train the images that are trained on
 */
export async function initialParameters(
  engine: Engine,
  model: Model,
  seed: number,
  train: Split,
): Promise<Float32Array> {
  const parameters = model.initialise(seed)
  if (model.find === undefined) return parameters
  const count = Math.min(model.firstImages ?? train.count, train.count)
  const images = train.images.slice(0, count * imageSize)
  const noise = new Float32Array(count * model.noiseSize)
  drawRows({ images, noise }, model, { seed, step: 0 }, count)
  // of their own: what computes with so many images at once is not kept
  const programs = createPrograms(engine, model)
  try {
    const find = await programs.find(count)
    const found = await find(parameters, { images, labels: train.labels.slice(0, count), noise })
    for (const { name, offset } of model.layout.entries) parameters.set(found[name] ?? [], offset)
    return parameters
  } finally {
    await programs.release()
  }
}
