/**
 * The inputs of a run's steps: which images a step sees, the noise they meet, and the step's numbers. All are functions of
 * the settings and of what is behind the run's first weights.
 */
import type { RunSettings } from '../../preload/contract'
import { imageSize } from '../../preload/images'
import type { BatchInput } from '../engine/engine'
import type { Split } from '../mnist/types'
import { type Drawn, drawRows } from '../models/noise'
import { permutation, stream } from '../models/random'
import type { RunFile } from '../runs/run-file'
import { stepsPerEpoch } from './schedule'

export { imageSize }

/** What is behind the weights that a run begins with, as its run.json has it. */
export type Behind = Pick<NonNullable<RunFile['from']>, 'epochs' | 'optimizerSteps'>

/** Makes one step's input after another. An input is valid until the second one after it is made. */
export class Batches {
  readonly stepsPerEpoch: number
  private readonly buffers
  private order: { epoch: number; images: Uint32Array } = { epoch: 0, images: new Uint32Array() }

  constructor(
    private readonly settings: RunSettings,
    private readonly train: Split,
    private readonly model: Drawn,
    private readonly behind: Behind = { epochs: 0, optimizerSteps: 0 },
  ) {
    const { batch } = settings
    this.stepsPerEpoch = stepsPerEpoch(train.count, batch)
    const buffer = () => ({
      images: new Uint8Array(batch * imageSize),
      labels: new Uint8Array(batch),
      noise: new Float32Array(batch * model.noiseSize),
    })
    this.buffers = { even: buffer(), odd: buffer() }
  }

  /** Step `step` of the run, counted with those behind the weights that it began with. */
  inAll(step: number): number {
    return this.behind.epochs * this.stepsPerEpoch + step
  }

  /**
   * The input of step `step` of the run, from 1. Image i of the batch meets numbers i · noiseSize … of the step's.
   * @param drawn whether what is random in it is drawn here, or left to a learner that draws
   */
  input(step: number, drawn = true): BatchInput {
    const { batch, seed, learningRate } = this.settings
    const inAll = this.inAll(step)
    const order = this.orderOf(1 + Math.floor((inAll - 1) / this.stepsPerEpoch))
    const start = ((inAll - 1) % this.stepsPerEpoch) * batch
    const count = Math.min(batch, order.length - start)
    const { images, labels, noise } = this.buffers[step % 2 === 0 ? 'even' : 'odd']
    order.subarray(start, start + count).forEach((image, i) => {
      images.set(this.train.images.subarray(image * imageSize, (image + 1) * imageSize), i * imageSize)
      labels[i] = this.train.labels[image] ?? 0
    })
    images.fill(0, count * imageSize)
    labels.fill(0, count)
    const key = { seed, step: inAll }
    if (drawn) drawRows({ images, noise }, this.model, key, count)
    return {
      ...(drawn ? {} : { undrawn: key }),
      images,
      labels,
      noise,
      count,
      step: this.behind.optimizerSteps + step,
      learningRate,
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
