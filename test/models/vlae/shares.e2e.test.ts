/** The paper's VLAE in lanes, built as they ship: whatever their number, they measure the same batch. */
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, it, onTestFinished } from 'vitest'
import type { StepSums } from '../../../main/engine/engine'
import type { OnnxEngine } from '../../../main/engine/lanes/cpu'
import { bundledFolder } from '../../../main/mnist/bundled'
import { loadDataset } from '../../../main/mnist/dataset'
import { binarize } from '../../../main/models/binarize'
import { views } from '../../../main/models/parameters'
import { normals, stream } from '../../../main/models/random'
import type * as Made from '../../../main/models/vlae/vlae'
import { freshState } from '../../../main/optimizers/optimizer'
import { buildModules } from '../../build'

const batch = 20

it('measures the same rate over 1, 2 and 3 lanes, and clips the same mean', async () => {
  const built = await buildModules({
    onnx: 'main/engine/lanes/cpu.ts',
    vlae: 'main/models/vlae/vlae.ts',
    lane: 'main/engine/lanes/lane.ts',
  })
  onTestFinished(() => built.remove())
  const load = (name: string): Promise<unknown> => import(pathToFileURL(join(built.folder, `${name}.js`)).href)
  const engine = (await load('onnx')) as { OnnxEngine: typeof OnnxEngine }
  const { createVlae, paper } = (await load('vlae')) as typeof Made
  const model = createVlae({ ...paper, hidden: [64, 64], prior: 'gaussian' })
  const parameters = model.initialise(3)
  for (const [name, values] of Object.entries(views(parameters, model.layout)))
    if (name.endsWith('.g')) values.fill(0.5)
  const start = freshState(parameters, model.optimizer)

  const { train } = await loadDataset(bundledFolder())
  const images = binarize(train.images.slice(0, batch * 784), { seed: 1, step: 0 })
  const labels = train.labels.slice(0, batch)
  const found: { means: number[]; weights: (readonly number[])[] }[] = []
  for (const lanes of [1, 2, 3]) {
    const learner = await new engine.OnnxEngine(lanes).learner({ model, batch, lanes })
    learner.load(start)
    const [means, weights]: [number[], (readonly number[])[]] = [[], []]
    for (let step = 1; step <= 4; step++) {
      const key = { seed: 1, stream: stream.noise, counter: step }
      const noise = normals(new Float32Array(batch * model.noiseSize), key)
      // not all lanes have a whole share
      const input = { images, labels, noise, count: batch - step, learningRate: 0.002, step }
      const partWeights = (measured: StepSums) => {
        expect(Object.keys(measured)).toEqual(['kl'])
        means.push(measured['kl']! / input.count)
        weights.push(model.partWeights({}, { kl: means.at(-1)! }))
        return weights.at(-1)!
      }
      const { kl } = await learner.step({ ...input, partWeights })
      expect(kl! / input.count / means.at(-1)!).toBeCloseTo(1, 4)
    }
    await learner.release()
    found.push({ means, weights })
  }
  for (const { means, weights } of found) {
    expect(weights).toEqual(found[0]!.weights)
    means.forEach((mean, i) => expect(mean / found[0]!.means[i]!).toBeCloseTo(1, 3))
  }
})
