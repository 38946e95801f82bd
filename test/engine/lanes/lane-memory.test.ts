/** The lanes' memory: what addresses of 32 bits reach, and what is said where there is not enough. */
import { describe, expect, it } from 'vitest'
import type { LaneGradient } from '../../../main/engine/lanes/gradient'
import { createLaneMemory } from '../../../main/engine/lanes/lane-memory'
import { LaneLearner } from '../../../main/engine/lanes/lanes'
import type { Plan } from '../../../main/engine/plan/plan'
import { createModel } from '../../../main/models/create'
import { adam } from '../../../main/optimizers/adam/tensors'
import { present } from '../../../preload/present'
import { toy } from '../../models/toy/toy'

const model = { ...toy, optimizer: adam }
const sizes = { lanes: 1, batch: 2, share: 2, noiseSize: model.noiseSize, parts: model.parts }
/** With a plan of so many bytes, which lie last. */
const withPlan = (bytes: number) =>
  createLaneMemory(sizes, model, { models: [], plans: [{ bytes } as Plan], kept: {} } as unknown as LaneGradient)

describe('the lanes’ memory', () => {
  it('ends before the last address of 32 bits', () => {
    const [lane] = withPlan(64).places.lanes
    const begin = present(lane?.plans[0], 'place of a plan')
    expect(() => withPlan(2 ** 32 - begin)).toThrow(RangeError)
  })

  it('that is too large even without plans is an error that says what to do', async () => {
    // 7 MB of weights for each
    const create = LaneLearner.create({ model: createModel({ condition: 'none' }), batch: 1, lanes: 1000 })
    await expect(create).rejects.toMatchObject({
      code: 'system/out-of-memory',
      message: expect.stringContaining('there is not enough memory'),
      remedy: expect.stringContaining('fewer threads'),
    })
  })
})
