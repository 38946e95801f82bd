/** Nodes as operations of chains: which can be, what they read, and what of them is computed where it is needed. */
import { fillOf, type Node, sizeOf, type Value } from '../trace/graph'
import { type Fit, fitOf, readable } from './chain'

/** ONNX's operations that chains have under the same names; of those with attributes, how these become numbers. */
const operations: Readonly<Record<string, (node: Node) => readonly number[]>> = {
  ...Object.fromEntries(
    'Add Sub Mul Div Max Min Greater GreaterOrEqual Less LessOrEqual Equal And Not Abs Exp Log Neg Relu Sigmoid Sqrt Tanh Where Cast'
      .split(' ')
      .map((op) => [op, () => []]),
  ),
  Elu: ({ attributes }) => [floatOf(attributes['alpha'])],
  HardSigmoid: ({ attributes }) => [floatOf(attributes['alpha']), floatOf(attributes['beta'])],
  Clip: ({ inputs: [, low, high] }) => [low, high].map((bound) => (bound && fillOf(bound)) ?? NaN),
}

function floatOf(attribute: unknown): number {
  return (attribute as { float: number }).float
}

/** What an operation reads: a value in memory, or one that is computed on the spot. */
export type Term =
  | { readonly value: Value; readonly fit: Fit }
  | { readonly op: string; readonly numbers: readonly number[]; readonly terms: readonly Term[] }

export interface Makers {
  /** The node that makes a value, if one does. */
  madeBy(value: Value): Node | undefined
  /** The value whose bytes these are. */
  seen(value: Value): Value
}

/** A node of floats as an operation; undefined if it is none. */
export function expressionOf(node: Node, makers: Makers): Term | undefined {
  if (node.output.type !== 'float32' || sizeOf(node.output.shape) === 0) return undefined
  return operation(node, makers)
}

function operation(node: Node, makers: Makers): Term | undefined {
  const numbers = operations[node.op]?.(node)
  if (!numbers || numbers.some(Number.isNaN) || !castable(node)) return undefined
  const inputs = node.op === 'Clip' ? node.inputs.slice(0, 1) : node.inputs
  const terms = inputs.flatMap((input) => termOf(input, node.output.shape, makers) ?? [])
  if (terms.length < inputs.length) return undefined
  const [only] = terms
  return node.op === 'Cast' && only ? only : { op: node.op, numbers, terms }
}

/** Casts that change no number, of what chains hold as floats: no fraction is cut off, and nothing becomes true. */
function castable({ op, inputs: [x], output }: Node): boolean {
  return op !== 'Cast' || output.type === 'float32' || (output.type === 'int32' && x?.type !== 'float32')
}

/** An operand over a shape. Truth and whole numbers are computed where they are needed: nobody else could read them as floats. */
function termOf(input: Value, over: readonly number[], makers: Makers): Term | undefined {
  const value = makers.seen(input)
  const node = value.data ? undefined : makers.madeBy(value)
  const [before] = node?.op === 'Expand' && value === input && value.type === 'float32' ? node.inputs : []
  const narrow = before && fitOf(before.shape, over)
  if (before && narrow) return { value: makers.seen(before), fit: narrow }
  const fit = fitOf(input.shape, over)
  if (!fit || value.type === 'int64') return undefined
  if (value.data || value.type === 'float32') return { value, fit }
  const term = node && makesWhole(node) ? operation(node, makers) : undefined
  if (term && leaves(term).every((leaf) => fit.spread === 'all' || ['all', 'one'].includes(leaf.fit.spread)))
    return spreadAs(term, fit)
  return readable.has(value.type) ? { value, fit } : undefined
}

/** Nodes whose results are whole numbers that floats hold: comparisons, and bytes. */
function makesWhole({ op, inputs: [x], output }: Node): boolean {
  return output.type === 'bool' || (op === 'Cast' && (x?.type === 'uint8' || x?.type === 'bool'))
}

function spreadAs(term: Term, fit: Fit): Term {
  if (fit.spread === 'all') return term
  if ('value' in term) return term.fit.spread === 'one' ? term : { ...term, fit }
  return { ...term, terms: term.terms.map((inner) => spreadAs(inner, fit)) }
}

/** What an expression reads from memory. */
export function leaves(term: Term): readonly { readonly value: Value; readonly fit: Fit }[] {
  return 'value' in term ? [term] : term.terms.flatMap(leaves)
}
