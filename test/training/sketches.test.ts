/** Pictures within the first epoch: when they are drawn, and that they change nothing. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { TrainerEvent } from '../../main/trainer/events'
import { SketchPace } from '../../main/training/sketches'
import { listening, small, workplace } from './set-up'

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

describe('the pace of sketches', () => {
  /** Seconds of training at which pictures are drawn, in an epoch of so many seconds. */
  function drawn(epoch: number, step: number, cost: number): number[] {
    const pace = new SketchPace(epoch / step)
    const at: number[] = []
    for (let trained = step; trained <= epoch; trained += step) {
      if (!pace.step(step)) continue
      at.push(trained)
      pace.drew(cost)
    }
    return at
  }

  it('draws soon, and several times within ten seconds, on fast machines and on slow ones', () => {
    for (const [epoch, step, cost] of [
      [21, 0.045, 0.03],
      [60, 0.13, 0.06],
      [165, 0.35, 0.2],
    ] as const) {
      const at = drawn(epoch, step, cost)
      expect(at[0]).toBeLessThan(3)
      expect(at.filter((seconds) => seconds < 10).length).toBeGreaterThanOrEqual(4)
    }
  })

  it('takes at most a hundredth of the epoch, once what drawing takes is known', () => {
    for (const cost of [0.001, 0.05, 0.3, 4, 60])
      for (const epoch of [10, 60, 3600]) {
        const at = drawn(epoch, 0.1, cost)
        expect(at.length <= 1 || at.length * cost <= epoch / 100).toBe(true)
      }
  })

  it('leaves epochs alone that are done in a moment', () => {
    expect(drawn(1.5, 0.05, 0.03)).toEqual([])
  })
})

describe('a run that is sketched', () => {
  let place: Awaited<ReturnType<typeof workplace>>
  beforeAll(async () => {
    place = await workplace()
  })
  afterAll(() => place.remove())

  type Sketch = Extract<TrainerEvent, { type: 'sketch' }>

  async function train(sketches: boolean) {
    const run = await place.newRun({ settings: small })
    const { service, idle, events } = listening({ sketches })
    const ended = idle()
    await service.start(run)
    await ended
    const file = (name: string) => readFile(join(run.folder, name))
    const drawn = events.filter((event): event is Sketch => event.type === 'sketch')
    return { drawn, weights: await file('vlae_condprior_epoch2.safetensors'), metrics: await file('metrics.jsonl') }
  }

  it('is to the bit what it is without; its pictures are of its first epoch, and become digits', async () => {
    const alone = await train(false)
    expect(alone.drawn).toEqual([])
    // as if each step had taken a minute
    vi.spyOn(SketchPace.prototype, 'step').mockReturnValue(true)
    const seen = await train(true)
    vi.restoreAllMocks()
    expect(seen.drawn.map(({ step }) => step)).toEqual([1, 2, 3, 4])
    for (const { samples, reconstructions } of seen.drawn)
      expect([samples.length, reconstructions.length]).toEqual([80 * 784, 16 * 784])
    expect(seen.drawn[3]!.samples).not.toEqual(seen.drawn[0]!.samples)
    // the same test images above
    const originals = seen.drawn.map(({ reconstructions }) => reconstructions.slice(0, 8 * 784))
    expect(originals[3]).toEqual(originals[0])
    expect(seen.weights.equals(alone.weights)).toBe(true)
    expect(seen.metrics.equals(alone.metrics)).toBe(true)
  })

  it('goes on where drawing fails, without trying again', async () => {
    vi.spyOn(SketchPace.prototype, 'step').mockReturnValue(true)
    const drew = vi.spyOn(SketchPace.prototype, 'drew').mockImplementation(() => {
      throw new Error('out of order')
    })
    const { drawn, weights } = await train(true)
    expect(drew).toHaveBeenCalledTimes(1)
    vi.restoreAllMocks()
    expect(drawn).toHaveLength(1)
    expect(weights.length).toBeGreaterThan(0)
  })
})
