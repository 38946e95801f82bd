/** Steps of training on real digits, and distances between what comes of them. */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Learner, LearnerState, StepInput, StepSums, WeighedInput } from '../../main/engine/engine'
import { bundledFolder } from '../../main/mnist/bundled'
import { createModel } from '../../main/models/create'
import { normals, stream } from '../../main/models/random'
import { freshState } from '../../main/optimizers/optimizer'

export const conditions = ['label', 'none'] as const
export type Condition = (typeof conditions)[number]

const { noiseSize } = createModel({ condition: 'none' })
const [images, labels] = (['images-idx3', 'labels-idx1'] as const).map((part) =>
  readFileSync(join(bundledFolder(), `train-${part}-ubyte`)),
) as [Buffer, Buffer]

/** The batch of step `step`: `count` real digits and, up to `batch`, rows of padding that are anything but empty. */
export function stepInput(batch: number, step: number, count = batch): WeighedInput {
  const first = 16 + (step - 1) * batch * 784
  const noise = normals(new Float32Array(batch * noiseSize), { seed: 1, stream: stream.noise, counter: step })
  const input = {
    images: Uint8Array.from(images.subarray(first, first + batch * 784)),
    labels: Uint8Array.from(labels.subarray(8 + (step - 1) * batch, 8 + step * batch)),
    noise,
  }
  return { ...input, count, step, partWeights: [1, 0.6, 0.6], learningRate: 1e-3 }
}

/** The same without the padding. */
export function withoutPadding(input: WeighedInput): WeighedInput {
  const { images, labels, noise, count } = input
  return {
    ...input,
    images: images.slice(0, count * 784),
    labels: labels.slice(0, count),
    noise: noise.slice(0, count * noiseSize),
  }
}

export function startState(condition: Condition): LearnerState {
  const model = createModel({ condition })
  return freshState(model.initialise(3), model.optimizer)
}

export interface Trained {
  readonly sums: readonly StepSums[]
  readonly state: LearnerState
}

/** Takes the steps `from` … `to`, and gives the sums of each and the state after the last. */
export async function train(
  learner: Learner,
  input: (step: number) => StepInput,
  to: number,
  from = 1,
): Promise<Trained> {
  const sums: StepSums[] = []
  for (let step = from; step <= to; step++) sums.push(await learner.step(input(step)))
  return { sums, state: await learner.state() }
}

/**
 * Steps whose weights hang on the batch, each other ones than the step's before: to the sums that `known` steps had, and only
 * to those, the weights that they were taken with.
 */
export function weighedBy(input: (step: number) => StepInput, known: readonly StepSums[]): (step: number) => StepInput {
  return (step) => {
    const { partWeights } = input(step)
    if (typeof partWeights === 'function') throw new TypeError('weights that are known, as an array')
    const isItsOwn = (sums: StepSums) => Object.entries(sums).every(([part, sum]) => known[step - 1]![part] === sum)
    return { ...input(step), partWeights: (sums) => (isItsOwn(sums) ? partWeights : partWeights.map(() => 3)) }
  }
}

/** SHA-256 over every bit of a state: two that are equal to the bit have the same. */
export function bits(state: LearnerState): string {
  const hash = createHash('sha256')
  for (const vector of Object.values(state)) hash.update(vector)
  return hash.digest('hex')
}

/** ‖a − b‖ / ‖b‖; infinite if a number is none. */
export function distance(a: Float32Array, b: Float32Array): number {
  let [apart, size] = [0, 0]
  for (let i = 0; i < b.length; i++) {
    apart += (a[i]! - b[i]!) ** 2
    size += b[i]! ** 2
  }
  return a.length === b.length && Number.isFinite(apart) ? Math.sqrt(apart / size) : Infinity
}

/** The largest relative difference of any part of any step. */
export function sumsApart(a: readonly StepSums[], b: readonly StepSums[]): number {
  if (a.length !== b.length) return Infinity
  return Math.max(
    ...a.flatMap((sums, i) => Object.entries(sums).map(([part, sum]) => Math.abs(sum / b[i]![part]! - 1))),
  )
}

/** How far apart two trainings that began in `start` have come, by what they changed. */
export function changesApart(a: LearnerState, b: LearnerState, start: LearnerState): number {
  const change = (state: LearnerState) => state.parameters.map((value, i) => value - start.parameters[i]!)
  return distance(change(a), change(b))
}
