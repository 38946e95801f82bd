/** One training step on a device, compared with the CPU's: what computes wrong must not train. */
import { classCount } from '../../../preload/classes'
import { AppError } from '../../../preload/errors'
import { imageSize } from '../../../preload/images'
import type { Model } from '../../models/model'
import { normals } from '../../models/random'
import { entryOf } from '../../optimizers/named'
import { freshState } from '../../optimizers/optimizer'
import type { Learner, LearnerOptions, LearnerState, WeighedInput, StepSums } from '../engine'

/**
 * How far a right device may be from the CPU, as a share. Sums in float32 differ in their last digits with the order of
 * addition: 1e-6. NVIDIA's TF32 products keep 10 bits, 1e-3 each, which averages out over a sum. What computes wrong
 * (an attribute ignored, a race, a broken driver) is off by a tenth and more in at least one parameter.
 */
const limits = { sums: 2e-3, gradients: 3e-2 }

/** A first step: fixed parameters, pictures of noise, parts that count each in another way, and rows of padding at the end. */
export function trialStep({ model, batch }: LearnerOptions): { state: LearnerState; input: WeighedInput } {
  const { noiseSize, parts, optimizer } = model
  const random = (length: number, counter: number) => normals(new Float32Array(length), { seed: 0, stream: 0, counter })
  return {
    state: freshState(model.initialise(0), optimizer),
    input: {
      images: Uint8Array.from(random(batch * imageSize, 1), (x) => Math.min(255, Math.max(0, 80 * x))),
      labels: Uint8Array.from({ length: batch }, (_, i) => i % classCount),
      noise: random(batch * noiseSize, 2),
      count: Math.max(1, batch - 3),
      partWeights: parts.map((_, part) => 1 / (1 + part)),
      learningRate: 1e-3,
      step: 1,
    },
  }
}

/**
 * Runs the same step on a device, twice, and on the CPU.
 *
 * @param name of the engine and its device, for a person
 * @throws AppError `engine/wrong-result` naming what is wrong
 */
export async function assertComputesRight(
  name: string,
  device: Learner,
  cpu: Learner,
  options: LearnerOptions,
): Promise<void> {
  const { state, input } = trialStep(options)
  const stepOf = async (learner: Learner) => {
    learner.load(state)
    return { sums: await learner.step(input), state: await learner.state() }
  }
  // twice: a device may have two places for its state, and go from one to the other
  const found = [await stepOf(device), await stepOf(device)]
  const expected = await stepOf(cpu)
  const wrong = found.map((one) => differences(one, expected, state, options.model)).find(({ length }) => length > 0)
  if (wrong === undefined) return
  throw new AppError(
    'engine/wrong-result',
    `${name} gives wrong results: one training step differs from the CPU’s in ${wrong[0]}` +
      `${wrong.length > 1 ? ` and ${wrong.length - 1} more` : ''}. It is not used for training.`,
    'Update the driver of the device, or train on the CPU.',
    { details: wrong.join('\n') },
  )
}

function differences(
  found: { sums: StepSums; state: LearnerState },
  expected: { sums: StepSums; state: LearnerState },
  start: LearnerState,
  { layout: { entries, size }, optimizer }: Model,
): string[] {
  const wrong: string[] = []
  const all = Object.values(expected.sums).reduce((total, sum) => total + Math.abs(sum), 0)
  for (const [part, sum] of Object.entries(expected.sums)) {
    // a part may be 0 before training, but for rounding
    const limit = limits.sums * Math.abs(sum) + 1e-7 * all
    // what is not there is not right
    if (!(Math.abs((found.sums[part] ?? NaN) - sum) <= limit))
      wrong.push(`${part}: ${found.sums[part]} instead of ${sum}`)
  }
  // What an optimizer keeps tells of the gradient, after a first step. θ may move by ±learning rate whatever the size of
  // the gradient: where that is nearly 0 a rounding decides, so θ and its averages are compared as a whole only.
  for (const { name: kept, power } of optimizer.kept) {
    if (kept === optimizer.averages) continue
    const [ours, theirs] = [entryOf(found.state, kept), entryOf(expected.state, kept)]
    const negligible = 1e-6 ** power * norm(theirs, 0, size)
    for (const { name, offset, size } of entries) {
      const deviation = distance(ours, theirs, offset, size)
      if (!(deviation <= limits.gradients * norm(theirs, offset, size) + negligible))
        wrong.push(`${kept} of ${name}: off by ${deviation} of ${norm(theirs, offset, size)}`)
    }
  }
  for (const name of ['parameters', ...(optimizer.averages === undefined ? [] : [optimizer.averages])]) {
    const right = entryOf(expected.state, name)
    const moved = distance(right, entryOf(start, name), 0, size)
    const off = distance(entryOf(found.state, name), right, 0, size)
    if (!(off <= 0.1 * moved)) wrong.push(`the ${name}: off by ${off} of ${moved}`)
  }
  return wrong
}

/** ‖x‖ over a range of a flat vector. */
function norm(x: Float32Array, offset: number, size: number): number {
  return Math.sqrt(x.subarray(offset, offset + size).reduce((sum, value) => sum + value ** 2, 0))
}

/** ‖x − y‖ over a range of flat vectors. */
function distance(x: Float32Array, y: Float32Array, offset: number, size: number): number {
  const theirs = y.subarray(offset, offset + size)
  // what is not there is not right
  const square = (value: number, i: number) => (value - (theirs[i] ?? NaN)) ** 2
  return Math.sqrt(x.subarray(offset, offset + size).reduce((sum, value, i) => sum + square(value, i), 0))
}
