/**
 * `npm run bench:vlae`: the paper's VLAE beside the same in PyTorch.
 *
 * Each round trains the same number of images here and in peer_vlae.py, one after the other, after a few steps that are not
 * counted: images/s, processor milliseconds of all threads an image, and the mean loss, which must be of a size. Then what
 * sampling costs, in forward passes over as many images, and how long a likelihood takes; with `--nodes 30`, the calls of a lane's plan and the nodes of a
 * lane's graph that take longest.
 */
import { parseArgs } from 'node:util'
import type { Program } from '../../main/engine/engine'
import { OnnxEngine } from '../../main/engine/lanes/cpu'
import { measuringStep, prefixedViews } from '../../main/engine/step'
import { bundledFolder } from '../../main/mnist/bundled'
import { loadDataset } from '../../main/mnist/dataset'
import { binarize } from '../../main/models/binarize'
import { estimate } from '../../main/models/likelihood'
import type { Tensors } from '../../main/models/model'
import { fillNoise } from '../../main/models/noise'
import { views } from '../../main/models/parameters'
import { normals, stream } from '../../main/models/random'
import { createVlae, firstImages, paper } from '../../main/models/vlae/vlae'
import { freshState } from '../../main/optimizers/optimizer'
import { posteriorsOf, weigherOf } from '../../main/questions/codes'
import { Batches, imageSize } from '../../main/training/batches'
import { weighed } from '../../main/training/loop'
import { createPrograms } from '../../main/training/programs'
import type { RunSettings } from '../../preload/contract'
import { machine, median, output } from './measure'
import { slowestCalls } from './profile-calls'
import { slowestNodes } from './profile-nodes'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    limit: { type: 'string', default: '6000' },
    lanes: { type: 'string', default: '2' },
    nodes: { type: 'string', default: '0' },
    samples: { type: 'string', default: '64' },
    python: { type: 'string', default: process.env['VLAE_PYTHON'] ?? 'python3' },
  },
})
const [rounds, limit, lanes, nodes, samples] = [values.rounds, values.limit, values.lanes, values.nodes, values.samples].map(Number) as [number, number, number, number, number] // prettier-ignore
const model = createVlae(paper)
const batch = 100
const { train } = await loadDataset(bundledFolder())
const noise = (size: number) => normals(new Float32Array(size), { seed: 0, stream: stream.noise, counter: 0 })
const some = (count: number) => binarize(train.images.slice(0, count * imageSize), { seed: 0, step: 0 })

/** A function of the parameters and other inputs, on so many threads. */
async function prepared(
  inputs: Record<string, { readonly shape: readonly number[]; readonly dtype: 'float32' | 'uint8' }>,
  fn: (parameters: Tensors, inputs: Tensors) => Tensors,
  threads: number,
): Promise<Program> {
  const parameters = model.layout.entries.map(({ name, shape }) => [name, { shape, dtype: 'float32' as const }])
  return new OnnxEngine(threads).prepare((all) => fn(all, all), { ...Object.fromEntries(parameters), ...inputs })
}

/** Fresh directions, and the gains and biases that the first images make of them. */
async function initialised(): Promise<Float32Array> {
  const parameters = model.initialise(0)
  const inputs = {
    images: { shape: [firstImages, imageSize], dtype: 'uint8' },
    labels: { shape: [firstImages], dtype: 'uint8' },
    noise: { shape: [firstImages, model.noiseSize], dtype: 'float32' },
  } as const
  const program = await prepared(inputs, (parameters, all) => model.find(parameters, all as never), lanes)
  const found = await program.run({
    ...views(parameters, model.layout),
    images: some(firstImages),
    labels: train.labels.slice(0, firstImages),
    noise: noise(firstImages * model.noiseSize),
  })
  await program.release()
  for (const { name, offset } of model.layout.entries) if (found[name]) parameters.set(found[name], offset)
  return parameters
}

interface Training {
  readonly imagesPerSecond: number
  /** Of all threads, an image. */
  readonly cpuMilliseconds: number
  /** Nats an image. */
  readonly loss: number
}

async function ours(start: Float32Array): Promise<Training> {
  const learner = await new OnnxEngine(lanes).learner({ model, batch, lanes })
  learner.load(freshState(start.slice(), model.optimizer))
  const settings = { seed: 0, batch, learningRate: 0.002, limit } as RunSettings
  const { images, labels } = train
  const batches = new Batches(settings, { images, labels, count: limit }, model)
  let [began, cpu, loss, seen] = [0, process.cpuUsage(), 0, 0]
  for (let step = 1; step <= warmUp + limit / batch; step++) {
    if (step === warmUp + 1) [began, cpu, loss, seen] = [performance.now(), process.cpuUsage(), 0, 0]
    const input = batches.input(step)
    const sums = await learner.step(weighed(model, input, {}))
    for (const sum of Object.values(sums)) loss += sum
    seen += input.count
  }
  const milliseconds = performance.now() - began
  const { user, system } = process.cpuUsage(cpu)
  await learner.release()
  return {
    imagesPerSecond: (1000 * seen) / milliseconds,
    cpuMilliseconds: (user + system) / 1000 / seen,
    loss: loss / seen,
  }
}

async function theirs(): Promise<Training> {
  const settings = ['--data', bundledFolder(), '--threads', String(lanes), '--epochs', '1']
  return JSON.parse(await output(values.python, ['test/bench/peer_vlae.py', ...settings, '--limit', String(limit)])) as Training // prettier-ignore
}

/** Processor time of one run of a program, milliseconds: the median of some. */
async function cost(program: Program, inputs: Parameters<Program['run']>[0], runs = 7): Promise<number> {
  await program.run(inputs)
  const times: number[] = []
  for (let run = 0; run < runs; run++) {
    const before = process.cpuUsage()
    await program.run(inputs)
    const { user, system } = process.cpuUsage(before)
    times.push((user + system) / 1000)
  }
  await program.release()
  return median(times)
}

/** What a forward pass over images costs, and as many samples, on one thread. */
async function sampling(parameters: Float32Array): Promise<void> {
  const count = 80
  const engine = new OnnxEngine(1)
  const { fn, inputs } = measuringStep(model, count, model.parts)
  const forward = await cost(await engine.prepare(fn, inputs), {
    ...prefixedViews('parameters', parameters, model),
    images: some(count),
    labels: new Uint8Array(count),
    noise: noise(count * model.noiseSize),
    weights: new Float32Array(count).fill(1),
  })
  const began = performance.now()
  const sampler = await prepared(
    { labels: { shape: [count], dtype: 'uint8' }, noise: { shape: [count, model.latentSize], dtype: 'float32' } },
    (parameters, { labels, noise }) => ({ pixels: model.sample(parameters, labels!, noise!) }),
    1,
  )
  const compiled = performance.now() - began
  const drawn = await cost(sampler, {
    ...views(parameters, model.layout),
    labels: new Uint8Array(count),
    noise: fillNoise(new Float32Array(count * model.latentSize), { size: model.latentSize, uniforms: model.latentUniforms }, { seed: 0, stream: stream.gallery, counter: 0 }), // prettier-ignore
  })
  console.log(
    `one thread, ${count} images: forward pass ${forward.toFixed(0)} ms, sampling ${drawn.toFixed(0)} ms: ` +
      `${(drawn / forward).toFixed(1)} forward passes (compiled in ${(compiled / 1000).toFixed(1)} s)`,
  )
}

/** How long −log p(x) of 1,000 images would take, as the app estimates it. */
async function likelihood(parameters: Float32Array): Promise<void> {
  const programs = createPrograms(new OnnxEngine(lanes), model)
  const [images, labels, count] = [some(20), train.labels, 20]
  const posteriors = await posteriorsOf(programs, parameters, images, {})
  const weigher = await weigherOf(programs, parameters, { images, labels, posteriors })
  const before = process.cpuUsage()
  const began = performance.now()
  for await (const _ of estimate(weigher, Array.from({ length: count }, (_, i) => i), { samples })); // prettier-ignore
  const seconds = (performance.now() - began) / count
  const { user, system } = process.cpuUsage(before)
  await programs.release()
  console.log(
    `likelihood, K = ${samples}, ${lanes} threads: ${seconds.toFixed(0)} s for 1,000 images ` +
      `(${((user + system) / 1000 / count).toFixed(0)} s of processors)`,
  )
}

const warmUp = 5
console.log(`${machine()}; ${model.name}, ${model.layout.size} parameters, batch ${batch}, ${lanes} lanes, ${limit} images a round`) // prettier-ignore
const start = await initialised()
if (nodes > 0) {
  const given = { model, parameters: start, images: some(Math.ceil(batch / lanes)) }
  await slowestCalls(given, nodes, '')
  await slowestNodes(given, nodes)
}
const peer = await output(values.python, ['-c', 'import torch, numpy']).then(() => true, () => false) // prettier-ignore
if (!peer) console.log('PyTorch was not found: pip install torch numpy, or name a Python that has it with --python.')
const results: { app: Training; torch: Training | undefined }[] = []
for (let round = 1; round <= rounds; round++) {
  const result = { app: await ours(start), torch: peer ? await theirs() : undefined }
  results.push(result)
  const told = ({ imagesPerSecond, cpuMilliseconds, loss }: Training) =>
    `${imagesPerSecond.toFixed(0)} images/s, ${cpuMilliseconds.toFixed(2)} ms of processors an image, loss ${loss.toFixed(1)}` // prettier-ignore
  console.log(`round ${round}: app ${told(result.app)}${result.torch ? `; PyTorch ${told(result.torch)}` : ''}`)
}
if (peer) {
  const ratio = (of: (training: Training) => number) => median(results.map(({ app, torch }) => of(app) / of(torch!)))
  const speed = ratio(({ imagesPerSecond }) => imagesPerSecond)
  const work = 1 / ratio(({ cpuMilliseconds }) => cpuMilliseconds)
  console.log(`median: ${speed.toFixed(2)} × PyTorch by the clock, ${work.toFixed(2)} × by processor time`)
}
await sampling(start)
await likelihood(start)
