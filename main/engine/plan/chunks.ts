/**
 * Pass: what is large and read only once is computed some images at a time, together with what reads it, so that it never leaves
 * the cache: windows, their products, and what follows these. Windows that two products read are made twice: that costs less
 * than keeping them from a pass forward to the pass back.
 */
import { greatestCommonDivisor, type Value } from '../trace/graph'
import type { Chain, Result } from './chain'
import {
  type Combination,
  type Draft,
  elementsOf,
  type Product,
  readsOf,
  seen,
  type Slice,
  type Step,
  writesOf,
} from './draft'
import { windowed } from './images-inside'
import type { Move } from './index-map'
import type { Limits } from './limits'

/** Steps that run together, the last one at the end; what the others write is read by nobody else. */
interface Tree {
  readonly steps: readonly Step[]
  readonly images: number
}

export function chunks(draft: Draft): Draft {
  const single = withOwnMoves(draft)
  const trees = treesOf(single)
  const slices = new Map<Value, Slice>()
  const steps = single.steps.flatMap((step) => {
    const tree = trees.get(step)
    return tree === undefined ? [step] : tree === 'inner' ? [] : inChunks(tree, slices, draft.limits)
  })
  return { ...single, steps, slices }
}

/** Each large move with a copy for every further step that reads it, right before that. */
function withOwnMoves(draft: Draft): Draft {
  const moves = new Map<Value, { move: Move | Combination; read: boolean }>()
  const steps = draft.steps.flatMap((step): Step[] => {
    const isMove = step.kind === 'combination' || (step.kind === 'move' && step.parts.length === 1)
    if (isMove && bytesOf(step.out) >= draft.limits.worth) moves.set(step.out, { move: step, read: false })
    if (step.kind !== 'product') return [step]
    const found = moves.get(step.a)
    if (!found?.read) {
      if (found) found.read = true
      return [step]
    }
    const out: Value = { ...step.a, name: `${step.a.name} for ${step.out.name}` }
    return [
      { ...found.move, out },
      { ...step, a: out, ...(step.b === step.a && { b: out }) },
    ]
  })
  return { ...draft, steps }
}

/** For the last step of each tree, the tree; for its others, that they are in one. */
function treesOf(draft: Draft): ReadonlyMap<Step, Tree | 'inner'> {
  const readers = new Map<Value, Set<Step>>()
  for (const step of draft.steps)
    for (const value of readsOf(draft, step)) readers.set(value, (readers.get(value) ?? new Set()).add(step))
  const kept = new Set(draft.outputs.map(({ value }) => seen(draft, value)))
  const { worth, manyRows } = draft.limits
  const found = new Map<Step, Tree | 'inner'>()
  const parts = new Map<Step, Step[]>()
  for (const step of draft.steps) {
    const mine = [...(parts.get(step) ?? []), step]
    const [value, ...others] = writesOf(step)
    const [reader, ...more] = value ? (readers.get(value) ?? []) : []
    const alone = value && others.length === 0 && reader && more.length === 0 && !kept.has(value)
    if (
      alone &&
      bytesOf(value) >= worth &&
      inPieces(value, step, reader) &&
      imagesOf([...mine, ...(parts.get(reader) ?? []), reader], manyRows) > 1
    ) {
      parts.set(reader, [...(parts.get(reader) ?? []), ...mine])
      continue
    }
    if (mine.length === 1) continue
    for (const inner of mine) found.set(inner, 'inner')
    found.set(step, { steps: mine, images: imagesOf(mine, manyRows) })
  }
  return found
}

/** Whether a value is written piece by piece, and read so: of some images, no more than what belongs to them. */
function inPieces(value: Value, writer: Step, reader: Step): boolean {
  if (writer.kind === 'product' && writer.transA) return false
  if (writer.kind === 'chain' && writer.results.some(({ sum }) => sum !== undefined && sum !== 'rows')) return false
  if (reader.kind === 'product') return reader.transA || reader.b !== value
  if (reader.kind !== 'chain') return true
  return reader.operands.every(
    (operand) => operand.value !== value || operand.spread === 'all' || operand.spread === 'rows',
  )
}

/** Into how many equal parts these steps can all be cut; 1 if they cannot. */
function imagesOf(steps: readonly Step[], manyRows: number): number {
  return steps.reduce((all, step) => greatestCommonDivisor(all, partsOf(step, manyRows)), 0)
}

function partsOf(step: Step, manyRows: number): number {
  if (step.kind === 'move') return step.parts.length === 1 ? (step.parts[0]?.map.images ?? 1) : 1
  if (step.kind === 'combination') return step.images
  if (step.kind === 'product') {
    const rows = step.transA ? step.inner : step.rows
    return rows < manyRows || (step.transA && step.transB) ? 1 : rows
  }
  if (step.kind !== 'chain') return 1
  return isFlat(step) ? step.rows * step.columns : step.rows
}

/** Whether it does not matter to a chain where its rows end. */
function isFlat({ operands, results }: Chain): boolean {
  const plain = (spread: string | undefined) => spread === undefined || spread === 'all' || spread === 'one'
  return operands.every(({ spread }) => plain(spread)) && results.every(({ sum }) => plain(sum))
}

/** The steps of a tree, some images at a time. */
function inChunks({ steps, images }: Tree, slices: Map<Value, Slice>, limits: Limits): readonly Step[] {
  const inner = new Set(steps.slice(0, -1).flatMap(writesOf))
  const bytes = [...inner].reduce((sum, value) => sum + bytesOf(value), 0)
  const each = imagesAtOnce(images, bytes, steps, limits)
  if (each >= images || steps.some((step) => partedOf(step).some((value) => !inner.has(value)))) return steps
  const buffers = new Map([...inner].map((value) => [value, buffer(value, each / images)]))
  const inside = windowed(steps, images, each, limits)
  const all: Step[] = []
  for (let first = 0; first < images; first += each) {
    const count = Math.min(each, images - first)
    const part: Part = {
      first,
      count,
      images,
      of: (value) => {
        const whole = buffers.get(value) ?? value
        const size = (elementsOf(value) * count) / images
        const begin = buffers.has(value) ? 0 : (elementsOf(value) * first) / images
        const slice: Value = { name: `${whole.name} ${begin} ${size}`, shape: [size], type: value.type }
        if (value.data) return { ...slice, data: value.data.slice(begin, begin + size) }
        slices.set(slice, { of: whole, begin })
        return slice
      },
    }
    for (const step of steps) {
      const found = inside.find(({ product, move }) => product === step || move === step)
      if (!found) all.push(...sliced(step, part))
      else if (found.product === step)
        for (const piece of sliced({ ...found.product, a: found.source }, part))
          all.push(...(piece.kind === 'product' ? found.steps(piece, count) : [piece]))
    }
  }
  return all
}

/** What of a step's values has no piece that belongs to some images: all its parts have one. */
function partedOf(step: Step): readonly Value[] {
  if (step.kind === 'product' && step.times > 1) return step.transA ? [step.a, step.b] : [step.a, step.out]
  if (step.kind !== 'combination') return []
  return [...(step.parts.source > 1 ? [step.source] : []), ...(step.parts.out > 1 ? [step.out] : [])]
}

function buffer(value: Value, share: number): Value {
  return { name: `${value.name} in part`, shape: [Math.ceil(elementsOf(value) * share)], type: value.type }
}

/** As many as fit, and rather a few less where that makes all chunks equal. */
function imagesAtOnce(images: number, bytes: number, steps: readonly Step[], { fewestRows, atOnce }: Limits): number {
  const rows = Math.min(
    ...steps.map((step) => (step.kind === 'product' ? (step.transA ? step.inner : step.rows) : Infinity)),
  )
  const fewest = Math.min(images, Math.ceil((fewestRows * images) / rows))
  const most = Math.max(fewest, Math.floor((atOnce * images) / bytes), 1)
  for (let count = most; count > most / 2 && count >= fewest; count--) if (images % count === 0) return count
  return most
}

/** Some of the images of a tree. */
interface Part {
  readonly first: number
  readonly count: number
  readonly images: number
  /** What of a value belongs to them. */
  of(value: Value): Value
}

function sliced(step: Step, { first, count, images, of }: Part): Step[] {
  const part = (whole: number) => (whole * count) / images
  if (step.kind === 'move') {
    return [{ ...step, out: of(step.out), parts: step.parts.map(({ source, map, ...where }) => ({ source: of(source), map: { ...map, images: part(map.images) }, ...where })) }] // prettier-ignore
  }
  if (step.kind === 'combination')
    return [{ ...step, source: of(step.source), out: of(step.out), images: part(step.images) }]
  if (step.kind === 'chain') {
    const [rows, columns] = isFlat(step) ? [1, part(step.rows * step.columns)] : [part(step.rows), step.columns]
    const operands = step.operands.map(({ value, spread }) => ({ value: spread === 'all' || spread === 'rows' ? of(value) : value, spread })) // prettier-ignore
    const results = step.results.map(({ at, value, sum }): Result => {
      if (sum === undefined) return { at, value: of(value) }
      return sum === 'rows' ? { at, value: of(value), sum } : { at, value, sum, onto: first > 0 }
    })
    return [{ ...step, rows, columns, operands, results }]
  }
  if (step.kind !== 'product') return [step]
  if (!step.transA) return [{ ...step, a: of(step.a), out: of(step.out), rows: part(step.rows) }]
  const product: Product = { ...step, a: of(step.a), b: of(step.b), inner: part(step.inner) }
  if (first === 0) return [product]
  const more: Value = { ...step.out, name: `${step.out.name} from ${first}` }
  return [{ ...product, out: more }, added(step.out, more)]
}

/** One value added to another. */
function added(to: Value, more: Value): Chain {
  const operands = [to, more].map((value) => ({ value, spread: 'all' as const }))
  const operations = [{ op: 'Add', args: [0, 1], numbers: [] }]
  return { kind: 'chain', rows: 1, columns: elementsOf(to), operands, operations, results: [{ at: 2, value: to }] }
}

function bytesOf(value: Value): number {
  return 4 * elementsOf(value)
}
