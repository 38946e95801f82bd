/** Pass: what no other pass knows goes to ONNX Runtime, and neighbours that need each other go together. */
import type { Node } from '../trace/graph'
import { type Draft, type NodesStep, readsOf, seen, type Step, writesOf } from './draft'

export function rest(draft: Draft): Draft {
  const steps: Step[] = []
  for (const step of draft.steps) {
    const before = steps.at(-1)
    const both = before?.kind === 'nodes' && step.kind === 'nodes' ? together(draft, before, step) : undefined
    if (both) steps[steps.length - 1] = both
    else steps.push(step)
  }
  return { ...draft, steps }
}

/** Two steps as one, with the reshapes between them; undefined if they have nothing to do with each other. */
function together(draft: Draft, before: NodesStep, after: NodesStep): NodesStep | undefined {
  const made = new Set(writesOf(before))
  if (!readsOf(draft, after).some((value) => made.has(value))) return undefined
  const between: Node[] = []
  for (const value of new Set(after.nodes.flatMap(({ inputs }) => inputs))) {
    const reshape = draft.views.has(value) ? draft.makers.get(value) : undefined
    if (!reshape || before.nodes.includes(reshape) || !made.has(seen(draft, value))) continue
    if (!reshape.inputs.some((input) => made.has(input))) return undefined
    between.push(reshape)
  }
  return { kind: 'nodes', nodes: [...before.nodes, ...between, ...after.nodes] }
}
