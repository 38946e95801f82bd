import { expect, it } from 'vitest'
import { afterEpoch, noPlateau, rateFactor, type Plateau } from '../../../main/models/vlae/plateau'

const after = (values: readonly number[], start: Plateau = noPlateau) =>
  values.reduce((state, value) => afterEpoch(state, value), start)
const times = (count: number, value: number) => Array.from({ length: count }, () => value)

it('halves the rate after 20 epochs without a better value, and begins to count again', () => {
  expect(rateFactor(after([100, ...times(19, 100)]))).toBe(1)
  const halved = after([100, ...times(20, 100)])
  expect(rateFactor(halved)).toBe(0.5)
  expect(rateFactor(after(times(19, 101), halved))).toBe(0.5)
  expect(rateFactor(after(times(20, 101), halved))).toBe(0.25)
})

it('leaves it as long as there is something better within 20 epochs', () => {
  const better = Array.from({ length: 20 }, (_, i) => [100 - i, ...times(19, 200)]).flat()
  expect(rateFactor(after(better))).toBe(1)
})

it('halves three times at most', () => expect(rateFactor(after(times(500, 7)))).toBe(0.125))

it('takes no NaN for better', () => expect(after([90, NaN]).best).toBe(90))

it('is made of numbers that a saved state can hold', () => {
  for (const value of Object.values(after([90, 91]))) expect(Number.isFinite(value)).toBe(true)
  expect(JSON.parse(JSON.stringify(noPlateau))).toEqual(noPlateau)
})
