/** A stack of symbols: what is pushed is popped, and takes as many bits as its probability says. */
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  cells,
  GaussianCells,
  inCells,
  middleOf,
  pixelShare,
  Stack,
  standardNormal,
  whole,
  type Share,
} from '../../main/models/ans'

const below = (depth: number) => (0x9e3779b1 * (depth + 1)) >>> 0

const share = fc
  .tuple(fc.nat(whole - 1), fc.integer({ min: 1, max: whole }))
  .map(([start, length]): Share => ({ start, frequency: Math.min(length, whole - start) }))

describe('a stack', () => {
  it('gives back what was pushed, the last first, whatever lay below', () => {
    fc.assert(
      fc.property(fc.array(share, { minLength: 1, maxLength: 300 }), fc.boolean(), (shares, kept) => {
        const stack = new Stack(below)
        // begun by popping: words from below are taken, and must be there again
        const drawn = Array.from({ length: 20 }, () => stack.pop((place) => ({ start: place, frequency: 1 })).start)
        const before = stack.message
        for (const one of shares) stack.push(one)
        const again = kept ? Stack.of(stack.message, below) : stack
        for (const one of shares.toReversed())
          again.pop((place) => {
            expect(place >= one.start && place < one.start + one.frequency).toBe(true)
            return one
          })
        expect(again.message).toEqual(before)
        for (const start of drawn.toReversed()) again.push({ start, frequency: 1 })
        // twenty symbols of 24 bits, and nothing else: all that was borrowed
        expect(again.bits).toBeCloseTo(32 * (stack.borrowed + 1), 6)
      }),
    )
  })

  it('grows by the bits of what is pushed', () => {
    const stack = new Stack(below)
    const start = stack.bits
    let ideal = 0
    for (let i = 0; i < 20_000; i++) {
      const frequency = 1 + ((i * 7919) % (whole - 1))
      ideal -= Math.log2(frequency / whole)
      stack.push({ start: 0, frequency })
    }
    expect((stack.bits - start) / ideal).toBeCloseTo(1, 4)
  })
})

describe('shares', () => {
  it('of a Gaussian fill the whole, in order; each place is found in its cell', () => {
    const gaussian = fc.record({
      floor: fc.constantFrom<0 | 1>(0, 1),
      mean: fc.double({ min: -40, max: 40, noNaN: true }),
      deviation: fc.double({ min: 1e-4, max: 30, noNaN: true }),
      place: fc.nat(whole - 1),
    })
    fc.assert(
      fc.property(gaussian, ({ mean, deviation, floor, place }) => {
        const distribution = new GaussianCells(mean, deviation, floor)
        const { cell, start, frequency } = distribution.find(place)
        expect(frequency).toBeGreaterThanOrEqual(1)
        expect(place >= start && place < start + frequency).toBe(true)
        expect(distribution.share(cell)).toEqual({ start, frequency })
        const before = cell > 0 ? distribution.share(cell - 1) : { start: 0, frequency: start }
        expect(before.start + before.frequency).toBe(start)
        expect(distribution.share((cell * 7) % cells).frequency).toBeGreaterThanOrEqual(floor)
        expect(distribution.share(0).start).toBe(0)
        const last = distribution.share(cells - 1)
        expect(last.start + last.frequency).toBe(whole)
      }),
    )
  })

  it('of a Gaussian are its masses', () => {
    const [mean, deviation] = [0.3, 0.2]
    const distribution = new GaussianCells(mean, deviation, 0)
    let total = 0
    for (let cell = 0; cell < cells; cell++)
      if (Math.abs(middleOf(cell) - mean) < deviation) total += distribution.share(cell).frequency / whole
    expect(total).toBeCloseTo(0.6827, 2)
  })

  it('of a pixel are σ of its logit, and never nothing', () => {
    for (const logit of [-100, -3, 0, 0.5, 100]) {
      const [one, zero] = [pixelShare(logit, 1), pixelShare(logit, 0)]
      expect(one.frequency + zero.frequency).toBe(whole)
      expect(Math.min(one.frequency, zero.frequency)).toBeGreaterThanOrEqual(1)
      expect(one.frequency / whole).toBeCloseTo(1 / (1 + Math.exp(-logit)), 6)
      expect(zero.start).toBe(one.frequency)
    }
  })
})

it('the normal distribution is right to the last digits, and rises', () => {
  // Abramowitz & Stegun, table 26.1
  for (const [x, expected] of [
    [0, 0.5],
    [1, 0.841344746068543],
    [2, 0.977249868051821],
    [-3, 0.00134989803163],
    [5, 0.999999713348428],
  ] as const)
    // prettier-ignore
    expect(Math.abs(standardNormal(x) - expected)).toBeLessThan(1e-14)
  for (let x = -9; x < 9; x += 0.01) expect(standardNormal(x + 0.01) - standardNormal(x)).toBeGreaterThan(-1e-14)
  expect(inCells(middleOf(5) - middleOf(2))).toBe(3)
})
