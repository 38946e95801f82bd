/**
 * `npm run fuzz -- --runs N`: tries inputs that are nearly right on everything that reads what others wrote.
 *
 * Each target gets its share of the runs, or of the time with --seconds N, in processes of its own; caps on time and
 * memory hold for every input (guard.ts). An input that fails is shrunk, printed and kept in test/fixtures/fuzz, where
 * kept.test.ts tries it again for ever. The same --seed tries the same inputs.
 */
import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { share } from './share'
import { targets } from './targets'
import { tryTarget, type Report } from './try-target'

/** A larger input is looked at, and then made small by hand. */
const mostKept = 20_000

const { values } = parseArgs({
  options: {
    runs: { type: 'string' },
    seconds: { type: 'string' },
    seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
    target: { type: 'string', multiple: true, default: [] },
    jobs: { type: 'string', default: String(availableParallelism()) },
  },
})
const chosen = targets.filter(({ name }) => values.target.length === 0 || values.target.includes(name))
if (chosen.length === 0) throw new Error(`There are the targets ${targets.map(({ name }) => name).join(', ')}.`)
const [seed, jobs] = [Number(values.seed), Number(values.jobs)]
/** Both are more than anyone waits for, and still numbers that timers take. */
const [endless, forEver] = [1e12, 1e6]
const runs = Number(values.runs ?? endless)
const seconds = Number(values.seconds ?? (values.runs === undefined ? 60 : forEver))

console.log(`seed ${seed}`)
const wishes = share(chosen, { runs, seconds, jobs, seed })
const reports: Report[] = []
await Promise.all(
  Array.from({ length: jobs }, async () => {
    for (let wish = wishes.shift(); wish !== undefined; wish = wishes.shift()) {
      const report = await tryTarget(join(import.meta.dirname, 'child.js'), wish)
      reports.push(report)
      const { target, runs, seconds, found } = report
      console.log(`${target.padEnd(16)} ${String(runs).padStart(9)} inputs in ${seconds.toFixed(1)} s`)
      if (found !== null) keep(target, found)
    }
  }),
)
const failed = reports.filter(({ found }) => found !== null).map(({ target }) => target)
const total = reports.reduce((sum, { runs }) => sum + runs, 0)
console.log(
  `${total} inputs; ${failed.length === 0 ? 'nothing was found' : `found something in: ${failed.join(', ')}`}`,
)
process.exitCode = failed.length === 0 ? 0 : 1

function keep(target: string, { input, error }: { input: string; error: string }): void {
  console.log(`\n${target} fails: ${error}\n`)
  if (input.length > mostKept) return console.log(`An input of ${input.length} characters: too large to be kept.\n`)
  const hash = createHash('sha256').update(input).digest('hex').slice(0, 8)
  const path = resolve('test/fixtures/fuzz', `${target}.${hash}.json`)
  writeFileSync(path, input)
  console.log(`Kept as ${path}:\n${input.slice(0, 2000)}\n`)
}
