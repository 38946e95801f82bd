/**
 * `npm run bench:questions`: how long a question to a checkpoint takes, from a page's end of the seam to the worker and back.
 *
 * Asks for a sample of one digit and of each digit, and for eight reconstructions, of one checkpoint and of one after the
 * other, with nothing else going on; then for one digit while a run trains. The first answer makes ready what the next
 * ones use, and is told apart from them.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { parseArgs } from 'node:util'
import { openSettings } from '../../main/app/settings'
import { Studio } from '../../main/app/studio'
import { createTrainer } from '../../main/trainer/trainer'
import { portChannel } from '../../preload/channels'
import { runSettings, type Question } from '../../preload/contract'
import { connectToApp } from '../../preload/seam'
import { machine, median } from './measure'

const { values } = parseArgs({
  options: {
    times: { type: 'string', default: '200' },
    threads: { type: 'string', default: '2' },
  },
})
const times = Number(values.times)
const epochs = 12
const settings = runSettings.parse({ lanes: Number(values.threads), limit: 256, epochs })

const resultFolder = await mkdtemp(join(tmpdir(), 'vlae-bench-'))
const trainer = createTrainer({ worker: new URL('../main/worker.js', import.meta.url) })
const studio = new Studio({
  trainer,
  settings: openSettings(() => ({ path: join(resultFolder, 'none'), store: {} })),
  door: { kind: 'tab' },
  resultFolder,
  version: '0.0.0',
})
const { port1, port2 } = new MessageChannel()
studio.connect(portChannel(port2))
const app = connectToApp({ events: () => undefined }, portChannel(port1))

/** Trains a run; resolves with its id when it is done. */
async function train(change: Partial<typeof settings>): Promise<string> {
  const done = new Promise<void>((resolve) => trainer.on((event) => event.type === 'done' && resolve()))
  const run = await app.start({ settings: { ...settings, ...change } })
  await done
  return run
}

let asked = 0
async function time(run: string, question: Question, epoch = epochs): Promise<number> {
  const begin = performance.now()
  await app.ask({ run, epoch, task: `${asked++}`, question })
  return performance.now() - begin
}

function told(name: string, all: readonly number[]): void {
  const [first, ...rest] = all
  const sorted = rest.toSorted((a, b) => a - b)
  const at = (share: number) => sorted[Math.floor(share * (sorted.length - 1))]!.toFixed(1)
  console.log(
    `${name}: first ${first!.toFixed(0)} ms, then ${median(rest).toFixed(1)} ms ` +
      `(${at(0)}–${at(1)}, 95 % within ${at(0.95)}; median of ${rest.length})`,
  )
}

async function series(name: string, ask: (i: number) => Promise<number>): Promise<void> {
  const all: number[] = []
  for (let i = 0; i <= times; i++) all.push(await ask(i))
  told(name, all)
}

console.log(`${machine()}; ${values.threads} threads`)
const run = await train({})
const digit = (i: number): Question => ({ type: 'sample', digit: i % 10, count: 1, seed: i })
await series('one digit', (i) => time(run, digit(i)))
await series('eight of a digit', (i) => time(run, { type: 'sample', digit: i % 10, count: 8, seed: i }))
await series('eight of each digit', (i) => time(run, { type: 'sample', seed: i }))
await series('eight reconstructions', (i) =>
  time(run, { type: 'reconstruct', images: Array.from({ length: 8 }, (_, k) => 8 * i + k) }),
)
await series('one digit, each time of the next of five checkpoints', (i) => time(run, digit(0), 1 + (i % 5)))
await series('one digit, each time of a checkpoint that is not kept any more', (i) =>
  time(run, digit(0), 1 + (i % epochs)),
)
const training = trainer.start({
  settings: { ...settings, limit: 0, epochs: 10 },
  dataFolder: null,
  resultFolder,
  name: 'busy',
})
const step = new Promise<void>((resolve) => trainer.on((event) => event.type === 'step' && resolve()))
const { folder: busy } = await training
await step
await series(`one digit, while a run trains (${basename(busy)})`, (i) => time(run, digit(i)))
await studio.close()
await rm(resultFolder, { recursive: true })
process.exit()
