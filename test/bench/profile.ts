/**
 * `npm run bench:profile [-- --model vlae]`: where the time of a training step goes, on the real training loop over real MNIST, seen from
 * the first lane's thread; then a lane's plan beside its graph, the calls and the nodes that take longest. With `--without chunks`
 * (or any passes of plan.ts) the plan does without them.
 *
 * The parts are timed where they begin and end, by wrapping the methods that do them; what is left of a step is
 * bookkeeping: metrics, files, events, and giving messages their turn.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { MessageChannel } from 'node:worker_threads'
import type { StepSums } from '../../main/engine/engine'
import { Barrier } from '../../main/engine/lanes/barrier'
import { OnnxEngine } from '../../main/engine/lanes/cpu'
import { LaneLearner } from '../../main/engine/lanes/lanes'
import { bundledFolder } from '../../main/mnist/bundled'
import { loadDataset } from '../../main/mnist/dataset'
import { createModel } from '../../main/models/create'
import type { TrainerEvent } from '../../main/trainer/events'
import { Batches } from '../../main/training/batches'
import { PreparedEngines } from '../../main/training/prepared-engines'
import { createService } from '../../main/training/service'
import { runSettings } from '../../preload/contract'
import { machine, median } from './measure'
import { slowestCalls } from './profile-calls'
import { slowestNodes } from './profile-nodes'

const { values } = parseArgs({
  options: {
    model: { type: 'string', default: 'ladder' },
    lanes: { type: 'string', default: '2' },
    batch: { type: 'string', default: '128' },
    limit: { type: 'string', default: '25600' },
    nodes: { type: 'string', default: '16' },
    without: { type: 'string', default: '' },
  },
})
const [lanes, batch, limit] = [values.lanes, values.batch, values.limit].map(Number) as [number, number, number]
const warmUp = 10
/** Milliseconds between two saves: here, so that some happen, and in the app. */
const saveEvery = { here: 3000, app: 30_000 }

const parts = ['data', 'measuring', 'gradient', 'update', 'waiting', 'readBack', 'bookkeeping'] as const
type Part = (typeof parts)[number]
interface Step extends Record<Part, number> {
  readonly total: number
  readonly saved: boolean
}

/** Of the step under way. Times of all but the data are read from a clock that stands still while a batch is made. */
let data = 0
let measuring = 0
let learning = 0
let passes: { began: number; ended: number }[] = []
let saved = false
let dataEver = 0
const clock = () => performance.now() - dataEver

const { input } = Batches.prototype
Batches.prototype.input = function (step) {
  const began = performance.now()
  const result = input.call(this, step)
  const took = performance.now() - began
  data += took
  dataEver += took
  return result
}
const { pass } = Barrier.prototype
Barrier.prototype.pass = async function (...given) {
  const began = clock()
  const open = await pass.apply(this, given)
  passes.push({ began, ended: clock() })
  return open
}
const { step } = LaneLearner.prototype
LaneLearner.prototype.step = async function (given) {
  passes = []
  let began = clock()
  const { partWeights } = given
  // what is measured for its weights comes first
  const weigh = (sums: StepSums) => {
    measuring = clock() - began
    passes = []
    began = clock()
    return (partWeights as (sums: StepSums) => readonly number[])(sums)
  }
  const sums = await step.call(this, typeof partWeights === 'function' ? { ...given, partWeights: weigh } : given)
  learning = clock() - began
  return sums
}

const steps: Step[] = []
let last = performance.now()
/** The step whose event this is, from the event before it. */
function note(): void {
  const now = performance.now()
  const total = now - last
  const [start, middle, end] = passes as [(typeof passes)[0], (typeof passes)[0], (typeof passes)[0]]
  const waiting = passes.reduce((sum, { began, ended }) => sum + ended - began, 0)
  const gradient = middle.began - start.ended
  const update = end.began - middle.ended
  const readBack = learning - waiting - update - gradient
  const bookkeeping = total - data - measuring - learning
  steps.push({ total, saved, data, measuring, gradient, update, waiting, readBack, bookkeeping })
  ;[data, measuring, saved, last] = [0, 0, false, now]
}

// As in the app: events cross to another thread
const channel = new MessageChannel()
channel.port2.on('message', () => undefined)
const out = await mkdtemp(join(tmpdir(), 'vlae-bench-'))
const settings = runSettings.parse({
  engine: 'onnx-cpu',
  model: values.model,
  condition: 'none',
  epochs: 1,
  batch,
  lanes,
  limit,
})
try {
  await new Promise<void>((resolve, reject) => {
    const event = (event: TrainerEvent) => {
      channel.port1.postMessage(event)
      if (event.type === 'step') note()
      if (event.type === 'saved') saved = true
      if (event.type === 'failure') reject(new Error(event.error.message))
      if (event.type === 'done') resolve()
    }
    const engines = new PreparedEngines(async (request) => new OnnxEngine(request.lanes))
    const service = createService({ event, progress: () => undefined }, { engines, saveEvery: saveEvery.here })
    const run = { folder: out, name: 'profile', settings, dataFolder: bundledFolder(), bundled: true, from: null }
    service.start(run).catch(reject)
  })
} finally {
  await rm(out, { recursive: true, maxRetries: 10 })
  channel.port1.close()
}

const warm = steps.slice(warmUp)
const [plain, saving] = [warm.filter((step) => !step.saved), warm.filter((step) => step.saved)]
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
const total = mean(plain.map((step) => step.total))
const row = (name: string, milliseconds: number) =>
  console.log(`${name.padEnd(44)} ${milliseconds.toFixed(2).padStart(7)} ${((100 * milliseconds) / total).toFixed(1).padStart(6)} %`) // prettier-ignore
const of = (part: Part) => mean(plain.map((step) => step[part]))
const save = saving.length === 0 ? 0 : median(saving.map((step) => step.bookkeeping)) - of('bookkeeping')
const saveShare = (save * total) / saveEvery.app

console.log(`${machine()}; ${lanes} lanes, batch ${batch}, mean of ${plain.length} steps; milliseconds`)
row('engine: what is measured first', of('measuring'))
row('engine: the gradient', of('gradient'))
row('engine: the update', of('update'))
row('engine: waiting for the other lanes', of('waiting'))
row('data: batch and noise', of('data'))
row('read-back: the sums', of('readBack'))
row('bookkeeping: metrics, files, events', of('bookkeeping'))
row(`saving the state (${save.toFixed(0)} ms every 30 s)`, saveShare)
row('the step', total + saveShare)
row('all but graph and engine', of('data') + of('readBack') + of('bookkeeping') + saveShare)
console.log()
const model = createModel({ ...settings })
const images = (await loadDataset(bundledFolder())).train.images.slice(0, 784 * Math.ceil(batch / lanes))
const given = { model, parameters: model.initialise(0), images }
await slowestCalls(given, Number(values.nodes), values.without)
console.log()
await slowestNodes(given, Number(values.nodes))
process.exit(0)
