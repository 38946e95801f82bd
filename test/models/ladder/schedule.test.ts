import { describe, expect, it } from 'vitest'
import { warmUp } from '../../../main/models/ladder/schedule'

function klWeight(step: number, settings: { klWarmup: number }, stepsPerEpoch: number): number {
  return warmUp(settings, stepsPerEpoch).scalars(step, {})['klWeight']!
}

describe('the KL weight', () => {
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
