/** Whose final weights are made anew adds up in another order: that has a number, and runs of before are told. */
import { createHash } from 'node:crypto'
import { expect, it } from 'vitest'
import { arithmetic } from '../../main/engine/engine'
import { versions } from '../../main/training/prepared-engines'
import known from '../fixtures/final-weights.json'

it('the number of the arithmetic is that of the known final weights, which are no others', () => {
  const { about: _, arithmetic: digests, ...machines } = known
  const [first] = Object.values(machines)
  const lines = Object.entries(first!).map(([name, hash]) => `${name} ${hash}`)
  const digest = createHash('sha256').update(lines.join('\n')).digest('hex')
  expect(Object.entries(digests).at(-1), 'final weights were made anew: see what the fixture says about it').toEqual([
    String(arithmetic),
    digest,
  ])
  expect(new Set(Object.values(digests)).size).toBe(Object.keys(digests).length)
  expect(versions['arithmetic']).toBe(String(arithmetic))
})
