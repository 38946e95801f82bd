/** One kernel with one set of inputs and attributes, run by tfjs' CPU backend and compiled. */
import type { NamedAttrMap, NamedTensorMap, Tensor } from '@tensorflow/tfjs-core'
import type { DataArray, TensorFunction, TensorSpec } from '../../../main/engine/engine'
import { SessionProgram } from '../../../main/engine/onnx/session'
import { EagerEngine } from '../../../main/engine/tfjs/eager'
import { tf } from '../../../main/engine/tfjs/tfjs'
import { compile } from '../../../main/engine/trace/compile'
import type { Tensors } from '../../../main/models/model'
import { normals } from '../../../main/models/random'

export interface Input {
  readonly shape: readonly number[]
  readonly dtype: 'float32' | 'int32' | 'bool'
  readonly values: readonly number[]
}

export interface KernelCase {
  readonly kernel: string
  /** What is special about it. */
  readonly name: string
  /** By tfjs' names; lists are named '0', '1', … */
  readonly inputs: Readonly<Record<string, Input>> | readonly Input[]
  readonly attributes?: NamedAttrMap
  /** Largest deviation, as a share of max(1, |expected|); 0 where both must round alike. */
  readonly tolerance: number
}

/** Float numbers, row by row; the shape is that of a vector if it is not given. */
export function float(values: readonly number[], shape: readonly number[] = [values.length]): Input {
  return { shape, dtype: 'float32', values: [...Float32Array.from(values)] }
}

export function int(values: readonly number[], shape: readonly number[] = [values.length]): Input {
  return { shape, dtype: 'int32', values }
}

export function bool(values: readonly number[], shape: readonly number[] = [values.length]): Input {
  return { shape, dtype: 'bool', values }
}

/** Standard normal numbers; another counter, other numbers. */
export function random(shape: readonly number[], counter = 0): Input {
  const values = normals(new Float32Array(sizeOf(shape)), { seed: 7, stream: 0, counter })
  return float([...values], shape)
}

export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((size, length) => size * length, 1)
}

/** The sets of inputs that are written into the function as constants: none, each one alone, all. */
function constantSets({ inputs }: KernelCase): string[][] {
  const names = Object.keys(inputs)
  return names.length === 1 ? [[], names] : [[], ...names.map((name) => [name]), names]
}

/**
 * Runs a case both ways, once for each set of constants, and lists the differences: of numbers, and of the shapes and
 * types that tfjs sees while tracing.
 */
export async function kernelDifferences(example: KernelCase): Promise<string[]> {
  const { kernel, inputs, attributes, tolerance } = example
  const all = Object.entries(inputs as Record<string, Input>)
  const seen: string[] = []
  const fn: TensorFunction = (given) => {
    const outputs: Tensors = {}
    for (const constants of constantSets(example)) {
      const operands = all.map(([name, { values, shape, dtype }]) => {
        if (constants.includes(name)) return [name, tf.tensor([...values], [...shape], dtype)] as const
        return [name, dtype === 'bool' ? tf.cast(given[name]!, 'bool') : given[name]!] as const
      })
      const result = tf.engine().runKernel<Tensor | Tensor[]>(kernel, toMap(operands, inputs), attributes)
      for (const [i, tensor] of (Array.isArray(result) ? result : [result]).entries()) {
        outputs[`result ${i}, constant: ${constants.join()}`] = tensor
        seen.push(`result ${i} ${tensor.dtype} [${tensor.shape.join()}]`)
      }
    }
    return outputs
  }
  const specs = Object.fromEntries(
    all.map(([name, { shape, dtype }]) => [name, { shape, dtype: dtype === 'bool' ? 'int32' : dtype } as TensorSpec]),
  )
  const arrays = Object.fromEntries(
    all.map(([name, { values, dtype }]) => [
      name,
      dtype === 'float32' ? Float32Array.from(values) : Int32Array.from(values),
    ]),
  )
  const wrong = await programDifferences(fn, specs, arrays, tolerance)
  const [expected, traced] = [seen.slice(0, seen.length / 2), seen.slice(seen.length / 2)]
  return traced.join() === expected.join() ? wrong : [`${traced.join()} instead of ${expected.join()}`, ...wrong]
}

/** A list is given to tfjs as an array. */
function toMap(inputs: readonly (readonly [string, Tensor])[], like: KernelCase['inputs']): NamedTensorMap {
  if (!Array.isArray(like)) return Object.fromEntries(inputs)
  return inputs.map(([, tensor]) => tensor) as unknown as NamedTensorMap
}

export async function runCompiled(
  fn: (inputs: Tensors) => Tensors,
  specs: Record<string, TensorSpec>,
  arrays: Record<string, DataArray>,
): Promise<Record<string, Float32Array>> {
  const program = await SessionProgram.create(compile(fn, specs), { threads: 1 })
  try {
    return await program.run(arrays)
  } finally {
    await program.release()
  }
}

/** How a compiled function differs from the same on tfjs' CPU backend. @param ways in which it is compiled and run */
export async function programDifferences(
  fn: TensorFunction,
  specs: Record<string, TensorSpec>,
  arrays: Record<string, DataArray>,
  tolerance = 0,
  ways: readonly (typeof runCompiled)[] = [runCompiled],
): Promise<string[]> {
  const eager = await (await new EagerEngine().prepare(fn, specs)).run(arrays)
  const found: string[] = []
  for (const way of ways) {
    const compiled = await way(fn, specs, arrays)
    for (const [name, numbers] of Object.entries(eager))
      for (const difference of differences(compiled[name]!, numbers, tolerance)) found.push(`${name}: ${difference}`)
  }
  return found
}

/** What is not within `tolerance` · max(1, |expected|), or is not NaN or infinite where it should be. */
export function differences(actual: Float32Array, expected: ArrayLike<number>, tolerance: number): string[] {
  if (actual.length !== expected.length) return [`${actual.length} numbers instead of ${expected.length}`]
  return Array.from(actual).flatMap((value, i) => {
    const target = expected[i]!
    const same = Object.is(value, target) || value === target
    const close = Math.abs(value - target) <= tolerance * Math.max(1, Math.abs(target))
    return same || close ? [] : [`[${i}]: ${value} instead of ${target}`]
  })
}
