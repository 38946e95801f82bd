/** A benchmark: how fast an engine trains here, by a few steps of the real model, checked against the CPU's first. */
import type { Learner, LearnerOptions } from '../engine'
import { trialStep } from './verify'

/** Milliseconds of steps that a figure is made of, and the fewest and most of them. */
const span = { milliseconds: 700, fewest: 3, most: 50 }

/**
 * Images per second, from the median of some steps after the first two, which compile and warm up.
 * @param most milliseconds that it may take in all, as far as steps can be divided
 * @throws the signal's reason once it is aborted
 */
export async function measure(
  learner: Learner,
  options: LearnerOptions,
  { most = 4000, signal }: { readonly most?: number; readonly signal?: AbortSignal | undefined } = {},
): Promise<number> {
  const { state, input } = trialStep(options)
  const began = performance.now()
  const times: number[] = []
  learner.load(state)
  for (let step = 1; step <= span.most; step++) {
    signal?.throwIfAborted()
    const before = performance.now()
    await learner.step({ ...input, step })
    const now = performance.now()
    times.push(now - before)
    const enough = times.length >= span.fewest + 2 && sum(times.slice(2)) > span.milliseconds
    if (enough || now - began > most) break
  }
  const warm = times.slice(Math.min(2, times.length - 1)).toSorted((a, b) => a - b)
  return (1000 * options.batch) / (warm.at(warm.length / 2) ?? NaN)
}

function sum(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0)
}
