/** Ways between codes. */
import { expect, it } from 'vitest'
import { blended, pathBetween } from '../../main/questions/code-paths'

const rounded = (values: Float32Array) => Array.from(values, (value) => Math.round(value * 1e5) / 1e5 || 0)

it('noise moves along the sphere, its length evenly from one to the other', () => {
  const [from, to] = [Float32Array.of(1, 0, 0), Float32Array.of(0, 3, 0)]
  expect(rounded(pathBetween(from, to, 3, 'prior'))).toEqual(
    rounded(Float32Array.of(1, 0, 0, Math.SQRT1_2, 3 * Math.SQRT1_2, 0, 0, 3, 0)),
  )
  // opposite ones have no one circle: straight through
  expect(rounded(pathBetween(from, Float32Array.of(-1, 0, 0), 3, 'prior'))).toEqual([1, 0, 0, 0, 0, 0, -1, 0, 0])
})

it('a straight way is straight', () => {
  expect(rounded(pathBetween(Float32Array.of(1, 0), Float32Array.of(0, 3), 3, 'straight'))).toEqual([
    1, 0, 0.5, 1.5, 0, 3,
  ])
})

it('of two rows there is more and more of the other', () => {
  expect(rounded(blended(Float32Array.of(1, 1, 1), Float32Array.of(3, 3, 3), 3))).toEqual([1, 2, 3])
})
