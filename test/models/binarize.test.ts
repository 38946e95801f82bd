import { describe, expect, it } from 'vitest'
import { binarize, binarizeOnce } from '../../main/models/binarize'

const size = 784

describe('binarized images', () => {
  it('are 1 with the grey level as probability', () => {
    const draws = 20_000
    for (const grey of [1, 64, 128, 254]) {
      const drawn = binarize(new Uint8Array(draws).fill(grey), { seed: 3, step: 9 })
      const share = drawn.reduce((sum, value) => sum + value, 0) / 255 / draws
      const p = grey / 255
      expect(Math.abs(share - p)).toBeLessThan(4 * Math.sqrt((p * (1 - p)) / draws))
    }
  })

  it('are never 1 where it is black, and always where it is white', () => {
    const many = (grey: number) => new Uint8Array(100_000).fill(grey)
    expect(binarize(many(0), { seed: 1, step: 1 })).toEqual(many(0))
    expect(binarize(many(255), { seed: 1, step: 1 })).toEqual(many(255))
  })

  it('are a function of seed and step, drawn anew at every step', () => {
    const grey = new Uint8Array(4 * size).fill(128)
    const drawn = binarize(grey, { seed: 1, step: 5 })
    expect(binarize(grey, { seed: 1, step: 5 })).toEqual(drawn)
    for (const key of [
      { seed: 1, step: 6 },
      { seed: 2, step: 5 },
    ]) {
      // prettier-ignore
      const same = binarize(grey, key).filter((value, i) => value === drawn[i]).length
      expect(Math.abs(same / grey.length - 0.5)).toBeLessThan(0.05)
    }
  })

  it('of one batch do not depend on how many there are', () => {
    const grey = new Uint8Array(3 * size).fill(99)
    const key = { seed: 1, step: 5 }
    expect(binarize(grey.subarray(0, size), key)).toEqual(binarize(grey, key).subarray(0, size))
  })

  it('may take the place of the grey ones', () => {
    const grey = Uint8Array.from({ length: size }, (_, i) => i % 256)
    const expected = binarize(grey, { seed: 1, step: 5 })
    expect(binarize(grey, { seed: 1, step: 5 }, grey)).toBe(grey)
    expect(grey).toEqual(expected)
  })

  it('of a test set are drawn once', () => {
    const grey = new Uint8Array(size).fill(128)
    expect(binarizeOnce(grey)).toEqual(binarizeOnce(grey))
  })
})
