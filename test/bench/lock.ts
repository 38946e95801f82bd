/**
 * `npm run bench:lock`: what it costs that a run's lock is looked at before every write.
 *
 * Times a look, then trains in this thread and counts the looks. Prints both, and what share of the time they take.
 */
import { constants } from 'node:fs'
import fs, { mkdtemp, rm } from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { acquireLock, assertStillHeld } from '../../main/files/lock'
import { bundledFolder } from '../../main/mnist/bundled'
import { makeRunFolder } from '../../main/runs/folder'
import { lockName } from '../../main/runs/names'
import { createService } from '../../main/training/service'
import { runSettings } from '../../preload/contract'
import { machine, median } from './measure'

const { values } = parseArgs({
  options: {
    epochs: { type: 'string', default: '3' },
    limit: { type: 'string', default: '12800' },
    threads: { type: 'string', default: '2' },
  },
})
const settings = runSettings.parse({
  epochs: Number(values.epochs),
  limit: Number(values.limit),
  lanes: Number(values.threads),
})
const looksARound = 2000

const result = await mkdtemp(join(tmpdir(), 'vlae-bench-'))
const folder = await makeRunFolder(result, 'lock')
const lock = await acquireLock(join(folder, lockName))

const rounds: number[] = []
for (let round = 0; round < 7; round++) {
  const begin = performance.now()
  for (let i = 0; i < looksARound; i++) await assertStillHeld(lock, () => Promise.resolve(true))
  rounds.push(((performance.now() - begin) * 1000) / looksARound)
}
const look = median(rounds)

let looks = 0
const { open } = fs
fs.open = (path, flags, ...mode) => {
  // its owner opens it in another way to renew it
  if (path === lock.path && typeof flags === 'number' && (flags & constants.O_RDWR) === 0) looks++
  return open(path, flags, ...mode)
}
syncBuiltinESMExports()

let begin = 0
const seconds = await new Promise<number>((resolve, reject) => {
  const service = createService({
    event: (event) => {
      if (event.type === 'started') [begin, looks] = [performance.now(), 0]
      if (event.type === 'failure') reject(new Error(event.error.message))
      if (event.type === 'done') resolve((performance.now() - begin) / 1000)
    },
    progress: () => undefined,
  })
  const run = { folder, name: 'lock', settings, dataFolder: bundledFolder(), bundled: true, from: null }
  service.start(run, { path: lock.path, holder: lock.holder }).catch(reject)
})
const perSecond = looks / seconds
console.log(machine())
console.log(
  `a look at the lock: ${look.toFixed(0)} µs (${Math.min(...rounds).toFixed(0)}–${Math.max(...rounds).toFixed(0)}, ` +
    `median of ${rounds.length} rounds of ${looksARound})`,
)
console.log(
  `training ${settings.epochs} epochs of ${settings.limit || 60_000} images: ${looks} looks in ${seconds.toFixed(1)} s, ` +
    `${perSecond.toFixed(2)} a second, ${((perSecond * look) / 1e4).toFixed(3)} % of the time`,
)
await lock.release()
await rm(result, { recursive: true })
process.exit()
