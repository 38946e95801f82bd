/**
 * Pass: nodes that work number by number are fused with their neighbours into chains, with the sums at their ends: each
 * number is read once, and only what others need of it is written.
 */
import type { Node, Value } from '../trace/graph'
import { type Chain, type Fit, type Operand, type Operation, type Result, type Spread, sumFit } from './chain'
import { type Draft, dropUnread, elementsOf, numbersOf, onlyNode, readsOf, seen, writesOf } from './draft'
import { expressionOf, leaves, type Makers, type Term } from './expressions'
import type { Limits } from './limits'

/** Of a step that becomes part of a chain: an operation of each number, or a sum of what there is. */
interface Piece {
  readonly out: Value
  readonly term: Term
  readonly sum?: Exclude<Spread, 'all'>
  /** Numbers that it works on, and columns if that matters. */
  readonly size: number
  readonly columns: number | undefined
}

/** Steps that become one: a chain, or a step that stays as it is. */
interface Unit {
  readonly pieces: Map<number, Piece>
  /** Of its steps, in their order. */
  members: readonly number[]
  columns: number | undefined
  reads: Set<number>
}

export function chains(draft: Draft): Draft {
  const makers: Makers = { madeBy: (value) => draft.makers.get(value), seen: (value) => seen(draft, value) }
  const pieces = draft.steps.map((step) => {
    const node = onlyNode(step)
    return node && pieceOf(node, makers)
  })
  const reads = draft.steps.map((step, i) => {
    const piece = pieces[i]
    return piece ? leaves(piece.term).map(({ value }) => value) : readsOf(draft, step)
  })
  const writers = new Map<Value, number>()
  draft.steps.forEach((step, i) => writesOf(step).forEach((value) => writers.set(value, i)))
  const needs = reads.map((values) => new Set(values.flatMap((value) => writers.get(value) ?? [])))

  const units = draft.steps.map((_, i): Unit => {
    const piece = pieces[i]
    return { pieces: new Map(piece && [[i, piece]]), members: [i], columns: piece?.columns, reads: needs[i]! }
  })
  const meet = (one: number, other: number): void => {
    const [into, from] = [units[one]!, units[other]!]
    if (into !== from && fits(into, from, draft.limits) && !isBetween(into, from, units)) join(into, from, units)
  }
  // what only one chain reads is computed there, whenever that is: nothing of it is kept until then
  const readers = draft.steps.map((): number[] => [])
  for (const [i, before] of needs.entries()) for (const at of before) readers[at]!.push(i)
  const isOutput = new Set(draft.outputs.map(({ value }) => seen(draft, value)))
  for (const [i, piece] of [...pieces.entries()].toReversed()) {
    const [first, ...others] = readers[i]!
    const alone = first !== undefined && others.every((reader) => units[reader] === units[first])
    if (piece && alone && !isOutput.has(piece.out)) meet(i, first)
  }
  for (const [i, piece] of pieces.entries()) if (piece) for (const before of needs[i]!) meet(before, i)
  const steps = inOrder(units).map((unit) => {
    const [first] = unit.members
    return unit.pieces.size === 0 ? draft.steps[first!]! : chainOf(unit)
  })
  return withoutUnread(dropUnread({ ...draft, steps }))
}

function pieceOf(node: Node, makers: Makers): Piece | undefined {
  const out = node.output
  if (node.op === 'ReduceSum') {
    const [x, axes] = node.inputs
    const fit = x && x.type === 'float32' && elementsOf(x) > 0 ? sumFit(x.shape, numbersOf(axes)) : undefined
    if (!x || !fit) return undefined
    const all: Fit = { spread: 'all' }
    // a sum of one number each is that number
    return { out, term: { value: makers.seen(x), fit: all }, ...(fit.spread !== 'all' && { sum: fit.spread }), size: elementsOf(x), columns: fit.columns } // prettier-ignore
  }
  const term = expressionOf(node, makers)
  if (!term) return undefined
  const columns = new Set(leaves(term).flatMap(({ fit }) => fit.columns ?? []))
  const [only] = columns
  return columns.size > 1 ? undefined : { out, term, size: elementsOf(out), columns: only }
}

function fits(one: Unit, other: Unit, { mostOperations }: Limits): boolean {
  const [a] = one.pieces.values()
  const [b] = other.pieces.values()
  if (!a || !b || a.size !== b.size || one.pieces.size + other.pieces.size > mostOperations) return false
  return one.columns === undefined || other.columns === undefined || one.columns === other.columns
}

/** Whether a unit needs another one's results also by way of a third, or of a sum. */
function isBetween(before: Unit, after: Unit, units: readonly Unit[]): boolean {
  const sums = [...before.pieces].filter(([, { sum }]) => sum)
  if (sums.some(([i]) => after.reads.has(i))) return true
  const known = new Set([before, after])
  const open = [...after.reads].map((i) => units[i]!).filter((unit) => unit !== before && unit !== after)
  for (let unit = open.pop(); unit; unit = open.pop()) {
    if (known.has(unit)) continue
    known.add(unit)
    for (const i of unit.reads) {
      const next = units[i]!
      if (next === before) return true
      if (!known.has(next)) open.push(next)
    }
  }
  return false
}

function join(into: Unit, from: Unit, units: Unit[]): void {
  into.members = [...into.members, ...from.members].toSorted((a, b) => a - b)
  for (const [i, piece] of from.pieces) into.pieces.set(i, piece)
  into.columns ??= from.columns
  into.reads = new Set([...into.reads, ...from.reads].filter((i) => !into.members.includes(i)))
  for (const member of from.members) units[member] = into
}

/** Units such that each comes after those that it needs, and otherwise as late as its last step was. @throws Error if two need each other */
function inOrder(units: readonly Unit[]): Unit[] {
  const ordered: Unit[] = []
  const placed = new Map<Unit, 'begun' | 'done'>()
  const place = (unit: Unit): void => {
    if (placed.get(unit) === 'begun') throw new Error('chains that need each other')
    if (placed.has(unit)) return
    placed.set(unit, 'begun')
    for (const i of [...unit.reads].toSorted((a, b) => a - b)) place(units[i]!)
    placed.set(unit, 'done')
    ordered.push(unit)
  }
  for (const [i, unit] of units.entries()) if (unit.members.at(-1) === i) place(unit)
  return ordered
}

function chainOf(unit: Unit): Chain {
  const sorted = [...unit.pieces].toSorted(([a], [b]) => a - b).map(([, piece]) => piece)
  const [{ size }] = sorted as [Piece]
  const columns = unit.columns ?? size
  const made = new Set(sorted.filter(({ sum }) => !sum).map(({ out }) => out))
  const operands: Operand[] = []
  const places = new Map<string, number>()
  for (const { term } of sorted)
    for (const { value, fit } of leaves(term)) {
      const key = `${value.name} ${fit.spread}`
      if (made.has(value) || places.has(key)) continue
      places.set(key, operands.length)
      operands.push({ value, spread: fit.spread })
    }
  const operations: Operation[] = []
  const known = new Map<string, number>()
  const computed = new Map<Value, number>()
  const placeOf = (term: Term): number => {
    if ('value' in term) return computed.get(term.value) ?? places.get(`${term.value.name} ${term.fit.spread}`)!
    const operation = { op: term.op, args: term.terms.map(placeOf), numbers: term.numbers }
    const key = JSON.stringify(operation)
    const place = known.get(key) ?? operands.length + operations.push(operation) - 1
    known.set(key, place)
    return place
  }
  const results = sorted.map(({ out, term, sum }): Result => {
    const at = placeOf(term)
    if (!sum) computed.set(out, at)
    return sum ? { at, value: out, sum } : { at, value: out }
  })
  return { kind: 'chain', rows: size / columns, columns, operands, operations, results }
}

/** Of chains, no more results than are read. */
function withoutUnread(draft: Draft): Draft {
  const read = new Set(draft.outputs.map(({ value }) => seen(draft, value)))
  for (const step of draft.steps) for (const value of readsOf(draft, step)) read.add(value)
  const steps = draft.steps.map((step) =>
    step.kind === 'chain' ? { ...step, results: step.results.filter(({ value }) => read.has(value)) } : step,
  )
  return { ...draft, steps }
}
