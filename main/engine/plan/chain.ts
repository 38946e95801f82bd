/** Elementwise work as a chain: what it reads, spread over rows and columns, operations in order, and what is kept of them. */
import { type ElementType, sizeOf, type Value } from '../trace/graph'

/** How a value is repeated over [rows, columns]: not at all, down the columns, along the rows, or as one number everywhere. */
export type Spread = 'all' | 'columns' | 'rows' | 'one'

export interface Operand {
  readonly value: Value
  readonly spread: Spread
}

/** An operation on what has these places: operands first, then the results of the operations before it. */
export interface Operation {
  readonly op: string
  readonly args: readonly number[]
  /** Its attributes, if it has some. */
  readonly numbers: readonly number[]
}

/** What is written of a place: all its numbers, or their sums, one for each column, for each row, or of all. */
export interface Result {
  readonly at: number
  readonly value: Value
  readonly sum?: Exclude<Spread, 'all'>
  /** Sums are added to what is there. */
  readonly onto?: boolean
}

export interface Chain {
  readonly kind: 'chain'
  readonly rows: number
  readonly columns: number
  readonly operands: readonly Operand[]
  readonly operations: readonly Operation[]
  readonly results: readonly Result[]
}

/** A spread over so many columns; what is repeated nowhere or everywhere goes with any number of them. */
export interface Fit {
  readonly spread: Spread
  readonly columns?: number
}

/** How a value of one shape is repeated over another one; undefined if that is no way of a chain's. */
export function fitOf(shape: readonly number[], over: readonly number[]): Fit | undefined {
  const [size, whole] = [sizeOf(shape), sizeOf(over)]
  if (size === whole) return { spread: 'all' }
  if (size === 1) return { spread: 'one' }
  const padded = [...Array<number>(over.length - shape.length).fill(1), ...shape]
  const kept = padded.map((length, axis) => length === over[axis]).filter((_, axis) => over[axis] !== 1)
  const change = kept.findIndex((keeps) => keeps !== kept[0])
  if (kept.slice(change).some((keeps) => keeps === kept[0])) return undefined
  return kept[0] ? { spread: 'rows', columns: whole / size } : { spread: 'columns', columns: size }
}

/** The same of sums over some axes of a shape. */
export function sumFit(shape: readonly number[], axes: readonly number[]): Fit | undefined {
  return fitOf(
    shape.map((length, axis) => (axes.includes(axis) ? 1 : length)),
    shape,
  )
}

/** Types whose numbers a chain can read. */
export const readable: ReadonlySet<ElementType> = new Set(['float32', 'int32', 'uint8', 'bool'])
