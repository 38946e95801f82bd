import { describe, expect, it } from 'vitest'
import { freeNats, hardFreeBits, softFreeBits } from '../../../main/models/vlae/free-bits'

const means = (kl: number) => ({ reconstruction: 80, kl })

describe('free bits', () => {
  const { objective, partWeights, schedule, measuredFirst } = hardFreeBits(freeNats)

  it('are 0.01 nats a pixel', () => expect(freeNats).toBeCloseTo(0.01 * 784, 12))

  it('count a code by what it costs, and by λ where that is less', () => {
    expect(objective(means(10), {})).toBe(90)
    expect(objective(means(2), {})).toBe(80 + freeNats)
  })

  it('have no slope below λ, so that the code is not pressed', () => {
    expect(partWeights({}, means(freeNats + 0.01))).toEqual([1, 1])
    expect(partWeights({}, means(freeNats - 0.01))).toEqual([1, 0])
  })

  it('are decided by the mean of the whole batch, which is measured first', () => {
    expect(measuredFirst).toEqual(['kl'])
    expect(schedule.next(schedule.start, means(3))).toEqual({})
  })

  it.each([2, 10])('have weights that are the slope of what is minimised: KL %f', (kl) => {
    const slope = (objective(means(kl + 1e-3), {}) - objective(means(kl - 1e-3), {})) / 2e-3
    expect(partWeights({}, means(kl))[1]).toBeCloseTo(slope, 9)
  })
})

describe('soft free bits', () => {
  const { objective, partWeights, schedule, measuredFirst } = softFreeBits(10)
  const after = (gamma: number, kl: number) => schedule.next({ gamma }, means(kl))['gamma']!

  it('weigh the code’s cost by γ, 1 at first', () => {
    expect(schedule.start).toEqual({ gamma: 1 })
    expect(schedule.scalars(5, { gamma: 0.3 })).toEqual({ gamma: 0.3 })
    expect(objective(means(20), { gamma: 0.5 })).toBe(90)
    expect(partWeights({ gamma: 0.5 }, {})).toEqual([1, 0.5])
    expect(measuredFirst).toEqual([])
  })

  it('move γ by a tenth, down below λ and up from 5 % above it, and leave it in between', () => {
    expect(after(0.5, 9.99)).toBeCloseTo(0.5 / 1.1, 12)
    expect(after(0.5, 10)).toBe(0.5)
    expect(after(0.5, 10.5)).toBe(0.5)
    expect(after(0.5, 10.51)).toBeCloseTo(0.55, 12)
  })

  it('never count more than the whole cost', () => expect(after(0.95, 20)).toBe(1))

  it('bring a code that would cost nothing to λ', () => {
    // a code that costs less the more it is pressed
    let state = schedule.start
    const kl = () => 4 / state['gamma']!
    for (let step = 0; step < 50; step++) state = schedule.next(state, means(kl()))
    expect(kl()).toBeGreaterThanOrEqual(10 / 1.1)
    expect(kl()).toBeLessThanOrEqual(10.5 * 1.1)
  })
})
