/** The two directions of most variance: of rows where they are known in closed form, and of any by what defines them. */
import { describe, expect, it } from 'vitest'
import { pca } from '../../main/questions/pca'
import { random as randomOf } from '../random'

const dot = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Array.from(a).reduce((sum, value, i) => sum + value * b[i]!, 0)

describe('PCA', () => {
  it('finds an ellipse’s axes, its middle, and what lies along each', () => {
    const [turn, count] = [0.6, 400]
    const rows = Float32Array.from({ length: 3 * count }, (_, i) => {
      const angle = (2 * Math.PI * Math.floor(i / 3)) / count
      const [along, across] = [3 * Math.cos(angle), 2 * Math.sin(angle)]
      return [
        5 + along * Math.cos(turn) - across * Math.sin(turn),
        along * Math.sin(turn) + across * Math.cos(turn),
        -7,
      ][i % 3]!
    })
    const { centre, axes, shares } = pca(rows, 3)
    for (const [i, value] of [5, 0, -7].entries()) expect(centre[i]).toBeCloseTo(value, 5)
    const expected = [Math.cos(turn), Math.sin(turn), 0, -Math.sin(turn), Math.cos(turn), 0]
    for (const [i, value] of expected.entries()) expect(axes[i]).toBeCloseTo(value, 5)
    expect(shares[0]).toBeCloseTo(9 / 13, 5)
    expect(shares[1]).toBeCloseTo(4 / 13, 5)
  })

  it('of any rows: axes at right angles which the covariance only scales, by the most that any direction has', () => {
    const [size, count] = [48, 300]
    const random = randomOf(7)
    const scales = Array.from({ length: size }, (_, i) => 1 / (1 + i / 10))
    const rows = Float32Array.from(
      { length: size * count },
      (_, i) => scales[i % size]! * (random() + random() - random()),
    )
    const { centre, axes, shares } = pca(rows, size)
    const covariance = Array.from({ length: size }, (_, i) =>
      Array.from({ length: size }, (_, j) => {
        let sum = 0
        for (let row = 0; row < count; row++)
          sum += (rows[row * size + i]! - centre[i]!) * (rows[row * size + j]! - centre[j]!)
        return sum / count
      }),
    )
    const total = covariance.reduce((sum, row, i) => sum + row[i]!, 0)
    const both = [axes.subarray(0, size), axes.subarray(size)] as const
    expect(dot(both[0], both[1])).toBeCloseTo(0, 6)
    for (const [place, axis] of both.entries()) {
      expect(dot(axis, axis)).toBeCloseTo(1, 6)
      const image = covariance.map((row) => dot(row, axis))
      for (const [i, value] of image.entries()) expect(value).toBeCloseTo(shares[place]! * total * axis[i]!, 5)
    }
    // what is left along any other direction is less
    for (let k = 0; k < 50; k++) {
      const other = Array.from({ length: size }, () => random() - 0.5)
      for (const axis of both) {
        const along = dot(other, axis)
        for (const [i, value] of axis.entries()) other[i]! -= along * value
      }
      const variance =
        dot(
          covariance.map((row) => dot(row, other)),
          other,
        ) / dot(other, other)
      expect(variance).toBeLessThan(shares[1] * total)
    }
    expect(pca(rows, size)).toEqual({ centre, axes, shares })
  })

  it('of rows that are all the same, of a single one, and of single numbers', () => {
    for (const rows of [new Float32Array(40).fill(2), Float32Array.of(1, 2, 3, 4)]) {
      const { axes, shares } = pca(rows, 4)
      expect(shares).toEqual([0, 0])
      expect(dot(axes.subarray(0, 4), axes.subarray(0, 4))).toBe(1)
      expect(dot(axes.subarray(0, 4), axes.subarray(4))).toBe(0)
    }
    expect(pca(Float32Array.of(1, 3), 1)).toEqual({
      centre: Float32Array.of(2),
      axes: Float32Array.of(1, 0),
      shares: [1, 0],
    })
  })
})
