/**
 * `npm run bench:questions`: how long a question to a checkpoint takes, from a page's end of the seam to the worker and back.
 *
 * `--only explore`: what Explore asks at every stroke, and what it costs a run that trains.
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
    only: { type: 'string' },
    model: { type: 'string', default: 'ladder' },
  },
})
const times = Number(values.times)
const epochs = 12
const settings = runSettings.parse({ model: values.model, lanes: Number(values.threads), limit: 256, epochs })

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
if (values.only === 'explore') {
  await explore(run)
  await leave()
}
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
await leave()

async function leave(): Promise<never> {
  await studio.close()
  await rm(resultFolder, { recursive: true })
  process.exit()
}

/** A digit that changes a little from stroke to stroke. */
function drawn(i: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length: 784 }, (_, at) => {
    const [x, y] = [at % 28, Math.floor(at / 28)]
    return Math.abs(x - 14 - 3 * Math.sin((y + i) / 4)) < 1.5 && y > 4 && y < 4 + (i % 20) ? 255 : 0
  })
}

async function explore(run: string): Promise<void> {
  const { mean } = await app.ask({ run, epoch: epochs, task: 'e', question: { type: 'encode', pixels: drawn(12) } })
  const codes = (i: number) => mean.map((value, at) => value + (at === i % mean.length ? 1 : 0))
  const stroke = (i: number): Question => ({ type: 'encode', pixels: drawn(i) })
  await series('a stroke: code, costs, class, what comes back', (i) => time(run, stroke(i)))
  await series('a code decoded', (i) => time(run, { type: 'decode', codes: codes(i) }))
  await series('a few samples', (i) => time(run, { type: 'fewSamples', label: i % 10 }))
  if (values.model === 'ladder')
    await series('one hand, ten digits', (i) => time(run, { type: 'morph', code: codes(i), label: i % 10 }))
  await series('ten steps between two, along the prior', (i) =>
    time(run, { type: 'between', from: mean, to: codes(i), labels: [1, 7], steps: 10, path: 'prior' }),
  )

  let steps = 0
  const warm = new Promise<void>((resolve) =>
    trainer.on((event) => {
      if (event.type === 'step' && ++steps === 20) resolve()
    }),
  )
  await trainer.start({
    settings: { ...settings, limit: 0, epochs: 10 },
    dataFolder: null,
    resultFolder,
    name: 'busy',
  })
  await warm
  /** Steps a second meanwhile; strokes as the page asks them beside training, 400 ms after each answer. */
  async function rate(drawing: boolean): Promise<number> {
    const [begin, before] = [performance.now(), steps]
    for (let i = 0; performance.now() - begin < 6000; i++) {
      if (drawing) answers.push(await time(run, stroke(i)))
      await pause(400)
    }
    return (1000 * (steps - before)) / (performance.now() - begin)
  }
  const answers: number[] = []
  const ratios: number[] = []
  for (let round = 0; round < 7; round++) {
    const [without, between, after] = [await rate(false), await rate(true), await rate(false)]
    ratios.push((2 * between) / (without + after))
  }
  told('a stroke, while a run trains', answers)
  console.log(
    `training with strokes all the time, to without: ${median(ratios).toFixed(3)} (${ratios.map((one) => one.toFixed(3)).join(', ')})`,
  )
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds))
}
