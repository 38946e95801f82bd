/** A chain as the program that the kernel `chain` runs: words of 32 bits, which assembly/chain.ts reads. */
import { type Chain, numberTypes, type Operand, operations, type Step, type Sum } from './chain'
import { simplified } from './simplify'

export interface ChainProgram {
  /** They may lie at any multiple of 4. */
  readonly words: Int32Array
  /** Bytes of scratch that it needs. */
  readonly scratch: number
}

/** Of mode, assembly/operands.ts's `Mode`. */
const modes = {
  direct: 0,
  directColumns: 1,
  converted: 2,
  convertedColumns: 3,
  tiled: 4,
  spread: 5,
  rowOfOne: 6,
  scalar: 7,
  constant: 8,
} as const
type Mode = keyof typeof modes

/** assembly/sums.ts's `Sum`. */
const waysToSum = { columns: 0, longColumns: 1, rows: 2, all: 3 } as const

const names = Object.keys(operations)
/** Of a register of one number, four times. */
const splatBytes = 16
/** Floats of a block, at most: with some registers they fit a processor's nearest cache. */
const mostAtOnce = 1024

/** How a chain is cut into blocks: whole rows, or parts of one. */
interface Blocks {
  readonly rows: number
  readonly columns: number
  readonly rowsAtOnce: number
  readonly columnsAtOnce: number
}

/** @throws RangeError if a step takes what it cannot */
export function encodeChain(whole: Chain): ChainProgram {
  check(whole)
  const chain = simplified(whole)
  const blocks = cut(chain)
  const { operands, steps, sums = [] } = chain
  const registers = new Registers(8 * (operands.length + steps.length), 4 * blocks.rowsAtOnce * blocks.columnsAtOnce)
  const header = [blocks.rows, blocks.columns, blocks.rowsAtOnce, blocks.columnsAtOnce]
  const words = [
    ...header.concat(operands.length, steps.length, sums.length, 0),
    ...operands.flatMap((operand) => encodeOperand(operand, blocks, registers)),
    ...encodeSteps(chain, registers),
    ...sums.flatMap((sum) => encodeSum(sum, blocks, registers)),
  ]
  return { words: Int32Array.from(words), scratch: registers.end }
}

function check({ operands, steps, sums = [] }: Chain): void {
  steps.forEach(({ op, of, attributes = [] }, i) => {
    const { inputs, attributes: named } = operations[op]
    if (of.length !== inputs || attributes.length !== named.length)
      throw new RangeError(`${op} takes ${inputs} values and ${named.length} attributes`)
    if (of.some((value) => !(value < operands.length + i)))
      throw new RangeError(`step ${i}, ${op}, takes a value that is not there yet`)
  })
  if (sums.some(({ of }) => !(of < operands.length + steps.length)))
    throw new RangeError('a sum of a value that is not there')
}

/** Blocks of whole rows are a multiple of four numbers long: only the last may end within a vector. */
function cut({ rows, columns, operands, sums = [] }: Chain): Blocks {
  const plain = [...operands, ...sums].every((it) => !('per' in it) || it.per === 'place' || it.per === 'all')
  if (plain || rows === 1) {
    const size = rows * columns
    const [row, column] = plain ? [1, size] : [rows, columns]
    return { rows: row, columns: column, rowsAtOnce: 1, columnsAtOnce: atOnce(size) }
  }
  const fewest = columns % 4 === 0 ? 1 : columns % 2 === 0 ? 2 : 4
  const times = Math.floor(mostAtOnce / (fewest * columns))
  if (times === 0) return { rows, columns, rowsAtOnce: 1, columnsAtOnce: atOnce(columns) }
  const rowsAtOnce = fewest * Math.min(times, Math.ceil(rows / fewest))
  return { rows, columns, rowsAtOnce, columnsAtOnce: columns }
}

/** Of a long row. */
function atOnce(length: number): number {
  return Math.min(mostAtOnce, 4 * Math.ceil(length / 4))
}

function encodeOperand(
  operand: Operand,
  { rowsAtOnce, columnsAtOnce, columns }: Blocks,
  registers: Registers,
): number[] {
  if ('constant' in operand) return [modes.constant, bitsOf(operand.constant), 0, registers.take(splatBytes)]
  const { per, at, type = 'float32' } = operand
  const wholeRows = columnsAtOnce === columns && rowsAtOnce > 1
  const float = type === 'float32'
  const mode: Record<typeof per, Mode> = {
    place: float ? 'direct' : 'converted',
    column: wholeRows ? 'tiled' : float ? 'directColumns' : 'convertedColumns',
    row: wholeRows ? 'spread' : 'rowOfOne',
    all: 'scalar',
  }
  return [modes[mode[per]], at, numberTypes.indexOf(type), registers.of(mode[per])]
}

/** Steps' results share registers: one is free again after the last step that takes it. */
function encodeSteps({ operands, steps, sums = [] }: Chain, registers: Registers): number[] {
  const lastUse = new Map<number, number>()
  steps.forEach(({ of }, i) => of.forEach((value) => lastUse.set(value, i)))
  for (const { of } of sums) lastUse.set(of, Infinity)
  const held = new Map<number, number>()
  const free: number[] = []
  return steps.flatMap(({ op, of, attributes: [p = 0, q = 0] = [], to }: Step, i) => {
    for (const value of new Set(of)) {
      const register = held.get(value)
      if (register !== undefined && lastUse.get(value) === i) free.push(register)
    }
    const register = to === undefined ? (free.pop() ?? registers.take()) : 0
    if (to === undefined) held.set(operands.length + i, register)
    const [a, b = 0, c = 0] = of
    return [names.indexOf(op), a ?? 0, b, c, bitsOf(p), bitsOf(q), to ?? 0, register]
  })
}

function encodeSum({ per, of, to, onto = false }: Sum, blocks: Blocks, registers: Registers): number[] {
  const wholeRows = blocks.columnsAtOnce === blocks.columns && blocks.rowsAtOnce > 1
  const way = { column: wholeRows ? 'columns' : 'longColumns', row: 'rows', all: 'all' } as const
  const how = waysToSum[way[per]]
  return [how, of, to, onto ? 1 : 0, registers.take()]
}

/** Where registers lie in the scratch, behind the list of values. */
class Registers {
  constructor(
    public end: number,
    private readonly block: number,
  ) {}

  /** One for an operand, if its mode needs any. */
  of(mode: Mode): number {
    if (mode === 'direct' || mode === 'directColumns') return 0
    return this.take(mode === 'rowOfOne' || mode === 'scalar' ? splatBytes : undefined)
  }

  /** A block's, if nothing else is said, and room for what is written behind its last number. */
  take(bytes = this.block + splatBytes): number {
    const begin = splatBytes * Math.ceil(this.end / splatBytes)
    this.end = begin + bytes
    return begin
  }
}

function bitsOf(value: number): number {
  return new Int32Array(Float32Array.of(value).buffer)[0] as number
}
