/** What every engine must compute: all kernels, both conditions of the ladder, a step and its training. */
import type { NamedTensorMap, Tensor } from '@tensorflow/tfjs-core'
import type { DataArray, Engine, TensorSpec } from '../../main/engine/engine'
import { EagerEngine } from '../../main/engine/tfjs/eager'
import { tf } from '../../main/engine/tfjs/tfjs'
import type { Tensors } from '../../main/models/model'
import { elementwiseCases } from './trace/cases-elementwise'
import { linearCases } from './trace/cases-linear'
import { reduceCases } from './trace/cases-reduce'
import { shapeCases } from './trace/cases-shape'
import { differences, type KernelCase } from './trace/kernel-case'

export const kernelCases: readonly KernelCase[] = [...elementwiseCases, ...reduceCases, ...shapeCases, ...linearCases]

/**
 * Runs kernels as one function, and lists what differs from tfjs's CPU backend, which computes in float64 and rounds
 * each result once. What is not a finite number there is not compared: shading languages promise nothing of NaN,
 * infinities and numbers near the ends of the range.
 *
 * @param tolerance share of max(1, |expected|), where the case itself does not allow more
 */
export async function kernelDifferences(
  engine: Pick<Engine, 'prepare'>,
  cases: readonly KernelCase[],
  tolerance: number,
): Promise<string[]> {
  const name = (example: KernelCase, i: number | string) => `${cases.indexOf(example)} ${i}`
  const inputs = cases.flatMap((example) =>
    Object.entries(example.inputs).map(([key, input]) => [name(example, key), input] as const),
  )
  const specs: Record<string, TensorSpec> = {}
  const arrays: Record<string, DataArray> = {}
  for (const [key, { shape, dtype, values }] of inputs) {
    specs[key] = { shape, dtype: dtype === 'float32' ? dtype : 'int32' }
    arrays[key] = dtype === 'float32' ? Float32Array.from(values) : Int32Array.from(values)
  }
  const fn = (given: Tensors): Tensors => {
    const outputs: Tensors = {}
    for (const example of cases) {
      const operands = Object.entries(example.inputs).map(([key, { dtype }]) => {
        const value = given[name(example, key)]!
        return [key, dtype === 'bool' ? tf.cast(value, 'bool') : value] as const
      })
      const tensors = Array.isArray(example.inputs)
        ? (operands.map(([, tensor]) => tensor) as unknown as NamedTensorMap)
        : Object.fromEntries(operands)
      const result = tf.engine().runKernel<Tensor | Tensor[]>(example.kernel, tensors, example.attributes)
      for (const [i, tensor] of (Array.isArray(result) ? result : [result]).entries())
        outputs[name(example, i)] = tensor
    }
    return outputs
  }
  const expected = await (await new EagerEngine().prepare(fn, specs)).run(arrays)
  const program = await engine.prepare(fn, specs)
  try {
    const found = await program.run(arrays)
    return cases.flatMap((example) =>
      Object.keys(expected)
        .filter((key) => key.startsWith(name(example, '')))
        .flatMap((key) => {
          const limit = Math.max(tolerance, example.tolerance)
          const [ours, theirs] = [found[key]!, expected[key]!]
          const comparable = ours.map((x, i) => (isOrdinary(theirs[i]!) ? x : theirs[i]!))
          return differences(comparable, theirs, limit).map((text) => `${example.kernel} (${example.name}): ${text}`)
        }),
    )
  } finally {
    await program.release()
  }
}

function isOrdinary(x: number): boolean {
  return Number.isFinite(x) && Math.abs(x) < 1e30
}
