/** What no plan is found for is computed by its graph. */
import { expect, it, vi } from 'vitest'
import { compileGradient } from '../../../main/engine/lanes/gradient'
import { createModel } from '../../../main/models/create'

vi.mock('../../../main/engine/plan/plan', () => ({
  planOf: () => {
    throw new Error('a value lies nowhere')
  },
}))

it.each(['ladder', 'vlae'] as const)('a gradient of %s that cannot be planned stays a graph', (model) => {
  const { models, plans } = compileGradient(createModel({ model }), 2, true)
  expect(plans).toEqual([])
  expect(models).toHaveLength(model === 'vlae' ? 2 : 1)
})
