/** Many random expressions: what is compiled, as a graph and as a plan, gives what tfjs gives. */
import { expect, it } from 'vitest'
import { expectSameGradients, expectSameValues } from './random-graphs'

const runs = 250

it('give the same values', async () => {
  expect.hasAssertions()
  await expectSameValues(runs)
})

it('have the same gradients', async () => {
  expect.hasAssertions()
  await expectSameGradients(runs)
})
