/**
 * `npm run bench:vlae`: the paper's VLAE, trained and measured by itself, before the app offers it.
 *
 * Prints a line an epoch as the PyTorch peer does: the training and the test images' −ELBO with its parts, nats an image, the
 * latter with averaged weights, and images/s.
 */
import { parseArgs } from 'node:util'
import { OnnxEngine } from '../../main/engine/lanes/cpu'
import { measuringStep, prefixedViews } from '../../main/engine/step'
import { bundledFolder } from '../../main/mnist/bundled'
import { loadDataset } from '../../main/mnist/dataset'
import { binarize, binarizeOnce } from '../../main/models/binarize'
import { createVlae, firstImages, paper, type VlaeSettings } from '../../main/models/vlae/vlae'
import { averages } from '../../main/optimizers/adamax/tensors'
import { freshState } from '../../main/optimizers/optimizer'
import { Batches, imageSize } from '../../main/training/batches'
import { limited } from '../../main/training/schedule'
import type { Numbers } from '../../main/models/model'
import { views } from '../../main/models/parameters'
import { normals, stream } from '../../main/models/random'
import type { RunSettings } from '../../preload/contract'
import { machine } from './measure'

const { values } = parseArgs({
  options: {
    epochs: { type: 'string', default: '1' },
    limit: { type: 'string', default: '5000' },
    lanes: { type: 'string', default: '2' },
    decoder: { type: 'string', default: 'local' },
    prior: { type: 'string', default: 'flow' },
    seed: { type: 'string', default: '0' },
  },
})
const [epochs, limit, lanes, seed] = [values.epochs, values.limit, values.lanes, values.seed].map(Number) as [
  number,
  number,
  number,
  number,
]
const settings = { ...paper, decoder: values.decoder, prior: values.prior } as VlaeSettings
const model = createVlae(settings)
const engine = new OnnxEngine(lanes)
const { train, test } = await loadDataset(bundledFolder())
const run = { seed, batch: settings.batch, learningRate: 0.002, limit } as RunSettings
const batches = new Batches(run, limited(train, run), model)

/** Fresh directions, and the gains and biases that the first images make of them. */
async function initialise(): Promise<Float32Array> {
  const parameters = model.initialise(seed)
  const count = Math.min(firstImages, limit)
  const images = binarize(train.images.slice(0, count * imageSize), { seed, step: 0 })
  const noise = normals(new Float32Array(count * model.noiseSize), { seed, stream: stream.noise, counter: 0 })
  const program = await engine.prepare((inputs) => model.find(inputs, inputs as never), {
    ...Object.fromEntries(model.layout.entries.map(({ name, shape }) => [name, { shape, dtype: 'float32' }])),
    images: { shape: [count, imageSize], dtype: 'uint8' },
    labels: { shape: [count], dtype: 'uint8' },
    noise: { shape: [count, model.noiseSize], dtype: 'float32' },
  })
  const found = await program.run({
    ...views(parameters, model.layout),
    images,
    labels: train.labels.slice(0, count),
    noise,
  })
  await program.release()
  for (const { name, offset } of model.layout.entries) if (found[name]) parameters.set(found[name], offset)
  return parameters
}

/** Means of the parts over the first test images, nats. */
async function measure(parameters: Float32Array): Promise<number[]> {
  const count = 500
  const { fn, inputs } = measuringStep(model, count)
  const program = await engine.prepare(fn, inputs)
  const sums = [0, 0]
  for (let first = 0; first < tested; first += count) {
    const at = [first * imageSize, (first + count) * imageSize] as const
    const { sums: found } = await program.run({
      ...prefixedViews('parameters', parameters, model),
      images: binarizeOnce(test.images.slice(...at)),
      labels: test.labels.slice(first, first + count),
      noise: normals(new Float32Array(count * model.noiseSize), { seed: 0, stream: stream.evaluation, counter: first }),
      weights: new Float32Array(count).fill(1),
    })
    sums.forEach((_, i) => (sums[i]! += found![i]!))
  }
  await program.release()
  return sums.map((sum) => sum / tested)
}

const tested = 2000
console.log(`${machine()}; ${model.name}, ${model.layout.size} parameters, ${engine.device}, batch ${settings.batch}`)
let began = performance.now()
const seconds = () => ((performance.now() - began) / 1000).toFixed(1)
const start = await initialise()
console.log(`initialised in ${seconds()} s`)
began = performance.now()
const learner = await engine.learner({ model: model, batch: settings.batch, lanes })
learner.load(freshState(start, model.optimizer))
console.log(`compiled in ${seconds()} s`)
for (let epoch = 1, step = 0; epoch <= epochs; epoch++) {
  began = performance.now()
  let [reconstruction, kl, images] = [0, 0, 0]
  while (step < epoch * batches.stepsPerEpoch) {
    const input = batches.input(++step)
    const means = model.measuresFirst ? mean(await learner.measure(input), input.count) : {}
    const sums = await learner.step({ ...input, partWeights: model.partWeights({}, means) })
    reconstruction += sums['reconstruction']!
    kl += sums['kl']!
    images += input.count
    if (step % 20 === 0)
      console.log(`  step ${step}: ${sums['reconstruction']! / input.count} + ${sums['kl']! / input.count}`)
  }
  const speed = images / ((performance.now() - began) / 1000)
  const [r, k] = await measure((await learner.state())[averages]!)
  console.log(
    `epoch ${epoch} train ${((reconstruction + kl) / images).toFixed(2)} (rate ${(kl / images).toFixed(2)}) ` +
      `test -ELBO ${(r! + k!).toFixed(2)} rec ${r!.toFixed(2)} rate ${k!.toFixed(2)} images/s ${speed.toFixed(0)}`,
  )
}
await learner.release()

function mean(sums: Numbers, images: number): Numbers {
  return Object.fromEntries(Object.entries(sums).map(([name, sum]) => [name, sum / images]))
}
