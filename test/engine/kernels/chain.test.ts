/** Chains of any shape against the same in float64. */
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Chain, Operand, Operation, Step, Sum } from '../../../main/engine/kernels/chain'
import { encodeChain } from '../../../main/engine/kernels/encode'
import { KernelMemory } from './memory'

const memory = new KernelMemory()
const upTo = (most: number, least = 1) => fc.integer({ min: least, max: most })

/** Runs a chain, when nothing but its results may change. @returns what lies in each of these places then */
function run(chain: Chain, places: readonly { to: number; size: number }[]): number[][] {
  const { words, scratch } = encodeChain(chain)
  const program = memory.put(words, 1)
  const aside = memory.scratch
  expect(aside + scratch).toBeLessThan(16 * 65_536)
  return memory.results(places, () => memory.kernels.chain(program, aside), aside)
}

const numbers = (size: number, seed = 1) =>
  Float32Array.from({ length: size }, (_, i) => 3 * Math.sin(seed * 7.1 + 1.7 * i))
const near = (x: number) => (Number.isFinite(x) ? expect.closeTo(x, 4) : x)

const truth = (holds: boolean) => (holds ? 1 : 0)
const clamp = (x: number, least: number, most: number) => Math.min(Math.max(x, least), most)
const plain: Record<Operation, (x: readonly number[], attributes: readonly number[]) => number> = {
  copy: ([x]) => x!,
  neg: ([x]) => -x!,
  abs: ([x]) => Math.abs(x!),
  relu: ([x]) => Math.max(x!, 0),
  not: ([x]) => truth(x === 0),
  exp: ([x]) => Math.exp(x!),
  log: ([x]) => Math.log(x!),
  sqrt: ([x]) => Math.sqrt(x!),
  sigmoid: ([x]) => 1 / (1 + Math.exp(-x!)),
  tanh: ([x]) => Math.tanh(x!),
  elu: ([x], [alpha]) => (x! >= 0 ? x! : alpha! * Math.expm1(x!)),
  hardSigmoid: ([x], [alpha, beta]) => clamp(alpha! * x! + beta!, 0, 1),
  clip: ([x], [least, most]) => clamp(x!, least!, most!),
  add: ([x, y]) => x! + y!,
  sub: ([x, y]) => x! - y!,
  mul: ([x, y]) => x! * y!,
  div: ([x, y]) => x! / y!,
  min: ([x, y]) => Math.min(x!, y!),
  max: ([x, y]) => Math.max(x!, y!),
  greater: ([x, y]) => truth(x! > y!),
  greaterOrEqual: ([x, y]) => truth(x! >= y!),
  less: ([x, y]) => truth(x! < y!),
  lessOrEqual: ([x, y]) => truth(x! <= y!),
  equal: ([x, y]) => truth(x === y),
  and: ([x, y]) => truth(x !== 0 && y !== 0),
  gate: ([x, y]) => (y! > 0 ? x! : 0),
  sigmoidBy: ([x, decay]) => (x! < 0 ? decay! : 1) / (1 + decay!),
  eluGrad: ([dy, y]) => dy! * clamp(y! + 1, 0, 1),
  where: ([x, y, z]) => (x === 0 ? z! : y!),
  mulAdd: ([x, y, z]) => x! * y! + z!,
}
const attributesOf: Partial<Record<Operation, readonly number[]>> = {
  elu: [0.7],
  hardSigmoid: [0.3, 0.4],
  clip: [-1, 2],
}

describe('each operation', () => {
  it.each(Object.keys(plain) as Operation[])('%s', (op) => {
    const inputs = [numbers(37, 1), numbers(37, 2), numbers(37, 3)]
    // what is compared with itself and with 0
    for (const input of inputs) input.set([1.5, 0, -0, 1], 3)
    inputs[1]!.set([1.5, 2], 3)
    const attributes = attributesOf[op] ?? []
    const takes = ['where', 'mulAdd'].includes(op) ? 3 : attributes.length === 0 && /^(add|sub|mul|div|min|max|greater.*|less.*|equal|and|gate|eluGrad|sigmoidBy)$/.test(op) ? 2 : 1 // prettier-ignore
    memory.clear()
    const operands = inputs.slice(0, takes).map((input): Operand => ({ per: 'place', at: memory.put(input) }))
    const to = memory.room(37)
    const steps: Step[] = [{ op, of: operands.map((_, i) => i), attributes, to }]
    const [found] = run({ rows: 1, columns: 37, operands, steps }, [{ to, size: 37 }])
    const expected = Array.from(inputs[0]!, (_, i) =>
      plain[op](
        inputs.slice(0, takes).map((input) => input[i]!),
        attributes,
      ),
    )
    expect(found).toEqual(expected.map(near))
  })
})

const per = fc.constantFrom('place' as const, 'column' as const, 'row' as const, 'all' as const)
const shape = fc.oneof(
  fc.tuple(upTo(40), upTo(40)),
  fc.tuple(upTo(6), upTo(2500)),
  fc.tuple(upTo(600), upTo(9)),
  fc.constantFrom<[number, number]>([1, 1024], [4, 1024], [3, 1025], [130, 32], [64, 255], [1, 3000], [2048, 1]),
)
const of = (per: Sum['per'] | 'place', [, columns]: readonly [number, number], row: number, column: number) =>
  ({ place: row * columns + column, column, row, all: 0 })[per]
const sizeOf = (per: Sum['per'] | 'place', [rows, columns]: readonly [number, number]) =>
  ({ place: rows * columns, column: columns, row: rows, all: 1 })[per]

it('takes operands of any kind and type and shape, and stores and adds up what comes of them', () => {
  const type = fc.constantFrom('float32' as const, 'int32' as const, 'uint8' as const)
  const operand = fc.record({ per, type, apart: upTo(3, 0) })
  const sum = fc.record({ per: fc.constantFrom('column' as const, 'row' as const, 'all' as const), onto: fc.boolean(), apart: upTo(3, 0) }) // prettier-ignore
  fc.assert(
    fc.property(shape, operand, operand, fc.array(sum, { maxLength: 3 }), upTo(3, 0), (size, a, b, sums, apart) => {
      memory.clear()
      const [rows, columns] = size
      const values = [a, b].map(({ per, type }, i) => {
        const floats = numbers(sizeOf(per, size), i + 1)
        if (type === 'float32') return floats
        return type === 'int32' ? Int32Array.from(floats, (x) => 40 * x) : Uint8Array.from(floats, (x) => 100 + 50 * x)
      })
      const operands: Operand[] = [a, b].map(({ per, type, apart }, i) => ({ per, type, at: memory.put(values[i]!, apart) })) // prettier-ignore
      const to = memory.room(rows * columns, apart)
      const sumAt = sums.map(({ per, apart }) => memory.put(numbers(sizeOf(per, size), 5), apart))
      const steps: Step[] = [
        { op: 'mul', of: [0, 2] },
        { op: 'add', of: [3, 1], to },
        { op: 'sub', of: [4, 3] },
      ]
      const chain: Chain = {
        rows,
        columns,
        operands: [...operands, { constant: 0.5 }],
        steps,
        // of a register, of what is stored, and of an operand
        sums: sums.map(({ per, onto }, i) => ({ per, onto, of: [3, 4, 0][i]!, to: sumAt[i]! })),
      }
      const places = [{ to, size: rows * columns }, ...sums.map(({ per }, i) => ({ to: sumAt[i]!, size: sizeOf(per, size) }))] // prettier-ignore
      const found = run(chain, places)

      const stored = new Float32Array(rows * columns)
      const added = sums.map(({ per, onto }) => Float64Array.from(numbers(sizeOf(per, size), 5), (x) => (onto ? x : 0)))
      const weights = sums.map(({ per }) => new Float64Array(sizeOf(per, size)))
      for (let row = 0; row < rows; row++)
        for (let column = 0; column < columns; column++) {
          const [x, y] = [a, b].map(({ per }, i) => values[i]![of(per, size, row, column)]!) as [number, number]
          const half = Math.fround(x * 0.5)
          stored[row * columns + column] = half + y
          const summands = [half, Math.fround(half + y), x]
          sums.forEach(({ per }, i) => {
            added[i]![of(per, size, row, column)]! += summands[i]!
            weights[i]![of(per, size, row, column)]! += Math.abs(summands[i]!)
          })
        }
      expect(found[0]).toEqual([...stored])
      sums.forEach((_, i) => {
        // what as many roundings can come to: equal summands are all rounded the same way (Higham 2002, equation 4.4)
        const rounding = (rows + columns + 2) * 2 ** -24
        const wrong = found[i + 1]!.filter((x, k) => Math.abs(x - added[i]![k]!) > rounding * (weights[i]![k]! + 3))
        expect(wrong).toEqual([])
      })
    }),
  )
})

it('gives each sum the same bits wherever it lies, and with whatever was in the scratch', () => {
  for (const [rows, columns] of [
    [130, 12],
    [7, 2001],
  ] as const) {
    const bits = [0, 1, 3].map((apart) => {
      memory.clear()
      const at = memory.put(numbers(rows * columns), apart)
      const places = (['column', 'row', 'all'] as const).map((per) => ({ per, to: memory.room(rows + columns, apart) }))
      const sums = places.map(({ per, to }) => ({ per, to, of: 0 }))
      const sizes = [columns, rows, 1]
      return run(
        { rows, columns, operands: [{ per: 'place', at }], steps: [], sums },
        places.map(({ to }, i) => ({ to, size: sizes[i]! })),
      )
    })
    expect(bits[1]).toEqual(bits[0])
    expect(bits[2]).toEqual(bits[0])
  }
})

it('stores in the place of an operand', () => {
  memory.clear()
  const at = memory.put(numbers(5000))
  const steps: Step[] = [{ op: 'mul', of: [0, 0] }, { op: 'mul', of: [1, 0], to: at }] // prettier-ignore
  const [found] = run({ rows: 1, columns: 5000, operands: [{ per: 'place', at }], steps }, [{ to: at, size: 5000 }])
  expect(found).toEqual(Array.from(numbers(5000), (x) => Math.fround(Math.fround(x * x) * x)))
})

it('shares registers between steps, but never with what is still needed', () => {
  memory.clear()
  const at = memory.put(numbers(50))
  // each step adds the first one's result to the last one's
  const steps: Step[] = Array.from({ length: 20 }, (_, i) => (i === 0 ? { op: 'exp', of: [0] } : { op: 'add', of: [1, i] })) // prettier-ignore
  const to = memory.room(50)
  const chain: Chain = { rows: 1, columns: 50, operands: [{ per: 'place', at }], steps: [...steps, { op: 'copy', of: [20], to }] } // prettier-ignore
  const [found] = run(chain, [{ to, size: 50 }])
  expect(found).toEqual(Array.from(numbers(50), (x) => expect.closeTo(20 * Math.exp(x), 2)))
  expect(encodeChain(chain).scratch).toBeLessThan(8 * 22 + 4 * (4 * 52 + 32))
})

it('refuses what it cannot run', () => {
  const one: Chain = { rows: 1, columns: 4, operands: [{ constant: 1 }], steps: [] }
  const refused = (steps: Step[], sums: Sum[] = []) => expect(() => encodeChain({ ...one, steps, sums })).toThrow(RangeError) // prettier-ignore
  refused([{ op: 'add', of: [0] }])
  refused([{ op: 'elu', of: [0] }])
  refused([{ op: 'neg', of: [1] }])
  refused([], [{ per: 'all', of: 1, to: 0 }])
})
