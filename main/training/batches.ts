/** The batches of a run: which images a step sees, and the noise they meet. Both are functions of the seed alone. */
import type { RunSettings } from '../../preload/contract'
import type { StepInput } from '../engine/engine'
import type { Split } from '../mnist/types'
import { normals, permutation, stream } from '../vlae/random'
import { klWeight, stepsPerEpoch } from './schedule'

export const imageSize = 784

/** Makes one step's input after another. An input is valid until the second one after it is made. */
export class Batches {
  readonly stepsPerEpoch: number
  private readonly buffers
  private order: { epoch: number; images: Uint32Array } = { epoch: 0, images: new Uint32Array() }

  constructor(
    private readonly settings: RunSettings,
    private readonly train: Split,
    private readonly noiseSize: number,
  ) {
    const { batch } = settings
    this.stepsPerEpoch = stepsPerEpoch(train.count, batch)
    this.buffers = [0, 1].map(() => ({
      images: new Uint8Array(batch * imageSize),
      labels: new Uint8Array(batch),
      noise: new Float32Array(batch * noiseSize),
    }))
  }

  /** The input of step `step` of the run, from 1. Image i of the batch meets numbers i · noiseSize … of the step's. */
  input(step: number): StepInput {
    const { batch, seed, learningRate } = this.settings
    const order = this.orderOf(1 + Math.floor((step - 1) / this.stepsPerEpoch))
    const start = ((step - 1) % this.stepsPerEpoch) * batch
    const count = Math.min(batch, order.length - start)
    const { images, labels, noise } = this.buffers[step % 2]!
    for (let i = 0; i < count; i++) {
      const image = order[start + i]!
      images.set(this.train.images.subarray(image * imageSize, (image + 1) * imageSize), i * imageSize)
      labels[i] = this.train.labels[image]!
    }
    images.fill(0, count * imageSize)
    labels.fill(0, count)
    normals(noise.subarray(0, count * this.noiseSize), { seed, stream: stream.noise, counter: step })
    noise.fill(0, count * this.noiseSize)
    return {
      images,
      labels,
      noise,
      count,
      step,
      learningRate,
      klWeight: klWeight(step, this.settings, this.stepsPerEpoch),
    }
  }

  /** The order of an epoch's images, epochs counted from 1. */
  private orderOf(epoch: number): Uint32Array {
    if (this.order.epoch !== epoch) {
      const key = { seed: this.settings.seed, stream: stream.order, counter: epoch }
      this.order = { epoch, images: permutation(this.train.count, key) }
    }
    return this.order.images
  }
}
