/** How much memory a graph needs for what it computes on the way: by the lifetimes of its values, as they are used in order. */
import { bytesOfOne, type Graph, type Node, sizeOf, type Value } from './graph'

/** Bytes in use at once at most, beside the graph's inputs, outputs and constants. */
export function roomOf({ nodes, outputs }: Graph): number {
  const given = new Set(outputs.map(({ value }) => value))
  const lastUses = new Map<Value, Node>()
  for (const node of nodes) for (const input of [...node.inputs, node.output]) lastUses.set(input, node)
  const made = new Set<Value>()
  let [now, most] = [0, 0]
  for (const node of nodes) {
    if (!given.has(node.output)) {
      made.add(node.output)
      now += bytesOf(node.output)
    }
    most = Math.max(most, now)
    for (const value of new Set([...node.inputs, node.output])) {
      if (made.has(value) && lastUses.get(value) === node) now -= bytesOf(value)
    }
  }
  return most
}

function bytesOf({ shape, type }: Value): number {
  return bytesOfOne[type] * sizeOf(shape)
}
