/**
 * `npm run bench:passes [-- --model vlae]`: what each pass of a plan is worth. A lane's gradient with the pass left out, in turn
 * with the plan of all passes, ms of processor time on one thread: the median of both, and of what each pair differs by.
 */
import { parseArgs } from 'node:util'
import { usual } from '../../main/engine/plan/limits'
import { type Pass, passes, type Plan, planOf } from '../../main/engine/plan/plan'
import { gradientStep } from '../../main/engine/step'
import { traced } from '../../main/engine/trace/compile'
import { bundledFolder } from '../../main/mnist/bundled'
import { loadDataset } from '../../main/mnist/dataset'
import { createModel } from '../../main/models/create'
import { runSettings } from '../../preload/contract'
import { imageSize } from '../../preload/images'
import { bindAlone } from '../engine/plan/planned'
import { machine, median } from './measure'
import { fill, processorTime } from './profile-calls'

const { values } = parseArgs({
  options: {
    model: { type: 'string', default: 'ladder' },
    lanes: { type: 'string', default: '2' },
    pairs: { type: 'string', default: '40' },
  },
})
const settings = runSettings.parse({ model: values.model, condition: 'none' })
const model = createModel(settings)
const rows = Math.ceil(settings.batch / Number(values.lanes))
const { fn, inputs: specs } = gradientStep(model, rows)
const graph = traced(fn, specs)
const { train } = await loadDataset(bundledFolder())
const parameters = model.initialise(0)
const images = train.images.subarray(0, imageSize * rows)

/** Plans that lack something: a pass, or what one does only from a size on. */
const lacking = {
  ...Object.fromEntries((Object.keys(passes) as Pass[]).map((pass) => [pass, () => planOf(graph, [pass])])),
  'images-inside': () => planOf(graph, [], { ...usual, insideFrom: Infinity }),
}

async function bound(plan: Plan) {
  const { inputs, bound: made } = await bindAlone(graph, plan)
  fill(inputs, { model, parameters, images })
  made.run()
  return { ...made, plan }
}

console.log(`${machine()}; ${values.model}, ${rows} images on one thread, ${values.pairs} pairs; ms of processor time`)
const all = await bound(planOf(graph))
for (const [pass, planned] of Object.entries(lacking)) {
  const left = await bound(planned())
  const pairs = Array.from({ length: Number(values.pairs) }, (_, i) => {
    // who is first changes with each pair
    const [first, second] = i % 2 === 0 ? [all, left] : [left, all]
    const [one, other] = [processorTime(() => first.run()), processorTime(() => second.run())]
    return i % 2 === 0 ? { all: one, left: other } : { all: other, left: one }
  })
  const [whole, without] = [median(pairs.map(({ all }) => all)), median(pairs.map(({ left }) => left))]
  const gain = median(pairs.map(({ all, left }) => left - all))
  console.log(`without ${pass.padEnd(14)} ${without.toFixed(1).padStart(6)} with ${whole.toFixed(1).padStart(6)}: ${gain.toFixed(2)} ms, ${((100 * gain) / without).toFixed(1)} %; ${left.plan.calls.length} calls instead of ${all.plan.calls.length}`) // prettier-ignore
  await left.release()
}
await all.release()
process.exit(0)
