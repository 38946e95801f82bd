/** The compiler's optimisation passes: small ones over a finished graph, each with one job. */
import type { Graph, Node, Value } from './graph'

/** Leaves out nodes that no output needs. */
export function dropUnused(graph: Graph): Graph {
  const needed = new Set<Value>(graph.outputs.map((o) => o.value))
  const nodes: Node[] = []
  for (const node of graph.nodes.toReversed()) {
    if (!needed.has(node.output)) continue
    for (const input of node.inputs) needed.add(input)
    nodes.push(node)
  }
  return { ...graph, nodes: nodes.toReversed() }
}

/** All passes, in order. */
export function optimise(graph: Graph): Graph {
  return dropUnused(graph)
}
