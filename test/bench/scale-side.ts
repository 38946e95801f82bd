/** The engine's side of bench:scale: trains on `--limit` images once, and prints images per second as JSON. */
import { parseArgs } from 'node:util'
import { OnnxEngine } from '../../main/engine/lanes/cpu'
import { bundledFolder } from '../../main/mnist/bundled'
import { loadDataset } from '../../main/mnist/dataset'
import { createLadder } from '../../main/models/ladder/ladder'
import { freshState } from '../../main/optimizers/optimizer'
import { Batches } from '../../main/training/batches'
import { limited } from '../../main/training/schedule'
import { runSettings } from '../../preload/contract'
import { ladderSettings } from '../../preload/models/ladder'

const warmUp = 3
const { values } = parseArgs({
  options: {
    threads: { type: 'string', default: '2' },
    batch: { type: 'string', default: '128' },
    width: { type: 'string', default: '1' },
    limit: { type: 'string', default: '12800' },
  },
})
const [lanes, batch, width, limit] = [values.threads, values.batch, values.width, values.limit].map(Number) as [number, number, number, number] // prettier-ignore

const settings = runSettings.parse({ condition: 'none', epochs: 2, batch, lanes, limit })
const { train } = await loadDataset(bundledFolder())
const model = createLadder(ladderSettings(settings), width)
const batches = new Batches(settings, limited(train, settings), model)
const learner = await new OnnxEngine(lanes).learner({ model, batch, lanes })
learner.load(freshState(model.initialise(0), model.optimizer))

let input = batches.input(1)
let [images, began] = [0, 0]
for (let step = 1; step <= warmUp + batches.stepsPerEpoch; step++) {
  if (step === warmUp + 1) began = performance.now()
  const running = learner.step({ ...input, partWeights: model.partWeights({ klWeight: 1 }, {}) })
  if (step > warmUp) images += input.count
  // as the training loop does: the next batch is made while this one is computed
  input = batches.input(step + 1)
  await running
}
const seconds = (performance.now() - began) / 1000
await learner.release()
console.log(JSON.stringify({ imagesPerSecond: images / seconds }))
