/** A graph as two, where some of its outputs are needed before the rest can be computed. */
import type { Graph, Node, Value } from './graph'
import { dropUnused } from './passes'

/** Operations whose results are the same bytes in another shape; and those that also move what they get. */
const reshapes = new Set(['Reshape'])
const moves = new Set(['Reshape', 'Gather', 'Pad', 'Slice', 'Transpose', 'Concat', 'Expand', 'Tile'])

/**
 * The first graph has the outputs named so, and beside them, under their own names, the values that the second takes as
 * inputs in place of computing them again.
 *
 * @param movesAgain whether numbers are rather moved again than kept: windows are many times what they are cut out of
 */
export function cut(
  graph: Graph,
  names: readonly string[],
  movesAgain = false,
): { readonly first: Graph; readonly rest: Graph } {
  const again = movesAgain ? moves : reshapes
  const early = graph.outputs.filter(({ name }) => names.includes(name))
  const late = graph.outputs.filter(({ name }) => !names.includes(name))
  const first = dropUnused({ ...graph, outputs: early })
  const producers = new Map(graph.nodes.map((node) => [node.output, node]))
  const made = new Set(first.nodes)
  const changing = new Set<Value>(graph.inputs)
  for (const { inputs, output } of graph.nodes) if (inputs.some((input) => changing.has(input))) changing.add(output)

  const kept = new Set<Value>()
  const rest = new Set<Node>()
  /** Sees to it that the second graph has a value: of the first one, or made there, where it is nothing to make. */
  const provide = (value: Value): void => {
    const producer = producers.get(value)
    if (!producer || kept.has(value) || rest.has(producer)) return
    if (made.has(producer) && changing.has(value) && value.type === 'float32' && !again.has(producer.op)) {
      kept.add(value)
      return
    }
    rest.add(producer)
    producer.inputs.forEach(provide)
  }
  for (const { value } of late) provide(value)

  const crossing = [...kept]
  return {
    first: { ...first, outputs: [...early, ...crossing.map((value) => ({ name: value.name, value }))] },
    rest: {
      inputs: [...graph.inputs, ...crossing],
      outputs: late,
      nodes: graph.nodes.filter((node) => rest.has(node)),
    },
  }
}
