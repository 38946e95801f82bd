/** The test set through a model: how good its parameters are (models.md §3). */
import { withLoss, type Evaluation, type LossParts } from '../../preload/contract'
import { AppError } from '../../preload/errors'
import type { Split } from '../mnist/types'
import type { Model } from '../models/model'
import { fillNoise } from '../models/noise'
import { stream } from '../models/random'
import { entryOf } from '../optimizers/named'
import { imageSize } from './batches'
import type { Programs } from './programs'

/** Images at a time, where there are as many. */
const most = 250

export interface Watch {
  /** Awaited between two batches; what it throws ends the call. Default: messages and timers get their turn. */
  readonly between?: () => Promise<void>
  /** Called with the number of images done, as they are. */
  readonly progress?: (done: number, total: number) => void
  /** Aborted: the call rejects with its reason. */
  readonly signal?: AbortSignal
}

/** The same for a part of some work, which tells by itself how far it is. */
export function quietly(watch: Watch): Watch {
  const { progress: _, ...quiet } = watch
  return quiet
}

/**
 * Means over the images, nats, one posterior sample per image. Image i meets the same noise
 * in every run and epoch.
 */
export async function evaluateLosses(
  programs: Programs,
  parameters: Float32Array,
  split: Split,
  watch: Watch = {},
): Promise<LossParts> {
  const run = await programs.losses(Math.min(most, split.count))
  const { parts } = programs.model
  const sums = new Map(parts.map((part) => [part, 0]))
  for await (const { inputs, count } of batches(split, programs.model, watch)) {
    const losses = await run(parameters, inputs)
    for (const [part, before] of sums) sums.set(part, before + sum(entryOf(losses, part), count))
  }
  return withLoss(Object.fromEntries([...sums].map(([part, sum]) => [part, sum / split.count])))
}

/** The same, with the bound on −log p(x): the one that models with and without classes are compared by. */
export async function evaluate(
  programs: Programs,
  parameters: Float32Array,
  split: Split,
  watch: Watch = {},
): Promise<LossParts & Pick<Evaluation, 'images' | 'marginal'>> {
  const { progress } = watch
  const half = (from: number): Watch => ({
    ...watch,
    ...(progress && { progress: (done, total) => progress(from + done, 2 * total) }),
  })
  const losses = await evaluateLosses(programs, parameters, split, half(0))
  const run = await programs.marginal(Math.min(most, split.count))
  let marginal = 0
  for await (const { inputs, count } of batches(split, programs.model, half(split.count)))
    marginal += sum((await run(parameters, inputs)).marginal, count)
  const means = { ...losses, marginal: marginal / split.count }
  if (!Object.values(means).every(Number.isFinite)) throw overflown()
  return { ...means, images: split.count }
}

/** What weights that are numbers each may still do together. */
export function overflown(): AppError {
  return new AppError(
    'run/overflown',
    'With these weights the network overflows: no loss and no picture can be computed.',
    'Take the checkpoint of another epoch: this one was damaged, or its training had diverged.',
  )
}

/** The split in order, the last batch padded; between two batches messages and timers get their turn. */
async function* batches(split: Split, { noiseSize: size, noiseUniforms: uniforms }: Model, watch: Watch) {
  const batch = Math.min(most, split.count)
  for (let start = 0; start < split.count; start += batch) {
    const count = Math.min(batch, split.count - start)
    const key = { seed: 0, stream: stream.evaluation, counter: start }
    const noise = fillNoise(new Float32Array(batch * size), { size, uniforms }, key)
    const inputs = {
      images: padded(split.images.subarray(start * imageSize, (start + count) * imageSize), batch * imageSize),
      labels: padded(split.labels.subarray(start, start + count), batch),
      noise,
    }
    yield { inputs, count }
    await pass(watch, start + count, split.count)
  }
}

function padded(bytes: Uint8Array, length: number): Uint8Array {
  const whole = new Uint8Array(length)
  whole.set(bytes)
  return whole
}

function sum(values: Float32Array, count: number): number {
  let total = 0
  for (const value of values.subarray(0, count)) total += value
  return total
}

/** The moment after a batch. @throws the signal's reason */
export async function pass({ progress, between, signal }: Watch, done: number, total: number): Promise<void> {
  progress?.(done, total)
  if (between !== undefined) await between()
  // nobody has to wait for the turn after the last one: while a run trains it is a step
  else if (done < total) await yieldOnce()
  signal?.throwIfAborted()
}

/** Gives messages and timers their turn. */
export function yieldOnce(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
