/** Functions as plans of calls over one memory, and what they give there. */
import type { DataArray, TensorFunction, TensorSpec } from '../../../main/engine/engine'
import { type BoundPlan, bindPlan } from '../../../main/engine/onnx/bound-plan'
import { openApi } from '../../../main/engine/onnx/bound-session'
import { type Limits, usual } from '../../../main/engine/plan/limits'
import { type Pass, type Plan, planOf } from '../../../main/engine/plan/plan'
import { traced } from '../../../main/engine/trace/compile'
import type { Graph } from '../../../main/engine/trace/graph'
import type { Tensors } from '../../../main/models/model'
import { sizeOf } from '../trace/kernel-case'

type Specs = Readonly<Record<string, TensorSpec>>

const cacheLine = 64
const pageBytes = 65_536
/** With these, graphs of a few numbers go through all passes. */
export const small: Limits = {
  mostOperations: 5,
  worth: 8,
  atOnce: 24,
  manyRows: 2,
  fewestRows: 1,
  fewestColumns: 2,
  insideFrom: 0,
}

/** Between arrays: what is written beside one is seen there. */
const guard = 12.5

/** Arrays of a graph's inputs and outputs in one memory, with room between them, and a plan bound to them. */
export async function bindAlone(graph: Graph, plan: Plan) {
  let end = cacheLine
  const take = (bytes: number): number => {
    const begin = end
    end = cacheLine * Math.ceil((begin + bytes + cacheLine) / cacheLine)
    return begin
  }
  const bytesOf = (type: string) => (type === 'uint8' ? 1 : 4)
  const inputs = graph.inputs.map(({ name, shape, type }) => ({ name, type, size: sizeOf(shape), at: take(bytesOf(type) * sizeOf(shape)) })) // prettier-ignore
  const outputs = graph.outputs.map(({ name, value }) => ({ name, size: sizeOf(value.shape), at: take(4 * sizeOf(value.shape)) })) // prettier-ignore
  const own = take(plan.bytes)
  const pages = Math.ceil(end / pageBytes)
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true })
  const { buffer } = memory
  // before it is first used, as that of lanes is, whose time is measured with this one
  ;(await openApi()).inHugePages(buffer as unknown as SharedArrayBuffer)
  new Float32Array(buffer).fill(guard)
  const given = inputs.map(({ name, type, size, at }): [string, DataArray] => [
    name,
    type === 'uint8' ? new Uint8Array(buffer, at, size) : type === 'int32' ? new Int32Array(buffer, at, size) : new Float32Array(buffer, at, size), // prettier-ignore
  ])
  const made = outputs.map(({ name, size, at }): [string, Float32Array] => [name, new Float32Array(buffer, at, size)])
  const arrays = { inputs: Object.fromEntries(given), outputs: Object.fromEntries(made) }
  const bound = await bindPlan(plan, { memory, own, ...arrays })
  /** Whether nothing was written behind an array: up to the cache line's end, and the one after it. */
  const intact = () =>
    [...given, ...made].every(([, array]) => {
      const behind = Math.ceil((array.byteOffset + array.byteLength) / 4)
      const last = cacheLine * Math.ceil((array.byteOffset + array.byteLength + cacheLine) / cacheLine)
      return new Float32Array(buffer, 4 * behind, last / 4 - behind).every((value) => value === guard)
    })
  return { ...arrays, bound, intact }
}

/** What a function gives as a plan, twice, the second time from the same memory. @throws Error if that differs */
export async function runPlanned(
  fn: TensorFunction | ((inputs: Tensors) => Tensors),
  specs: Specs,
  given: Readonly<Record<string, DataArray>>,
  without: readonly Pass[] = [],
  limits: Limits = usual,
): Promise<Record<string, Float32Array>> {
  const graph = traced(fn, specs)
  const { inputs, outputs, bound, intact } = await bindAlone(graph, planOf(graph, without, limits))
  try {
    for (const [name, array] of Object.entries(inputs)) array.set(given[name]!)
    bound.run()
    const first = Object.fromEntries(Object.entries(outputs).map(([name, array]) => [name, array.slice()]))
    bound.run()
    for (const [name, array] of Object.entries(outputs))
      if (array.some((value, i) => !Object.is(value, first[name]![i])))
        throw new Error(`${name} differs the second time`)
    if (!intact()) throw new Error('something was written behind an array')
    return first
  } finally {
    await bound.release()
  }
}

export type { BoundPlan }
