/** What is kept ready for those who come next, and what is let go of. */
import { beforeEach, expect, it } from 'vitest'
import type { Engine, Learner } from '../../main/engine/engine'
import { PreparedEngines } from '../../main/training/prepared-engines'

/** What is there of what engines have made: sessions and learners. */
const there = new Set<string>()
beforeEach(() => there.clear())

function made(name: string) {
  there.add(name)
  return async () => {
    if (!there.delete(name)) throw new Error(`${name} is let go of twice`)
  }
}

const engines = () =>
  new PreparedEngines(async ({ engine, lanes }): Promise<Engine> => ({
    name: engine,
    device: 'CPU',
    prepare: async () => ({ run: async () => ({}) as never, release: made(`program ${lanes}`) }),
    learner: async ({ batch }) => ({ release: made(`learner ${lanes}×${batch}`) }) as unknown as Learner,
  }))

/** Gets it, and uses it. */
async function use(of: PreparedEngines, lanes: number, ...batches: number[]) {
  const prepared = await of.get({ condition: 'label', lanes })
  await prepared.programs.sample(8)
  for (const batch of batches) await prepared.learner(batch)
  return prepared
}
const settled = () => new Promise((resolve) => setImmediate(resolve))

it('lets go of what was used longest ago, and keeps two ready', async () => {
  const all = engines()
  for (const lanes of [1, 2, 1, 3]) (await use(all, lanes, 8)).done()
  await settled()
  expect([...there].toSorted()).toEqual(['learner 1×8', 'learner 3×8', 'program 1', 'program 3'])
  // what was let go of is made anew
  ;(await use(all, 2, 8)).done()
  await settled()
  expect([...there].toSorted()).toEqual(['learner 2×8', 'learner 3×8', 'program 2', 'program 3'])
  await all.release()
  expect([...there]).toEqual([])
})

it('keeps what is used, however much else is', async () => {
  const all = engines()
  const training = await use(all, 4, 16)
  for (const lanes of [1, 2, 3]) (await use(all, lanes)).done()
  await settled()
  expect([...there].toSorted()).toEqual(['learner 4×16', 'program 2', 'program 3', 'program 4'])
  // told twice, it counts once
  training.done()
  training.done()
  await settled()
  expect([...there].toSorted()).toEqual(['learner 4×16', 'program 3', 'program 4'])
})

it('keeps the lanes of one number of images a step, the last one', async () => {
  const all = engines()
  const training = await use(all, 2, 8)
  // settings that a person turns in the meantime
  ;(await use(all, 2, 16, 32)).done()
  await settled()
  expect(there).toContain('learner 2×8')
  training.done()
  await settled()
  expect([...there].toSorted()).toEqual(['learner 2×32', 'program 2'])
  ;(await use(all, 2, 32)).done()
  await settled()
  expect([...there].toSorted()).toEqual(['learner 2×32', 'program 2'])
})
