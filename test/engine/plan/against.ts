/** Plans against what they stand for: the graph in ONNX Runtime, the function on tfjs' CPU backend, and the graph in float64. */
import type { DataArray, TensorFunction, TensorSpec } from '../../../main/engine/engine'
import { usual } from '../../../main/engine/plan/limits'
import { type Pass, planOf } from '../../../main/engine/plan/plan'
import { EagerEngine } from '../../../main/engine/tfjs/eager'
import { traced } from '../../../main/engine/trace/compile'
import { random, runCompiled } from '../trace/kernel-case'
import { inFloat64 } from './float64'
import { runPlanned } from './planned'

export type Specs = Record<string, TensorSpec>
type Arrays = Record<string, DataArray>

export const float = (shape: readonly number[]): TensorSpec => ({ shape: [...shape], dtype: 'float32' })

/** Of all that a plan may be off, as a share of an output's largest number. */
const bound = 1e-5

/** Random numbers for each input. */
export function randomArrays(specs: Specs, scaled: (value: number, name: string) => number = (value) => value): Arrays {
  return Object.fromEntries(
    Object.entries(specs).map(([name, { shape }], i) => [
      name,
      Float32Array.from(random(shape, i).values, (value) => scaled(value, name)),
    ]),
  )
}

/** What of a function's plan is further off than 1e-5 of its largest number, and from what. */
export async function tooFar(
  fn: TensorFunction,
  specs: Specs,
  arrays: Arrays,
  without: readonly Pass[] = [],
  limits = usual,
): Promise<[from: string, name: string, share: number][]> {
  const planned = await runPlanned(fn, specs, arrays, without, limits)
  const references: Record<string, Record<string, ArrayLike<number>>> = {
    graph: await runCompiled(fn, specs, arrays),
    tfjs: await (await new EagerEngine().prepare(fn, specs)).run(arrays),
    float64: inFloat64(traced(fn, specs), arrays),
  }
  return Object.entries(references).flatMap(([from, outputs]) =>
    Object.entries(outputs).flatMap(([name, numbers]): [string, string, number][] => {
      const largest = Array.from(numbers).reduce((most, value) => Math.max(most, Math.abs(value)), 0)
      const off = Array.from(numbers).reduce((far, value, i) => Math.max(far, Math.abs(value - planned[name]![i]!)), 0)
      return off <= bound * largest ? [] : [[from, name, off / largest]]
    }),
  )
}

/** The kinds of the calls that a function takes. */
export function kindsOf(fn: TensorFunction, specs: Specs, without: readonly Pass[] = []): string[] {
  return planOf(traced(fn, specs), without).calls.map(({ kind }) => kind)
}
