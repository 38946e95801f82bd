/** Runs pieces of networks with made-up numbers, compiled: tfjs's plain JavaScript would take minutes. */
import type { DataArray, Program } from '../../../main/engine/engine'
import { OnnxEngine } from '../../../main/engine/lanes/cpu'
import { tf } from '../../../main/engine/tfjs/tfjs'
import type { Parameter } from '../../../main/models/layers'
import type { Tensors } from '../../../main/models/model'
import { normals } from '../../../main/models/random'

/** Numbers that none of a network's can be mistaken for another's: directions of deviation 0.3, gains near 1, biases near 0. */
export function madeUp(parameters: readonly Parameter[], seed = 1): Record<string, Float32Array> {
  return Object.fromEntries(
    parameters.map(({ name, shape }, counter) => {
      const values = normals(new Float32Array(sizeOf(shape)), { seed, stream: 0, counter })
      return [name, values.map((n) => (name.endsWith('.g') ? 1 + 0.1 * n : 0.3 * n))] as const
    }),
  )
}

export interface Inputs {
  readonly [name: string]: { readonly values: DataArray; readonly shape: readonly number[] }
}

/** Runs a function of parameters and inputs once, compiled. */
export async function compute(
  parameters: readonly Parameter[],
  values: Readonly<Record<string, DataArray>>,
  inputs: Inputs,
  fn: (parameters: Tensors, inputs: Tensors) => Tensors,
): Promise<Record<string, Float32Array>> {
  const shapes = Object.fromEntries(Object.entries(inputs).map(([name, { shape }]) => [name, shape] as const))
  const program = await prepared(parameters, shapes, fn)
  try {
    return await program.run({
      ...values,
      ...Object.fromEntries(Object.entries(inputs).map(([name, { values }]) => [name, values] as const)),
    })
  } finally {
    await program.release()
  }
}

/** The same to be run several times. */
export function prepared(
  parameters: readonly Parameter[],
  shapes: Readonly<Record<string, readonly number[]>>,
  fn: (parameters: Tensors, inputs: Tensors) => Tensors,
): Promise<Program> {
  const all = [...parameters.map(({ name, shape }) => [name, shape] as const), ...Object.entries(shapes)]
  const specs = all.map(([name, shape]) => [name, { shape, dtype: 'float32' as const }] as const)
  return new OnnxEngine(2).prepare((inputs) => fn(inputs, inputs), Object.fromEntries(specs))
}

/** A tensor of the CPU backend for each parameter. */
export function tensors(parameters: readonly Parameter[], values: Readonly<Record<string, Float32Array>>): Tensors {
  return Object.fromEntries(parameters.map(({ name, shape }) => [name, tf.tensor(values[name]!, [...shape])]))
}

export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((size, length) => size * length, 1)
}
