/**
 * The compiler's back end: a traced graph becomes a list of calls over one memory, products and what is not known by ONNX
 * Runtime, and everything else by WebAssembly kernels. It knows operations, and no model.
 */
import type { Graph, Value } from '../trace/graph'
import { type Calls, callsOf } from './calls'
import { chains } from './chains'
import { chunks } from './chunks'
import { type Draft, draftOf, elementsOf, seen, whole, writesOf } from './draft'
import { rearranged } from './index-map'
import { usual } from './limits'
import { moves } from './moves'
import { overlaps } from './overlaps'
import { placed } from './places'
import { products } from './products'
import { rest } from './rest'
import { turns } from './turns'
import { winograd } from './winograd'

/** A plan, as it can be sent to another thread. */
export interface Plan extends Calls {
  /** Names of the graph's inputs and outputs, in the order of their regions. */
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
}

/** The passes, in the order in which a graph goes through them. Each leaves right what it does not know. */
export const passes = { moves, overlaps, winograd, chains, products, turns, rest, chunks } as const satisfies Record<
  string,
  (draft: Draft) => Draft
>
export type Pass = keyof typeof passes

/**
 * @param without passes that are left out, to see what they are worth
 * @throws Error where a pass has a graph wrong that it should have left: then there is no plan
 */
export function planOf(graph: Graph, without: readonly Pass[] = [], limits = usual): Plan {
  const used = (Object.keys(passes) as Pass[]).filter((name) => !without.includes(name))
  const draft = ownOutputs(used.reduce((now, name) => passes[name](now), draftOf(graph, limits)))
  return {
    ...callsOf(draft, placed(draft)),
    inputs: graph.inputs.map(({ name }) => name),
    outputs: graph.outputs.map(({ name }) => name),
  }
}

/** Outputs that are inputs, constants or another output become copies of those: each lies where it is asked for. */
function ownOutputs(draft: Draft): Draft {
  const made = new Set(draft.steps.flatMap((step) => writesOf(step).map((value) => whole(draft, value))))
  const taken = new Set<Value>()
  const steps = [...draft.steps]
  const outputs = draft.outputs.map(({ name, value }) => {
    const source = seen(draft, value)
    if (made.has(source) && !taken.has(source)) {
      taken.add(source)
      return { name, value: source }
    }
    const copy: Value = { name: `${name} copied`, shape: value.shape, type: value.type }
    steps.push(
      rearranged(
        source,
        copy,
        Int32Array.from({ length: elementsOf(source) }, (_, i) => i),
      ),
    )
    return { name, value: copy }
  })
  return { ...draft, steps, outputs }
}
