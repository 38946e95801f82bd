import { describe, expect, it } from 'vitest'
import { tf } from '../../main/engine/tfjs/tfjs'
import { updateInPlace } from '../../main/optimizers/adamax/fused'
import { scale } from '../../main/optimizers/adamax/scale'
import { createUpdate } from '../../main/optimizers/adamax/simd'
import { adamax } from '../../main/optimizers/adamax/tensors'
import { updatesInPlace } from '../../main/optimizers/in-place'
import { freshState } from '../../main/optimizers/optimizer'
import { fixture } from '../models/vlae/reference'

const { batch, start, gradients, states } = fixture.adamax
const optimizer = adamax
/** Two parameters of different sizes: the length of a gradient is that of all together. */
const split = (values: readonly number[]) => ({ a: tf.tensor1d(values.slice(0, 7)), b: tf.tensor1d(values.slice(7)) })
const zeros = start.map(() => 0)

function steps(gradients: readonly (readonly number[])[]) {
  let state = {
    parameters: split(start),
    ...Object.fromEntries(optimizer.kept.map(({ name }) => [name, split(zeros)])),
  } as ReturnType<typeof optimizer.update>
  return gradients.map((gradient, i) => {
    const numbers = optimizer.scale(0.002, i + 1, batch)
    const scalars = Object.fromEntries(optimizer.scalars.map((name, k) => [name, tf.scalar(numbers[k]!)]))
    state = optimizer.update(state, split(gradient), scalars)
    return Object.fromEntries(
      Object.entries(state).map(([name, { a, b }]) => [name, [...a!.dataSync(), ...b!.dataSync()]] as const),
    )
  })
}

describe('adamax', () => {
  it('is, step for step, the reference’s: clipped by the length of the mean gradient, uncorrected, averaged', () => {
    steps(gradients).forEach((found, i) => {
      for (const [name, expected] of Object.entries(states[i]!))
        expected.forEach((value, k) => {
          const actual = found[name]![k]!
          expect(Math.abs(actual - value), `${name}[${k}] after ${i + 1}`).toBeLessThan(
            1e-5 * Math.abs(value) + (name === 'infinityNorm' || name === 'firstMoment' ? 1e-12 : 1e-6),
          )
        })
    })
  })

  it('follows a short gradient as it is, and a long one only as far as 5', () => {
    const [short, long] = [zeros.with(3, 40), zeros.with(3, 4000).with(9, -4000)]
    expect(steps([short])[0]!['firstMoment']![3]).toBeCloseTo(0.4, 6)
    const clipped = steps([long])[0]!['firstMoment']!
    expect(Math.hypot(...clipped)).toBeCloseTo(0.5, 5)
    expect(clipped[3]).toBeCloseTo(-clipped[9]!, 6)
  })

  it('stays where it is without a gradient', () => {
    const [{ parameters, average }] = steps([zeros]) as [Record<string, number[]>]
    expect(parameters).toEqual([...Float32Array.from(start)])
    expect(average).toEqual(parameters)
  })
})

describe('adamax in place', () => {
  /** Two lanes' gradients whose sum is exactly the gradient, and ranges of elements that the lanes update. */
  function inPlace(gradients: readonly (readonly number[])[]) {
    const state = freshState(Float32Array.from(start), optimizer)
    return gradients.map((gradient, i) => {
      const half = Float32Array.from(gradient, (value) => value / 2)
      const numbers = optimizer.scale(0.002, i + 1, batch)
      for (const [from, to] of [
        [0, 8],
        [8, start.length],
      ] as const)
        // prettier-ignore
        updateInPlace(state, [half, half], numbers, from, to)
      return Object.fromEntries(Object.entries(state).map(([name, vector]) => [name, [...vector]] as const))
    })
  }
  const short = gradients.map((gradient) => gradient.map((value) => Math.fround(value / 100)))

  it('gives the same bits, where nothing is clipped', () => {
    expect(short.every((gradient) => Math.hypot(...gradient) < 5 * batch)).toBe(true)
    expect(inPlace(short)).toEqual(steps(short))
  })

  it('gives the same within the rounding of a length, where it is', () => {
    expect(gradients.some((gradient) => Math.hypot(...gradient) > 5 * batch)).toBe(true)
    const expected = steps(gradients)
    inPlace(gradients).forEach((found, i) => {
      for (const [name, values] of Object.entries(expected[i]!))
        values.forEach((value, k) =>
          expect(Math.abs(found[name]![k]! - value)).toBeLessThan(2e-6 * Math.abs(value) + 1e-9),
        )
    })
  })

  it('is the one that lanes take', () => expect(updatesInPlace[optimizer.name]).toBe(createUpdate))
})

describe('the average', () => {
  it('is the first parameters at first, whatever it was before', () => expect(scale(0.002, 1, 100)[1]).toBe(0))

  it('warms up to 0.998', () => {
    const keep = (step: number) => scale(0.002, step, 100)[1]
    expect(keep(2)).toBeCloseTo(0.1, 12)
    expect(keep(10)).toBeCloseTo(0.5, 12)
    for (let step = 1; step < 4000; step++) expect(keep(step + 1)).toBeGreaterThanOrEqual(keep(step))
    expect(keep(5000)).toBe(0.998)
  })
})
