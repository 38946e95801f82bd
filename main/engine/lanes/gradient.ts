/** What a lane computes of its share, compiled: as ONNX graphs, and as plans of calls where this machine can follow them. */
import type { Model } from '../../models/model'
import { entryOf } from '../../optimizers/named'
import type { TensorFunction } from '../engine'
import { type Plan, planOf } from '../plan/plan'
import { gradientStep, measuringStep } from '../step'
import { type CompiledModel, modelOf, traced, tracedInParts } from '../trace/compile'
import type { Graph } from '../trace/graph'

/** The gradient in one part; or, where a model measures a batch first, in two, of which the first does that. */
export interface LaneGradient {
  readonly models: readonly [CompiledModel] | readonly [CompiledModel, CompiledModel]
  /** For each model, what does the same with fewer and faster calls; or none. */
  readonly plans: readonly Plan[]
  /** Shapes of what the second part needs of the first, all float32. */
  readonly kept: Readonly<Record<string, readonly number[]>>
}

/** Passes through a network that both parts take are one, and belong to the first. @param planned whether plans are wanted */
export function compileGradient(model: Model, share: number, planned: boolean): LaneGradient {
  const [gradient, measuring] = [gradientStep(model, share), measuringStep(model, share)]
  if (model.measuredFirst.length === 0) {
    const graph = traced(gradient.fn, gradient.inputs)
    return { models: [modelOf(graph, gradient.inputs)], plans: planned ? plansOf(graph) : [], kept: {} }
  }
  const both: TensorFunction = (inputs) => ({ ...gradient.fn(inputs), measured: entryOf(measuring.fn(inputs), 'sums') })
  const { first, rest, kept, inputs } = tracedInParts(both, gradient.inputs, ['measured'], planned)
  return {
    models: [modelOf(first, gradient.inputs), modelOf(rest, inputs)],
    plans: planned ? plansOf(first, rest) : [],
    kept,
  }
}

/** None where not all of them can be planned: the graphs as they are compute everything. */
function plansOf(...graphs: readonly Graph[]): readonly Plan[] {
  try {
    return graphs.map((graph) => planOf(graph))
  } catch {
    return []
  }
}
