/** Before lanes follow plans, one gradient is compared with what the graphs give: what computes wrong must not train. */
import { classCount } from '../../../preload/classes'
import type { Model } from '../../models/model'
import { uniform } from '../../models/random'
import { SharedVectors } from '../../optimizers/shared-vectors'
import type { LaneGradient } from './gradient'
import { batchArrays } from './lane-memory'
import { bindGradient, type BoundGradient, type LanePlan, releaseGradient, weigh } from './lane-work'

/**
 * How far from the graphs' the loss' sums may be, each as a share of itself, and a parameter's gradient, as a share of its
 * largest number. Sums are added up in another order: 1e-6 of them, 1e-5 of a gradient. But a relu's unit whose input is nearly
 * 0 may be on in one way and off in the other: that image is then missing in the gradients before it, 2e-3 of these as seen.
 */
const limits = { sums: 1e-5, gradients: 1e-2 }
/** Besides, as a share of the largest number of all: what is 0 but for rounding. */
const rounding = 1e-7

/** What all lanes compute, and the first one of them, for whom it is bound already. */
interface Trusted {
  readonly gradient: LaneGradient
  readonly first: BoundGradient
}

/** A plan's gradient as it may be used: without plans of calls that differ from the graphs. State and batch are 0 afterwards. */
export async function trusted(model: Model, plan: LanePlan): Promise<Trusted> {
  const { gradient } = plan
  if (gradient.plans.length > 0) {
    const first = await proven(model, plan)
    if (first) return { gradient, first }
  }
  return { gradient: { ...gradient, plans: [] }, first: await bindGradient(plan, 0, 'graphs') }
}

/** The first lane's plans, bound, if they give what the graphs do. */
async function proven(model: Model, plan: LanePlan): Promise<BoundGradient | undefined> {
  let graphs: BoundGradient | undefined
  let planned: BoundGradient | undefined
  try {
    graphs = await bindGradient(plan, 0, 'graphs once')
    planned = await bindGradient(plan, 0, 'plans')
    const [found, expected] = await firstGradients(model, plan, [planned, graphs])
    if (
      isClose(found.sums, expected.sums, limits.sums) &&
      isClose(found.gradients, expected.gradients, limits.gradients)
    )
      return planned
  } catch {
    // what cannot even be computed is not trusted either
  } finally {
    if (graphs) await releaseGradient(graphs)
  }
  if (planned) await releaseGradient(planned)
  return undefined
}

/** Whether numbers that a plan found are those of the graph, each array by itself. @param limit a share of its largest number */
export function isClose(found: readonly Float32Array[], expected: readonly Float32Array[], limit: number): boolean {
  const negligible = rounding * Math.max(...expected.map(largest))
  return expected.every((theirs, i) => {
    const [ours, most] = [found[i]!, limit * largest(theirs) + negligible]
    return theirs.every((value, at) => Math.abs(value - ours[at]!) <= most)
  })
}

function largest(numbers: Float32Array): number {
  return numbers.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
}

/**
 * The first lane's gradient, its sums, and what it measures, in each of two ways, of parameters and a batch that are always
 * the same: they are made once, so that one that writes over what it reads differs, too.
 */
async function firstGradients(model: Model, plan: LanePlan, [one, other]: readonly [BoundGradient, BoundGradient]) {
  const { parameters } = SharedVectors.of(plan.memory.vectors).state
  const batch = batchArrays(plan.memory, plan)
  parameters.set(model.initialise(0))
  fill(batch)
  const found = [await firstGradient(plan, one), await firstGradient(plan, other)] as const
  for (const array of [parameters, ...Object.values(batch)]) array.fill(0)
  return found
}

/**
 * Of what lies there already: each parameter's gradient, and each part's sum, measured and with the gradient. What is found
 * is 0 there afterwards: the next way must find it itself.
 */
async function firstGradient(plan: LanePlan, { measuring, rest, weights }: BoundGradient) {
  const gradient = SharedVectors.of(plan.memory.vectors).gradient(0)
  const { sums } = batchArrays(plan.memory, plan)
  weigh(weights, 0, Math.max(1, plan.share - 1))
  await measuring?.run()
  const measured = sums.slice()
  await rest.run()
  const found = {
    gradients: plan.entries.map(({ offset, size }) => gradient.slice(offset, offset + size)),
    sums: [...measured, ...sums].map((sum) => Float32Array.of(sum)),
  }
  for (const array of [gradient, sums]) array.fill(0)
  return found
}

/** Numbers between 0 and 1 do as noise of any kind. */
function fill({ images, labels, noise, partWeights }: ReturnType<typeof batchArrays>): void {
  images.set(uniform(new Float32Array(images.length), { seed: 0, stream: 0, counter: 1 }, 0, 256))
  labels.forEach((_, i) => (labels[i] = i % classCount))
  uniform(noise, { seed: 0, stream: 0, counter: 2 })
  partWeights.forEach((_, part) => (partWeights[part] = 1 / (1 + part)))
}
