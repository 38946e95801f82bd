/** A few seconds of fuzzing over all targets, other inputs at each run; and what the fuzzer has found once, tried for ever. */
import { readdirSync, readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { buildModules, type Built } from '../build'
import { share } from './share'
import { targets } from './targets'
import { tryInputs, tryTarget, type Report } from './try-target'

const kept = join(import.meta.dirname, '../fixtures/fuzz')
const jobs = availableParallelism()
let built: Built
let child: string
beforeAll(async () => {
  built = await buildModules({ child: 'test/fuzz/child.ts' })
  child = join(built.folder, 'child.js')
})
afterAll(() => built.remove())

/** Named TARGET.ANYTHING.json. */
const names = readdirSync(kept)
it.each([...new Set(names.map((name) => name.split('.')[0]!))])('%s: what was found is mended', async (target) => {
  const files = names.filter((name) => name.startsWith(`${target}.`))
  const inputs = files.map((name) => readFileSync(join(kept, name), 'utf8'))
  expect(await tryInputs(child, target, inputs)).toBeNull()
})

it('finds nothing in a few seconds', async () => {
  const seed = Date.now() % 2 ** 31
  const wishes = share(targets, { runs: 1e9, seconds: 8, jobs, seed })
  const reports: Report[] = []
  await Promise.all(
    Array.from({ length: jobs }, async () => {
      for (let wish = wishes.shift(); wish !== undefined; wish = wishes.shift())
        reports.push(await tryTarget(child, wish))
    }),
  )
  const found = reports.flatMap(({ target, found }) =>
    found === null ? [] : [`${target}: ${found.error}\n${found.input}`],
  )
  expect(found).toEqual([])
  expect(reports.filter(({ runs }) => runs === 0)).toEqual([])
  expect(reports).toHaveLength(targets.length)
})
