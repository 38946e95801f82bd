/** Every kernel of the compiled engine, with every attribute, against tfjs' own CPU backend. */
import { describe, expect, it } from 'vitest'
import type { Engine, Program, TensorFunction, TensorSpec } from '../../../main/engine/engine'
import { SessionProgram } from '../../../main/engine/onnx/session'
import { tf } from '../../../main/engine/tfjs/tfjs'
import { compile } from '../../../main/engine/trace/compile'
import { kernels } from '../../../main/engine/trace/kernels'
import { kernelDifferences as differencesOn } from '../conformance'
import { elementwiseCases } from './cases-elementwise'
import { linearCases } from './cases-linear'
import { reduceCases } from './cases-reduce'
import { shapeCases } from './cases-shape'
import { kernelDifferences } from './kernel-case'

const cases = [...elementwiseCases, ...reduceCases, ...shapeCases, ...linearCases]

it('is tested for every kernel of the table, and only for those', () => {
  expect([...new Set(cases.map(({ kernel }) => kernel))].sort()).toEqual(Object.keys(kernels).sort())
})

it("knows kernels by the names of tfjs' CPU backend", () => {
  const known = new Set(tf.getKernelsForBackend('cpu').map(({ kernelName }) => kernelName))
  expect(Object.keys(kernels).filter((name) => !known.has(name))).toEqual([])
})

it('compiled for a GPU, computes the same where there is none', async () => {
  const engine = {
    prepare: async (fn: TensorFunction, specs: Readonly<Record<string, TensorSpec>>): Promise<Program> =>
      SessionProgram.create(compile(fn, specs, 'gpu'), { threads: 1 }),
  } satisfies Pick<Engine, 'prepare'>
  expect(await differencesOn(engine, cases, 1e-5)).toEqual([])
})

describe.each([...new Set(cases.map(({ kernel }) => kernel))])('%s', (kernel) => {
  const examples = cases.filter((example) => example.kernel === kernel)
  it.each(examples)('$name', async (example) => {
    expect(await kernelDifferences(example)).toEqual([])
  })
})
