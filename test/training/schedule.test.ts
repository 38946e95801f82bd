import { describe, expect, it } from 'vitest'
import { limited, stepsPerEpoch } from '../../main/training/schedule'

describe('an epoch', () => {
  it('has a smaller last batch where the images do not fill it', () => {
    expect(stepsPerEpoch(60_000, 128)).toBe(469)
    expect(stepsPerEpoch(256, 128)).toBe(2)
    expect(stepsPerEpoch(1, 128)).toBe(1)
  })

  it('has the first images only, where there is a limit below their number', () => {
    const split = { images: new Uint8Array(784 * 5), labels: new Uint8Array(5), count: 5 }
    expect(limited(split, { limit: 3 }).count).toBe(3)
    expect(limited(split, { limit: 0 }).count).toBe(5)
    expect(limited(split, { limit: 9 }).count).toBe(5)
  })
})
