/**
 * `npm run bench:gpu-parts`: where the time of a step on an NVIDIA card goes, of the learner alone and of what a step needs
 * besides; with the step recorded as a CUDA graph, and with each kernel started by ONNX Runtime. First it looks whether
 * a step is right, and whether the same steps give the same bits. To try it without a card: `-- --place cpu`.
 */
import { createHash } from 'node:crypto'
import { parseArgs } from 'node:util'
import { trialStep, assertComputesRight } from '../../main/engine/choose/verify'
import type { LearnerState, StepInput } from '../../main/engine/engine'
import { OnnxEngine } from '../../main/engine/lanes/cpu'
import { BoundLearner } from '../../main/engine/onnx/bound-learner'
import { openApi } from '../../main/engine/onnx/bound-session'
import { CudaPlace } from '../../main/engine/onnx/cuda-place'
import { cpuPlace, type Place } from '../../main/engine/onnx/place'
import { bundledFolder } from '../../main/mnist/bundled'
import { loadDataset } from '../../main/mnist/dataset'
import { createModel } from '../../main/models/create'
import { Batches } from '../../main/training/batches'
import { runSettings } from '../../preload/contract'
import { machine, median } from './measure'

const { values } = parseArgs({
  options: {
    place: { type: 'string', default: 'cuda' },
    batch: { type: 'string', default: '128' },
    steps: { type: 'string', default: '1000' },
    model: { type: 'string', default: 'ladder' },
    kernels: { type: 'boolean' },
    only: { type: 'string' },
    /** Options of the CUDA provider: `use_tf32=0,…`. */
    provider: { type: 'string', default: '' },
  },
})
const [batch, steps] = [Number(values.batch), Number(values.steps)]
const settings = runSettings.parse({ model: values.model, batch })
const model = createModel(settings)
const options = { model, batch, lanes: 1 }
const provider = Object.fromEntries(
  values.provider.split(',').flatMap((text) => (text === '' ? [] : [text.split('=') as [string, string]])),
)

/** Milliseconds of each part, a number a step. */
type Times = Record<string, number[]>
const noted = async <T>(times: Times, part: string, work: () => T | Promise<T>): Promise<T> => {
  const began = performance.now()
  try {
    return await work()
  } finally {
    ;(times[part] ??= []).push(performance.now() - began)
  }
}
const print = (title: string, times: Times) => {
  console.log(title)
  for (const [part, all] of Object.entries(times))
    console.log(`  ${part}: median ${median(all).toFixed(3)} ms, longest ${Math.max(...all).toFixed(3)}`)
}
const digest = (state: LearnerState) => {
  const hash = createHash('sha256')
  for (const vector of Object.values(state)) hash.update(vector)
  return hash.digest('hex').slice(0, 16)
}

/** The place, with the time of what is begun and of waiting noted. */
function watched(place: Place, times: Times): Place {
  const timed =
    (part: string, work: () => void): (() => void) =>
    () => {
      const began = performance.now()
      work()
      ;(times[part] ??= []).push(performance.now() - began)
    }
  const change: Partial<Place> = {
    record: (work) => {
      const { begin, release } = place.record(work)
      return { begin: timed('begin a step', begin), release }
    },
    wait: timed('wait for it', () => place.wait()),
  }
  return new Proxy(place, {
    get: (_, name: keyof Place) => {
      const own = place[name]
      return change[name] ?? (typeof own === 'function' ? own.bind(place) : own)
    },
  })
}

async function measure(title: string, open: () => Promise<Place>): Promise<void> {
  const api = await openApi()
  const times: Times = {}
  const place = await open()
  const began = performance.now()
  const learner = await BoundLearner.create(api, watched(place, times), options)
  console.log(`${title}: made in ${(performance.now() - began).toFixed(0)} ms`)
  if (place instanceof CudaPlace && place.problem) console.log(`  not recorded: ${place.problem.message}`)
  const { state, input } = trialStep(options)
  const cpu = await new OnnxEngine(1).learner(options)
  await assertComputesRight(title, learner, cpu, options)
  await cpu.release()
  const digests: string[] = []
  for (let round = 0; round < 2; round++) {
    learner.load(state)
    for (let step = 1; step <= 50; step++) await learner.step({ ...input, count: batch - (step % 4), step })
    digests.push(digest(await learner.state()))
  }
  console.log(`  right; 50 steps twice: ${digests.join(', ')}`)
  for (const part of Object.keys(times)) delete times[part]
  for (let step = 1; step <= steps; step++) await noted(times, 'a step', () => learner.step({ ...input, step }))
  for (let i = 0; i < 5; i++) await noted(times, 'the state, read back', () => learner.state())
  print(title, times)
  await learner.release()
}

if (values.kernels) {
  const api = await openApi()
  const learner = await BoundLearner.create(api, await CudaPlace.open(api, { recording: false, provider }), options)
  const { state, input } = trialStep(options)
  learner.load(state)
  for (let step = 1; step <= 2; step++) await learner.step({ ...input, step })
  await learner.release()
  process.exit(0)
}
console.log(machine())
const data = await loadDataset(bundledFolder())
const batches = new Batches(settings, data.train, options.model)
const besides: Times = {}
let input: StepInput | undefined
for (let step = 1; step <= 300; step++)
  input = (await noted(besides, 'a batch and its noise', () => batches.input(step))) as StepInput
void input
print('besides', besides)
if (values.place === 'cpu') await measure('this thread', async () => cpuPlace(await openApi()))
else {
  await measure('recorded', async () => CudaPlace.open(await openApi(), { provider }))
  if (!values.only)
    await measure('not recorded', async () => CudaPlace.open(await openApi(), { recording: false, provider }))
}
