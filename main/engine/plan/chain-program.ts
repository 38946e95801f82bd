/** A chain in the kernel's words: ONNX's operations are the kernel's own, and its values lie somewhere. */
import {
  type Chain as KernelChain,
  type NumberType,
  type Operand,
  type Operation as Op,
  operations,
  type Step,
  type Sum,
} from '../kernels/chain'
import { fillOf, type Value } from '../trace/graph'
import type { Chain, Operation, Spread } from './chain'
import type { Address } from './places'

/** The kernel's operations have ONNX's names, but for the first letter. */
function kernelOf(op: string): Op {
  const name = op.charAt(0).toLowerCase() + op.slice(1)
  if (!Object.hasOwn(operations, name)) throw new RangeError(`there is no kernel of ${op}`)
  return name as Op
}

/** A kernel's chain whose bytes are addresses, until they are known. */
export interface ChainAt {
  readonly rows: number
  readonly columns: number
  readonly operands: readonly (
    | { readonly per: 'place' | 'column' | 'row' | 'all'; readonly at: Address; readonly type: NumberType }
    | { readonly constant: number }
  )[]
  readonly steps: readonly (Omit<Step, 'to'> & { readonly to?: Address })[]
  readonly sums: readonly (Omit<Sum, 'to'> & { readonly to: Address })[]
}

const per = { all: 'place', columns: 'column', rows: 'row', one: 'all' } as const satisfies Record<Spread, string>

/** @param addressOf where a value lies; of a constant, its numbers as floats */
export function chainAt(
  { rows, columns, operands, operations, results }: Chain,
  addressOf: (value: Value) => Address,
): ChainAt {
  const kept = new Map<number, Value>()
  const copies: { at: number; value: Value }[] = []
  for (const { at, value, sum } of results) {
    if (sum) continue
    if (at < operands.length || kept.has(at)) copies.push({ at, value })
    else kept.set(at, value)
  }
  return {
    rows,
    columns,
    operands: operands.map(({ value, spread }) => {
      const fill = fillOf(value)
      if (fill !== undefined) return { constant: fill }
      return { per: per[spread], at: addressOf(value), type: value.data ? 'float32' : typeOf(value) }
    }),
    steps: [
      ...operations.map((operation, i) => {
        const result = kept.get(operands.length + i)
        return { ...stepOf(operation), ...(result && { to: addressOf(result) }) }
      }),
      ...copies.map(({ at, value }) => ({ op: 'copy' as const, of: [at], to: addressOf(value) })),
    ],
    sums: results.flatMap(({ at, value, sum, onto = false }) =>
      sum ? [{ per: sumPer[sum], of: at, to: addressOf(value), onto }] : [],
    ),
  }
}

const sumPer = { columns: 'column', rows: 'row', one: 'all' } as const

function typeOf({ type }: Value): NumberType {
  return type === 'float32' || type === 'int32' ? type : 'uint8'
}

/** One of the kernel's operations for each; `encodeChain` makes one of two where it can. */
function stepOf({ op, args, numbers }: Operation): Omit<Step, 'to'> {
  return { op: kernelOf(op), of: args, ...(numbers.length > 0 && { attributes: numbers }) }
}

/** The same where every address is a byte. */
export function resolved(chain: ChainAt, byteOf: (address: Address) => number): KernelChain {
  return {
    rows: chain.rows,
    columns: chain.columns,
    operands: chain.operands.map((operand): Operand =>
      'constant' in operand ? operand : { ...operand, at: byteOf(operand.at) },
    ),
    steps: chain.steps.map(({ to, ...step }): Step => ({ ...step, ...(to && { to: byteOf(to) }) })),
    sums: chain.sums.map((sum): Sum => ({ ...sum, to: byteOf(sum.to) })),
  }
}
