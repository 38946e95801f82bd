import { describe, expect, it } from 'vitest'
import { Speed } from '../../main/training/speed'

describe('Speed', () => {
  it('means over everything, and over the last two seconds', () => {
    const speed = new Speed()
    expect(speed.mean).toBeNull()
    for (let i = 0; i < 10; i++) speed.add(100, 1)
    for (let i = 0; i < 8; i++) speed.add(100, 0.25)
    expect(speed.mean).toBeCloseTo(1800 / 12, 10)
    expect(speed.now).toBeCloseTo(400, 10)
  })

  it('knows at least the last step, however long it took', () => {
    const speed = new Speed()
    speed.add(100, 1)
    speed.add(50, 5)
    expect(speed.now).toBe(10)
  })
})
