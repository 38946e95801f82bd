import { describe, expect, it } from 'vitest'
import { normalQuantile, normals, permutation, stream, threefry, uniform } from '../../main/models/random'

const key = { seed: 1, stream: stream.noise, counter: 7 }

describe('threefry', () => {
  // Random123's known answers for Threefry-2x32 with 20 rounds: counter, key, result
  it.each([
    [0, 0, 0, 0, 0x6b200159, 0x99ba4efe],
    [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0x1cb996fc, 0xbb002be7],
    [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344, 0xc4923a9c, 0x483df7a0],
  ])('equals the published vector of counter %i %i', (counter0, counter1, key0, key1, first, second) => {
    const out = new Uint32Array(3)
    threefry(key0, key1, counter0, counter1, out, 1)
    expect([...out]).toEqual([0, first, second])
  })
})

describe('normalQuantile', () => {
  // √2 · erfinv(2p − 1) with 40 digits; the first two are AS 241's own check values
  it.each([
    [0.25, -0.6744897501960817],
    [0.001, -3.090232306167813],
    [0.5, 0],
    [0.075, -1.4395314709384563],
    [2 ** -33, -6.337957754553788],
  ])('Φ⁻¹(%f) = %f', (p, quantile) => {
    expect(normalQuantile(p)).toBeCloseTo(quantile, 13)
    expect(normalQuantile(1 - p)).toBeCloseTo(-quantile, 8)
  })
})

it('gives any part of a key’s numbers as it gives the whole', () => {
  const whole = { normals: normals(new Float32Array(9000), key), uniform: uniform(new Float32Array(9000), key, 2, 3) }
  for (const [from, to] of [
    [0, 1],
    [1, 2],
    [1, 9000],
    [2, 8192],
    [4095, 8193],
    [4097, 4097],
  ] as const) {
    // prettier-ignore
    expect(normals(new Float32Array(to - from), key, from)).toEqual(whole.normals.subarray(from, to))
    expect(uniform(new Float32Array(to - from), key, 2, 3, from)).toEqual(whole.uniform.subarray(from, to))
  }
})

describe('normals', () => {
  const sample = normals(new Float32Array(200_000), key)
  const mean = (f: (x: number) => number) => sample.reduce((sum, x) => sum + f(x), 0) / sample.length

  it('has the moments of the standard normal distribution', () => {
    // four standard errors each
    expect(Math.abs(mean((x) => x))).toBeLessThan(4 * Math.sqrt(1 / sample.length))
    expect(Math.abs(mean((x) => x ** 2) - 1)).toBeLessThan(4 * Math.sqrt(2 / sample.length))
    expect(Math.abs(mean((x) => x ** 3))).toBeLessThan(4 * Math.sqrt(15 / sample.length))
    expect(Math.abs(mean((x) => x ** 4) - 3)).toBeLessThan(4 * Math.sqrt(96 / sample.length))
  })

  it('does not correlate with the next number, the next counter, stream or seed', () => {
    const others = [{ counter: 8 }, { stream: stream.order }, { seed: 2 }].map((other) =>
      normals(new Float32Array(sample.length), { ...key, ...other }),
    )
    for (const other of [sample.subarray(1), ...others]) {
      const correlation = other.reduce((sum, x, i) => sum + x * sample[i]!, 0) / sample.length
      expect(Math.abs(correlation)).toBeLessThan(4 / Math.sqrt(sample.length))
    }
  })

  it('is a function of the key and the place alone, whatever the length', () => {
    expect(normals(new Float32Array(5), key)).toEqual(sample.subarray(0, 5))
  })

  it('turns the words of blocks 0, 1, … into quantiles, one after another', () => {
    const expected = [0x6b200159, 0x99ba4efe].map((word) => Math.fround(normalQuantile((word + 0.5) / 2 ** 32)))
    expect([...normals(new Float32Array(3), { seed: 0, stream: 0, counter: 0 }).subarray(0, 2)]).toEqual(expected)
  })
})

describe('uniform', () => {
  it('fills the range evenly', () => {
    const counts = new Uint32Array(10)
    const values = uniform(new Float32Array(100_000), key, -2, 3)
    for (const value of values) counts[Math.floor((value + 2) * 2)]!++
    // χ² with 9 degrees of freedom: above 33.7 once in 10,000
    const chiSquare = counts.reduce((sum, count) => sum + (count - 10_000) ** 2 / 10_000, 0)
    expect(chiSquare).toBeLessThan(33.7)
  })
})

describe('permutation', () => {
  it('holds every index once', () => {
    expect(
      permutation(60_000, key)
        .toSorted()
        .every((value, i) => value === i),
    ).toBe(true)
  })

  it('differs from epoch to epoch and from seed to seed', () => {
    const order = permutation(1000, key)
    for (const other of [{ counter: 8 }, { seed: 2 }]) {
      const same = permutation(1000, { ...key, ...other }).filter((value, i) => value === order[i]).length
      expect(same).toBeLessThan(10) // one on average
    }
  })

  it('prefers no order', () => {
    const counts = new Map<string, number>()
    for (let counter = 0; counter < 12_000; counter++) {
      const order = permutation(4, { ...key, counter }).join()
      counts.set(order, (counts.get(order) ?? 0) + 1)
    }
    expect(counts.size).toBe(24)
    // χ² with 23 degrees of freedom: above 56 once in 10,000
    expect([...counts.values()].reduce((sum, count) => sum + (count - 500) ** 2 / 500, 0)).toBeLessThan(56)
  })

  it('of nothing, and of one', () => {
    expect(permutation(0, key)).toEqual(new Uint32Array())
    expect(permutation(1, key)).toEqual(Uint32Array.of(0))
  })
})
