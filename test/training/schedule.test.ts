import { describe, expect, it } from 'vitest'
import { klWeight, limited, stepsPerEpoch } from '../../main/training/schedule'

describe('klWeight', () => {
  it('rises linearly with the step, from 0 before training to 1 at the end of the warm-up', () => {
    const weight = (step: number) => klWeight(step, { klWarmup: 10 }, 469)
    expect(weight(0)).toBe(0)
    expect(weight(1)).toBe(1 / 4690)
    expect(weight(469)).toBeCloseTo(0.1, 12)
    expect(weight(4689)).toBeLessThan(1)
    expect(weight(4690)).toBe(1)
    expect(weight(9000)).toBe(1)
  })

  it('is 1 from the start without a warm-up, and counts parts of epochs', () => {
    expect(klWeight(0, { klWarmup: 0 }, 469)).toBe(1)
    expect(klWeight(5, { klWarmup: 0.5 }, 20)).toBe(0.5)
  })
})

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
