/** Rows by plans, where these can be followed and give what the graph gives; as a graph, to its bits, otherwise. */
import { matMul, relu, type Tensor2D } from '@tensorflow/tfjs-core'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { RowFunction } from '../../../main/engine/engine'
import { OnnxEngine } from '../../../main/engine/lanes/cpu'
import { SessionProgram } from '../../../main/engine/onnx/session'
import { uniform } from '../../../main/models/random'
import { lacking, lackNothing } from './lacking'

afterEach(() => {
  lackNothing()
  vi.restoreAllMocks()
})
vi.mock('../../../main/engine/kernels/kernels', async (original) => {
  const { lackingKernels } = await import('./lacking')
  return lackingKernels(await original())
})
vi.mock('../../../main/engine/onnx/bound-session', async (original) => {
  const { lackingKoffi } = await import('./lacking')
  return lackingKoffi(await original())
})
vi.mock('../../../main/engine/plan/plan', async (original) => {
  const { lackingPlans } = await import('./lacking')
  return lackingPlans(await original())
})

const [many, few, width] = [200, 20, 9]
const numbers = (size: number, counter: number) => uniform(new Float32Array(size), { seed: 1, stream: 0, counter }, -1)
const weights = numbers(width * width, 1)
const function_ = (rows: number): RowFunction => ({
  fn: ({ weights, x }) => ({ y: relu(matMul(x as Tensor2D, weights as Tensor2D)) }),
  whole: { weights: { shape: [width, width], dtype: 'float32' } },
  rows: { x: { shape: [rows, width], dtype: 'float32' } },
  example: () => ({ weights: numbers(width * width, 2) }),
})

/** What it gives, and how often a graph was computed when it was asked. */
async function found(rows = many) {
  const program = await new OnnxEngine(1).prepareRows(function_(rows))
  const graphs = vi.spyOn(SessionProgram.prototype, 'run')
  try {
    const { y } = (await program.run({ weights, x: numbers(rows * width, 3) })) as { y: Float32Array }
    return { y, graphs: graphs.mock.calls.length }
  } finally {
    graphs.mockRestore()
    await program.release()
  }
}
const expected = (rows: number) =>
  Float32Array.from({ length: rows * width }, (_, at) => {
    const [row, column] = [Math.floor(at / width), at % width]
    const x = numbers(rows * width, 3)
    let sum = 0
    for (let i = 0; i < width; i++) sum += x[row * width + i]! * weights[i * width + column]!
    return Math.max(0, sum)
  })
const apart = (a: Float32Array, b: Float32Array) => a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0) // prettier-ignore

describe('rows', () => {
  it('are computed by a plan, the same bits each time', async () => {
    const one = await found()
    expect(one.graphs).toBe(0)
    expect(apart(one.y, expected(many))).toBeLessThan(1e-6)
    expect((await found()).y).toEqual(one.y)
  })

  it.each([['kernels'], ['koffi'], ['rightPlans']] as const)('are computed by the graph without %s', async (what) => {
    lacking[what] = true
    const one = await found()
    expect(one.graphs).toBe(1)
    expect(apart(one.y, expected(many))).toBeLessThan(1e-6)
  })

  it('are computed by the graph where they are few', async () => {
    const one = await found(few)
    expect(one.graphs).toBe(1)
    expect(apart(one.y, expected(few))).toBeLessThan(1e-6)
  })

  it('of calls at once are each call’s own', async () => {
    const program = await new OnnxEngine(1).prepareRows(function_(many))
    const inputs = [4, 5].map((counter) => ({ weights, x: numbers(many * width, counter) }))
    const together = await Promise.all(inputs.map((given) => program.run(given)))
    const alone = [await program.run(inputs[0]!), await program.run(inputs[1]!)]
    await program.release()
    expect(together).toEqual(alone)
    expect(alone[0]).not.toEqual(alone[1])
  })

  it('are not computed once their program is released, which it is after calls under way', async () => {
    const program = await new OnnxEngine(1).prepareRows(function_(many))
    const given = { weights, x: numbers(many * width, 3) }
    const last = program.run(given)
    const ends = [program.release(), program.release()]
    await expect(program.run(given)).rejects.toThrow('has been released')
    await Promise.all(ends)
    expect((await last)['y']).toEqual((await found()).y)
  })

  it('of a function that gives none for each are refused', async () => {
    const sum: RowFunction = { ...function_(many), fn: ({ weights }) => ({ y: weights! }) }
    await expect(new OnnxEngine(1).prepareRows(sum)).rejects.toThrow('no row for each row')
  })
})
