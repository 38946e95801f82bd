/**
 * `npm run bench:evaluate [-- --model vlae]`: what the test set costs, and −log p of images, by the graph and by plans, in turn.
 *
 * The fastest of some rounds, by the clock and in processor time; and how far the two ways' figures are apart.
 */
import { parseArgs } from 'node:util'
import type { Engine } from '../../main/engine/engine'
import { OnnxEngine } from '../../main/engine/lanes/cpu'
import { bundledFolder } from '../../main/mnist/bundled'
import { loadDataset } from '../../main/mnist/dataset'
import { createModel } from '../../main/models/create'
import { estimate } from '../../main/models/likelihood'
import { posteriorsOf, weigherOf } from '../../main/questions/codes'
import { imageSize } from '../../main/training/batches'
import { evaluateLosses } from '../../main/training/evaluate'
import { createPrograms, type Programs } from '../../main/training/programs'
import { machine } from './measure'

const { values } = parseArgs({
  options: {
    model: { type: 'string', default: 'ladder' },
    threads: { type: 'string', default: '2' },
    images: { type: 'string', default: '1000' },
    weighed: { type: 'string', default: '20' },
    samples: { type: 'string', short: 'K', default: '64' },
    only: { type: 'string', default: 'test set,likelihood' },
    rounds: { type: 'string', default: '5' },
  },
})
const [threads, images, weighed, samples, rounds] = [values.threads, values.images, values.weighed, values.samples, values.rounds].map(Number) as [number, number, number, number, number] // prettier-ignore
const model = createModel({ model: values.model as 'ladder', condition: 'none' })
const parameters = model.initialise(0)
const { test } = await loadDataset(bundledFolder())

const ways = ['graph', 'plans'] as const
const programs = Object.fromEntries(
  ways.map((way) => {
    const engine: Engine = new OnnxEngine(threads)
    if (way === 'graph') Object.assign(engine, { prepareRows: undefined })
    return [way, createPrograms(engine, model)]
  }),
) as Record<(typeof ways)[number], Programs>

const first = (count: number) => ({
  images: test.images.subarray(0, count * imageSize),
  labels: test.labels.subarray(0, count),
  count,
})
const all = {
  'test set': {
    per: images,
    run: async (programs: Programs) => (await evaluateLosses(programs, parameters, first(images)))['loss']!,
  },
  likelihood: {
    per: weighed,
    async run(programs: Programs) {
      const { images, labels } = first(weighed)
      const posteriors = await posteriorsOf(programs, parameters, images, {})
      const weigher = await weigherOf(programs, parameters, { images, labels, posteriors })
      let sum = 0
      for await (const { marginal } of estimate(weigher, Array.from({ length: weighed }, (_, i) => i), { samples })) sum += marginal // prettier-ignore
      return sum / weighed
    },
  },
}

console.log(`${machine()}; ${model.name}, ${threads} threads`)
for (const [name, { per, run }] of Object.entries(all)) {
  if (!values.only.split(',').includes(name)) continue

  const found: Record<string, { value: number; first: number; clock: number; work: number }> = {}
  for (let round = 0; round <= rounds; round++)
    for (const way of ways) {
      const [began, before] = [performance.now(), process.cpuUsage()]
      const value = await run(programs[way])
      const { user, system } = process.cpuUsage(before)
      const [clock, work] = [(performance.now() - began) / per, (user + system) / 1000 / per]
      const known = found[way]
      // the first round makes the programs
      if (!known) found[way] = { value, first: clock * per, clock: Infinity, work: Infinity }
      else Object.assign(known, { clock: Math.min(known.clock, clock), work: Math.min(known.work, work) })
    }
  for (const way of ways) {
    const { value, first, clock, work } = found[way]!
    console.log(`${name}, ${way}: ${clock.toFixed(3)} ms an image, ${work.toFixed(3)} of processors, the first time ${(first / 1000).toFixed(2)} s in all; ${value} nats`) // prettier-ignore
  }
}
for (const one of Object.values(programs)) await one.release()
