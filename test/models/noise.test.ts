import { expect, it } from 'vitest'
import { fillNoise } from '../../main/models/noise'
import { normals } from '../../main/models/random'
import { asSeen } from '../../main/training/seen'

const key = { seed: 3, stream: 2, counter: 7 }
const rowsOf = (noise: Float32Array, size: number) =>
  Array.from({ length: noise.length / size }, (_, row) => [...noise.subarray(row * size, (row + 1) * size)])

it('is normal where a model wants nothing else, number by number as the key has them', () => {
  expect(fillNoise(new Float32Array(60), { size: 6 }, key)).toEqual(normals(new Float32Array(60), key))
})

it('has normal numbers and then uniform ones in a row, which depend on the key and the row only', () => {
  const shape = { size: 5, uniforms: 2 }
  const rows = rowsOf(fillNoise(new Float32Array(5 * 4000), shape, key), 5)
  const uniform = rows.flatMap((row) => row.slice(3))
  const normal = rows.flatMap((row) => row.slice(0, 3))
  expect(uniform.every((value) => value > 0 && value < 1)).toBe(true)
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
  expect(mean(uniform)).toBeCloseTo(0.5, 1)
  expect(mean(uniform.map((value) => (value - 0.5) ** 2))).toBeCloseTo(1 / 12, 2)
  expect(normal.some((value) => value < -1)).toBe(true)
  expect(mean(normal.map((value) => value ** 2))).toBeCloseTo(1, 1)
  expect(rowsOf(fillNoise(new Float32Array(5 * 3), shape, key), 5)).toEqual(rows.slice(0, 3))
  const later = fillNoise(new Float32Array(5 * 3), shape, key, 7)
  expect(rowsOf(later, 5)).toEqual(rows.slice(7, 10))
  expect(new Set([...uniform, ...normal]).size).toBeGreaterThan(19_900)
})

it('goes with images as the model sees them: grey ones as they are, binary ones always the same', () => {
  const split = { images: Uint8Array.from({ length: 784 }, (_, i) => i % 256), labels: new Uint8Array(1), count: 1 }
  expect(asSeen({ images: 'grey' }, split)).toBe(split)
  const { images } = asSeen({ images: 'binary' }, split)
  expect(new Set(images)).toEqual(new Set([0, 255]))
  expect(asSeen({ images: 'binary' }, { ...split, images: split.images.slice() }).images).toEqual(images)
})
