/** What the charts show: thinned lines, ranges, zoom. */
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decimate, lowerBound, nearest, type Point } from '../../../renderer/charts/decimate'
import { axisEnd, epochTicks, evenTicks, logTicks, niceRange, niceStep, spread } from '../../../renderer/charts/range'
import { zoomed } from '../../../renderer/charts/shared-view'

const line = (y: number[]) => ({ x: Float64Array.from(y, (_, i) => i), y: Float32Array.from(y), length: y.length })

describe('decimate', () => {
  it('gives short lines whole', () => {
    expect(decimate(line([3, 1, 2]), 0, 2, 100, [])).toEqual([
      { x: 0, y: 3 },
      { x: 1, y: 1 },
      { x: 2, y: 2 },
    ])
  })

  it('keeps the highest and the lowest point of any line, in order, within four points a bucket', () => {
    const values = fc.array(fc.integer({ min: -1000, max: 1000 }), { minLength: 500, maxLength: 3000 })
    fc.assert(
      fc.property(values, fc.integer({ min: 1, max: 60 }), (y, buckets) => {
        const points = decimate(line(y), 0, y.length - 1, buckets, [])
        expect(points.length).toBeLessThanOrEqual(4 * (buckets + 1))
        const ys = points.map((point) => point.y)
        expect(Math.max(...ys)).toBe(Math.max(...y))
        expect(Math.min(...ys)).toBe(Math.min(...y))
        for (let i = 1; i < points.length; i++) expect(points[i]!.x).toBeGreaterThan(points[i - 1]!.x)
      }),
      { numRuns: 50 },
    )
  })

  it('keeps both also where some values are no numbers, and a gap where there are none', () => {
    const y = Array.from({ length: 1000 }, (_, i) => (i % 10 === 0 || (i > 400 && i < 600) ? NaN : (i * 7919) % 1000))
    const known = y.filter((value) => !Number.isNaN(value))
    const points = decimate(line(y), 0, y.length - 1, 20, [])
    const ys = points.map((point) => point.y).filter((value) => !Number.isNaN(value))
    expect([Math.min(...ys), Math.max(...ys)]).toEqual([Math.min(...known), Math.max(...known)])
    expect(points.filter(({ x, y }) => x > 400 && x < 600 && !Number.isNaN(y))).toEqual([])
    expect(points.some(({ x }) => x > 400 && x < 600)).toBe(true)
  })

  it('takes one neighbour on either side of the stretch, so that the line reaches the edge', () => {
    const points = decimate(line([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]), 3, 5, 100, [])
    expect(points.map(({ x }) => x)).toEqual([2, 3, 4, 5, 6])
  })

  it('writes into the points it was given and leaves no old ones behind', () => {
    const out: Point[] = []
    decimate(line([1, 2, 3, 4]), 0, 3, 100, out)
    const [first] = out
    expect(decimate(line([9, 8]), 0, 1, 100, out)).toBe(out)
    expect(out).toEqual([
      { x: 0, y: 9 },
      { x: 1, y: 8 },
    ])
    expect(out[0]).toBe(first)
  })

  it('reads only the first `length` values of a column that has room', () => {
    const { x, y } = line([1, 2, 3, 0, 0])
    expect(decimate({ x: Float64Array.from([0, 1, 2, 0, 0]), y, length: 3 }, 0, 10, 10, [])).toHaveLength(3)
    expect(x).toHaveLength(5)
  })
})

it('finds positions in a column', () => {
  expect(lowerBound([1, 3, 5], 3, 3)).toBe(1)
  expect(lowerBound([1, 3, 5], 3, 6)).toBe(3)
  expect(nearest({ x: [0, 1, 2], y: [0, 0, 0], length: 3 }, 1.4)).toBe(1)
  expect(nearest({ x: [0, 1, 2], y: [0, 0, 0], length: 3 }, 99)).toBe(2)
  expect(nearest({ x: [], y: [], length: 0 }, 1)).toBe(-1)
})

describe('ranges', () => {
  it('are round numbers around the data', () => {
    expect(niceStep(0.3)).toBe(0.5)
    expect(niceRange(71.2, 139, 5)).toEqual({ min: 60, max: 140, step: 20 })
    const flat = niceRange(5, 5, 4)
    expect(flat.min).toBeLessThan(5)
    expect(flat.max).toBeGreaterThan(5)
  })

  it('leave out the share of points that would press the curve flat', () => {
    const points = Array.from({ length: 100 }, (_, i) => ({ x: i, y: i === 0 ? 543 : 100 - i / 10 }))
    expect(spread([points], 0, 99, 0)).toEqual([90.1, 543])
    expect(spread([points], 0, 99, 0.03)![1]).toBeLessThan(100)
    expect(spread([[]], 0, 1, 0)).toBeNull()
  })

  it('give a young run a short axis, and never more than the run has', () => {
    expect([0, 0.4, 3, 3.1, 30].map((now) => axisEnd(now, 30))).toEqual([3, 3, 3, 30, 30])
    expect([0, 3.1, 30.1].map((now) => axisEnd(now, 300))).toEqual([3, 30, 300])
    expect(axisEnd(0.1, 12)).toBe(12)
    expect(axisEnd(0.1, 0)).toBe(1)
    expect(axisEnd(9000, 10_000)).toBe(10_000)
  })
})

describe('the ticks of an even axis', () => {
  it('are round where it is zoomed in', () => {
    expect(evenTicks(0.064, 0.306, 4)).toEqual([0.1, 0.2, 0.3])
    expect(evenTicks(0.0641, 0.0703, 6)).toEqual([0.066, 0.068, 0.07])
  })

  it('are never fewer than two, and not many more than asked for', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 300, noNaN: true }),
        fc.double({ min: 1e-3, max: 300, noNaN: true }),
        fc.integer({ min: 2, max: 12 }),
        (low, wide, wanted) => {
          const found = evenTicks(low, low + wide, wanted)
          expect(found.length).toBeGreaterThanOrEqual(2)
          expect(found.length).toBeLessThanOrEqual(wanted + 3)
          expect(found[0]).toBeGreaterThanOrEqual(low - 1e-6)
          expect(found.at(-1)).toBeLessThanOrEqual(low + wide + 1e-6)
        },
      ),
    )
  })

  it('are whole epochs where there are three or more', () => {
    expect(epochTicks(0, 3, 10)).toEqual([0, 1, 2, 3])
    expect(epochTicks(0.9, 3.9, 2)).toEqual([1, 2, 3])
    expect(epochTicks(0, 30, 2)).toEqual([0, 20])
    expect(epochTicks(0, 1, 5)).toEqual([0, 0.2, 0.4, 0.6, 0.8, 1])
  })
})

describe('the ticks of a logarithmic axis', () => {
  it('are round, few and within it', () => {
    expect(logTicks(3, 300, 4)).toEqual([5, 10, 20, 50, 100, 200])
    expect(logTicks(74.9, 150, 4)).toEqual([80, 100, 120, 140])
    expect(logTicks(0.5, 5000, 4)).toEqual([1, 10, 100, 1000])
  })
})

describe('zoom', () => {
  it('keeps what is under the pointer where it is', () => {
    const [from, to] = zoomed([0, 30], [0, 30], 10, 0.5)!
    expect(to - from).toBe(15)
    expect((10 - from) / 15).toBeCloseTo(10 / 30)
  })

  it('stays inside the whole and ends at all of it', () => {
    expect(zoomed([0, 10], [0, 30], 0, 1.5)).toEqual([0, 15])
    expect(zoomed([10, 28], [0, 30], 20, 2)).toBeNull()
  })
})
