/** How exact the chain's functions are: against float64, over all floats that there are. */
import { expect, it } from 'vitest'
import type { Operation } from '../../../main/engine/kernels/chain'
import { encodeChain } from '../../../main/engine/kernels/encode'
import { KernelMemory } from './memory'

const memory = new KernelMemory()

function valuesOf(op: Operation, x: Float32Array, attributes: readonly number[] = []): Float32Array {
  memory.clear()
  const at = memory.put(x)
  const steps = [{ op, of: [0], attributes, to: at }]
  const { words } = encodeChain({ rows: 1, columns: x.length, operands: [{ per: 'place', at }], steps })
  memory.kernels.chain(memory.put(words), memory.scratch)
  return memory.floats(at, x.length).slice()
}

/** Bits from −∞ to +∞ in steps that meet every exponent some hundred times, and every float near 1 now and then. */
const all = new Float32Array(Int32Array.from({ length: 100_000 }, (_, i) => Math.imul(i, 42_949) | 0).buffer)
const edges = Float32Array.of(0, -0, Infinity, -Infinity, NaN, 1, -1, 1e-45, -1e-45, 1.17549435e-38, 3.4028235e38, -3.4028235e38, 88.72284, 88.72283, -87.33655, -103.97208, -103.97207, -104, 16.635532, -17.3) // prettier-ignore
const x = Float32Array.from([...edges, ...all])

/** Between a float and the next one away from 0. */
function unitOf(value: number): number {
  return value === 0 ? 2 ** -149 : 2 ** Math.max(-149, Math.floor(Math.log2(Math.abs(value))) - 23)
}

it.each<[Operation, number, (x: number) => number, number[]?]>([
  ['exp', 2, Math.exp],
  ['log', 2, Math.log],
  ['sqrt', 0.5, Math.sqrt],
  ['sigmoid', 2, (x) => 1 / (1 + Math.exp(-x))],
  ['tanh', 3, Math.tanh],
  ['elu', 2, (x) => (x >= 0 ? x : Math.expm1(x)), [1]],
])('%s is what it should be within %f units in the last place', (op, most, exact, attributes) => {
  const found = valuesOf(op, x, attributes)
  let worst = { units: 0, x: 0, found: 0, exact: 0 }
  found.forEach((y, i) => {
    const wanted = exact(x[i]!)
    const rounded = Math.fround(wanted)
    if (Object.is(y, rounded)) return
    const units = Number.isFinite(rounded) && Number.isFinite(y) ? Math.abs(y - wanted) / unitOf(rounded) : Infinity
    if (!(units <= worst.units)) worst = { units, x: x[i]!, found: y, exact: wanted }
  })
  expect(worst).toMatchObject({ units: expect.toSatisfy((units: number) => units <= most, `at most ${most}`) })
})

it('a sigmoid beside e^−|x| has the same bits as one alone', () => {
  const alone = valuesOf('sigmoid', x)
  memory.clear()
  const at = memory.put(x)
  const { words } = encodeChain({
    rows: 1,
    columns: x.length,
    operands: [{ per: 'place', at }],
    steps: [
      { op: 'abs', of: [0] },
      { op: 'neg', of: [1] },
      { op: 'exp', of: [2] },
      { op: 'sigmoid', of: [0], to: at },
    ],
  })
  memory.kernels.chain(memory.put(words), memory.scratch)
  expect(memory.floats(at, x.length)).toEqual(alone)
})
