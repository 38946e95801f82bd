/** A map of codes: turned to lie as another, seen from a plane and back, and what lies near, along and in a box. */
import { describe, expect, it } from 'vitest'
import {
  aligned,
  centred,
  classesTogether,
  codeAt,
  inBox,
  nearest,
  nextAlong,
  onPlane,
  placeOf,
  turnedBack,
} from '../../../renderer/lib/map'
import { random as randomOf } from '../../random'

const all = () => true
/** The largest difference of two numbers; infinite where there are not as many. */
const apart = (one: ArrayLike<number>, other: ArrayLike<number>) =>
  one.length === other.length ? Math.max(...Array.from(one, (value, i) => Math.abs(value - other[i]!))) : Infinity
const scattered = (count: number, seed = 1) => {
  const random = randomOf(seed)
  return centred(Float32Array.from({ length: 2 * count }, (_, i) => random() * (i % 2 === 0 ? 3 : 1)))
}
const turn = (places: Float32Array, angle: number, mirror: 1 | -1, scale = 1) =>
  places.map((_, i) => {
    const { x, y } = placeOf(places, Math.floor(i / 2))
    const [cos, sin] = [Math.cos(angle), Math.sin(angle)]
    return scale * (i % 2 === 0 ? cos * x - sin * y * mirror : sin * x + cos * y * mirror)
  })

describe('a map', () => {
  it.each([
    [0.4, 1],
    [2.9, 1],
    [-1.2, -1],
    [Math.PI / 2, -1],
  ] as const)('that is another turned by %d and mirrored (%d), larger, comes to lie as that', (angle, mirror) => {
    const before = aligned(scattered(50), null).places
    expect(apart(aligned(turn(before, angle, mirror, 7), before).places, before)).toBeLessThan(1e-5)
  })

  it('that has moved a little as well lies as near as any turn brings it', () => {
    const before = aligned(scattered(50), null).places
    const random = randomOf(3)
    const moved = turn(before, 1.1, -1).map((value) => value + 0.1 * (random() - 0.5))
    const { places } = aligned(centred(moved), before)
    const distance = (of: Float32Array) => of.reduce((sum, value, i) => sum + (value - before[i]!) ** 2, 0)
    const least = distance(places)
    expect(least).toBeLessThan(0.2)
    for (let k = 1; k < 60; k++)
      for (const mirror of [1, -1] as const) expect(distance(turn(places, k / 10, mirror))).toBeGreaterThan(least)
  })

  it('is left as it lies beside another of other dots, and where all dots are one', () => {
    const places = scattered(20)
    expect(apart(aligned(places, scattered(21)).places, aligned(places, null).places)).toBeLessThan(1e-5)
    expect(apart(aligned(new Float32Array(6), new Float32Array(6)).places, new Float32Array(6))).toBeLessThan(1e-5)
  })

  it('leads back from a place to the code that lies there', () => {
    const plane = { size: 3, centre: Float32Array.of(1, 2, 3), axes: Float32Array.of(0, 0.6, 0.8, 1, 0, 0) }
    const codes = Float32Array.of(4, 2.6, 3.8, -2, 1.4, 2.2)
    const { places, turn: by } = aligned(onPlane(plane, codes), Float32Array.of(0, 1, 0, -1))
    expect(Math.hypot(...Object.values(placeOf(places, 0)))).toBeCloseTo(1, 5)
    expect(apart(codeAt(plane, turnedBack(placeOf(places, 0), by)), codes.subarray(0, 3))).toBeLessThan(1e-5)
    expect(apart(codeAt(plane, turnedBack(placeOf(places, 1), by)), codes.subarray(3))).toBeLessThan(1e-5)
  })

  const grid = Float32Array.from(
    { length: 50 },
    (_, i) => (i % 2 === 0 ? (i >> 1) % 5 : Math.floor((i >> 1) / 5)) / 2 - 1,
  )

  it('has dots near, next to each other, and in a box: of those that are shown', () => {
    expect(nearest(grid, { x: 0.1, y: -0.05 }, all)).toBe(12)
    expect(nearest(grid, { x: 0.1, y: -0.05 }, (i) => i !== 12)).toBe(13)
    expect(nearest(grid, { x: 0, y: 0 }, () => false)).toBe(-1)
    expect(nextAlong(grid, 12, { x: 1, y: 0 }, all)).toBe(13)
    expect(nextAlong(grid, 12, { x: 0, y: 1 }, all)).toBe(17)
    expect(nextAlong(grid, 12, { x: -1, y: 0 }, (i) => i !== 11)).toBe(10)
    expect(nextAlong(grid, 4, { x: 1, y: 0 }, all)).toBe(4)
    const box = { from: { x: 0.5, y: 0 }, to: { x: -0.1, y: 0.6 } }
    expect(inBox(grid, box, all)).toEqual([12, 13, 17, 18])
    expect(inBox(grid, box, (i) => i > 12)).toEqual([13, 17, 18])
  })

  it('says how far classes lie together', () => {
    const places = Float32Array.of(0, 0, 0.1, 0, 1, 1, 1.1, 1)
    expect(classesTogether(places, Uint8Array.of(3, 3, 7, 7))).toBe(1)
    expect(classesTogether(places, Uint8Array.of(3, 7, 3, 3))).toBe(0.5)
    // the same as by looking at all of them: in a cloud, in groups far from each other, in a line, on one spot
    const labels = Uint8Array.from({ length: 300 }, (_, i) => (7 * i + (i % 11)) % 10)
    const shapes = [
      (i: number) => [Math.sin(12.9898 * i), Math.cos(78.233 * i)],
      (i: number) => [(i % 3) * 100 + Math.sin(i), Math.sin(2.3 * i)],
      (i: number) => [Math.sin(i), 0],
      (i: number) => [i === 0 ? 1 : 0, 0],
    ]
    for (const shape of shapes) {
      const places = Float32Array.from([...labels.keys()].flatMap(shape))
      const byAll = labels.filter(
        (label, i) => labels[nearest(places, placeOf(places, i), (other) => other !== i)] === label,
      )
      expect(classesTogether(places, labels)).toBeCloseTo(byAll.length / labels.length, 12)
    }
  })
})
