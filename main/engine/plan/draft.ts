/** What passes work on: a traced graph as steps, in an order in which each finds what it reads; at first a step is a node. */
import { present } from '../../../preload/present'
import { type Graph, type NamedValue, type Node, sizeOf, type Value } from '../trace/graph'
import type { Chain } from './chain'
import type { Move } from './index-map'
import type { Limits } from './limits'

/** Nodes as they are, for ONNX Runtime: one, or some of which each is read by another. */
export interface NodesStep {
  readonly kind: 'nodes'
  readonly nodes: readonly [Node, ...Node[]]
}

/** A product of two matrices, of which either may be transposed first: `out` [rows, columns] = a [rows, inner] · b. */
export interface Product {
  readonly kind: 'product'
  readonly a: Value
  readonly b: Value
  readonly out: Value
  readonly rows: number
  readonly inner: number
  readonly columns: number
  readonly transA: boolean
  readonly transB: boolean
  /** So many products, of matrices that lie one behind the other. */
  readonly times: number
}

/** Sums and differences of runs of a source, image by image. */
export interface Combination {
  readonly kind: 'combination'
  readonly source: Value
  readonly out: Value
  readonly images: number
  /** Numbers of a run. */
  readonly length: number
  /** For each run of an image of the result, those of the source that are added and those that are taken away, counted in runs. */
  readonly terms: readonly Terms[]
  /** Parts of which either side is made, each with its share of all images: matrices of several products. */
  readonly parts: { readonly source: number; readonly out: number }
  /** Runs of an image of the source. */
  readonly sourceRuns: number
}

export interface Terms {
  readonly added: readonly number[]
  readonly taken: readonly number[]
}

export type Step = NodesStep | Product | Move | Chain | Combination

/**
 * Values that are the same bytes seen in other shapes are one: of what steps read and write, `draft.seen` gives the one that
 * they all are.
 */
export interface Draft {
  readonly inputs: readonly Value[]
  readonly outputs: readonly NamedValue[]
  readonly steps: readonly Step[]
  /** Of values that are another one in another shape, that one. */
  readonly views: ReadonlyMap<Value, Value>
  /** The graph's nodes, by what they make. */
  readonly makers: ReadonlyMap<Value, Node>
  /** Of values that are a piece of another one, which. */
  readonly slices: ReadonlyMap<Value, Slice>
  readonly limits: Limits
}

export interface Slice {
  readonly of: Value
  /** Its first number. */
  readonly begin: number
}

export function draftOf({ inputs, outputs, nodes }: Graph, limits: Limits): Draft {
  const views = new Map<Value, Value>()
  const steps: NodesStep[] = []
  for (const node of nodes) {
    const source = node.op === 'Reshape' ? node.inputs[0] : undefined
    if (source) views.set(node.output, views.get(source) ?? source)
    else steps.push({ kind: 'nodes', nodes: [node] })
  }
  const makers = new Map(nodes.map((node) => [node.output, node]))
  return { inputs, outputs, steps, views, makers, slices: new Map(), limits }
}

/** The value whose bytes these are. */
export function seen({ views }: Draft, value: Value): Value {
  return views.get(value) ?? value
}

/** The value in whose memory another one lies. */
export function whole({ slices }: Draft, value: Value): Value {
  return slices.get(value)?.of ?? value
}

/** What a step reads, and what it writes. */
export function readsOf(draft: Draft, step: Step): readonly Value[] {
  if (step.kind === 'nodes') return readByNodes(step).map((value) => seen(draft, value))
  if (step.kind === 'product') return [step.a, step.b]
  if (step.kind === 'combination') return [step.source]
  if (step.kind === 'move') return step.parts.map(({ source }) => source)
  return step.operands.map(({ value }) => value)
}

/** What nodes read that none of them makes: values in the shapes that they see. */
export function readByNodes({ nodes }: NodesStep): readonly Value[] {
  const made = new Set(nodes.map(({ output }) => output))
  return [...new Set(nodes.flatMap(({ inputs }) => inputs))].filter((value) => !made.has(value))
}

/** The node that a step is, if it is no more than one. */
export function onlyNode(step: Step): Node | undefined {
  return step.kind === 'nodes' && step.nodes.length === 1 ? step.nodes[0] : undefined
}

export function writesOf(step: Step): readonly Value[] {
  if (step.kind === 'nodes') return step.nodes.filter(({ op }) => op !== 'Reshape').map(({ output }) => output)
  if (step.kind === 'chain') return step.results.map(({ value }) => value)
  return [step.out]
}

/** The step that writes each value that is written. */
export function writersOf({ steps }: Draft): ReadonlyMap<Value, Step> {
  return new Map(steps.flatMap((step) => writesOf(step).map((value): [Value, Step] => [value, step])))
}

/** Leaves out steps of which nothing is read; of a move or a node that is all that it does. */
export function dropUnread(draft: Draft): Draft {
  const needed = new Set(draft.outputs.map(({ value }) => seen(draft, value)))
  const steps: Step[] = []
  for (const step of draft.steps.toReversed()) {
    if (!writesOf(step).some((value) => needed.has(value))) continue
    for (const value of readsOf(draft, step)) needed.add(value)
    steps.push(step)
  }
  return { ...draft, steps: steps.toReversed() }
}

/** Whole numbers that a constant holds: shapes, axes and places. @throws RangeError if it is none */
export function numbersOf(value: Value | undefined): number[] {
  return Array.from(present(value?.data, 'constant') as ArrayLike<number | bigint>, Number)
}

export const elementsOf = ({ shape }: Value): number => sizeOf(shape)
