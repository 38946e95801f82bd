/**
 * `npm run bench:epoch-end`: how long training stands still at the end of an epoch, and when the epoch is told to be there.
 *
 * Trains on MNIST in this thread, in a folder of `--out` (the disk that it is about) or the system's for temporary files. Of each
 * epoch: its steps; its test; what else passes until the first step of the next one is done, without that step, by the clock
 * and in processor time; and after how many seconds and steps all its files are there. Medians of all epochs but the first two.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { bundledFolder } from '../../main/mnist/bundled'
import type { TrainerEvent } from '../../main/trainer/events'
import { createService } from '../../main/training/service'
import { runSettings } from '../../preload/contract'
import { isOpen } from '../../preload/life'
import { machine, median } from './measure'

const { values } = parseArgs({
  options: {
    model: { type: 'string', default: 'ladder' },
    epochs: { type: 'string', default: '6' },
    limit: { type: 'string', default: '6400' },
    threads: { type: 'string', default: '2' },
    out: { type: 'string', default: tmpdir() },
  },
})

interface Moment {
  readonly at: number
  readonly processor: number
}
interface Epoch {
  steps: number
  /** When its last step was done, its test, the next epoch's first step; and when it was told. */
  last?: Moment
  tested?: Moment
  next?: Moment
  told?: Moment
  /** Steps of the next one that were done till then. */
  beside: number
}

function now(): Moment {
  const { user, system } = process.cpuUsage()
  return { at: performance.now(), processor: (user + system) / 1000 }
}

const epochs: Epoch[] = []
const ofSteps: number[] = []
let ended!: () => void
const end = new Promise<void>((resolve) => (ended = resolve))

function take(event: TrainerEvent): void {
  const moment = now()
  if (event.type === 'step') {
    const epoch = (epochs[event.epoch] ??= { steps: 0, beside: 0 })
    const before = epochs[event.epoch - 1]
    epoch.steps++
    if (epoch.last !== undefined) ofSteps.push(moment.at - epoch.last.at)
    epoch.last = moment
    if (before !== undefined) before.next ??= moment
    if (before !== undefined && before.told === undefined) before.beside++
  }
  if (event.type === 'progress' && event.task === 'evaluate') epochs.at(-1)!.tested = moment
  if (event.type === 'epoch') (epochs[event.epoch] ??= { steps: 0, beside: 0 }).told = moment
  if (event.type === 'state' && !isOpen(event.state)) ended()
}

const folder = await mkdtemp(join(values.out, 'vlae-bench-'))
const settings = runSettings.parse({
  model: values.model,
  epochs: Number(values.epochs),
  limit: Number(values.limit),
  lanes: Number(values.threads),
  engine: 'onnx-cpu',
})
const service = createService({ event: take, progress: () => undefined })
await service.start({ folder, name: 'bench', settings, dataFolder: bundledFolder(), bundled: true, from: null })
await end
await service.leave()
await rm(folder, { recursive: true })

const step = median(ofSteps)
const rows = epochs.slice(2).flatMap(({ last, tested, next, told, beside }) => {
  if (!last || !tested || !next || !told) return []
  const stands = next.at - tested.at - step
  return [{ test: tested.at - last.at, stands, processor: next.processor - tested.processor, told: told.at - tested.at, beside }] // prettier-ignore
})
const of = (value: (row: (typeof rows)[number]) => number) => median(rows.map(value)).toFixed(0)
console.log(
  `${machine()}; ${values.model}, ${values.limit} images, ${values.threads} threads; medians of ${rows.length} epochs`,
)
console.log(`a step ${step.toFixed(1)} ms, the test ${of(({ test }) => test)} ms`)
console.log(`stands still besides for ${of(({ stands }) => stands)} ms (processor, with one step: ${of(({ processor }) => processor)} ms)`) // prettier-ignore
console.log(`told after ${of(({ told }) => told)} ms, beside ${of(({ beside }) => beside)} steps`)
