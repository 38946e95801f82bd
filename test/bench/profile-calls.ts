/** A lane's plan beside its graph: processor time of both in turn, time by kind of call, and the calls that take longest. */
import type { DataArray } from '../../main/engine/engine'
import { bindInPlace, openApi } from '../../main/engine/onnx/bound-session'
import type { Call } from '../../main/engine/plan/calls'
import { type Pass, passes, planOf } from '../../main/engine/plan/plan'
import { gradientStep } from '../../main/engine/step'
import { modelOf, traced } from '../../main/engine/trace/compile'
import { normals, stream } from '../../main/models/random'
import { classCount } from '../../preload/classes'
import { imageSize } from '../../preload/images'
import { bindAlone } from '../engine/plan/planned'
import { median } from './measure'
import type { Given } from './profile-nodes'

const runs = 20

/** Fills the inputs of a lane's gradient: its images, with any classes, and noise. */
export function fill(inputs: Readonly<Record<string, DataArray>>, { model, parameters, images }: Given): void {
  for (const { name, offset, size } of model.layout.entries)
    inputs[`parameters/${name}`]!.set(parameters.subarray(offset, offset + size))
  inputs['images']!.set(images)
  inputs['labels']!.set(Array.from({ length: images.length / imageSize }, (_, i) => i % classCount))
  normals(inputs['noise'] as Float32Array, { seed: 0, stream: stream.noise, counter: 1 })
  for (const name of ['weights', 'partWeights']) inputs[name]!.fill(1)
}

/** @param without names of passes that are left out. @throws RangeError for any other name */
export async function slowestCalls(
  { model, parameters, images }: Given,
  count: number,
  without: string,
): Promise<void> {
  const left = without.split(',').filter(Boolean)
  const wrong = left.find((name) => !(name in passes))
  if (wrong !== undefined)
    throw new RangeError(`There is no pass ${wrong}; there are ${Object.keys(passes).join(', ')}.`)
  const rows = images.length / imageSize
  const { fn, inputs: specs } = gradientStep(model, rows)
  const graph = traced(fn, specs)
  const plan = planOf(graph, left as Pass[])
  const { inputs, outputs, bound } = await bindAlone(graph, plan)
  fill(inputs, { model, parameters, images })
  const whole = bindInPlace(await openApi(), modelOf(graph, specs), inputs, outputs)

  const times: { graph: number[]; plan: number[] } = { graph: [], plan: [] }
  const calls = bound.calls.map(({ call, run }) => ({ call, run, times: [] as number[] }))
  for (let run = 0; run < runs; run++) {
    times.graph.push(processorTime(() => whole.run()))
    times.plan.push(processorTime(() => bound.run()))
    for (const call of calls) {
      const began = performance.now()
      call.run()
      call.times.push(performance.now() - began)
    }
  }
  const timed = calls.map(({ call, times }) => ({ call, milliseconds: early(times) }))
  const told = (list: number[]) => `${Math.min(...list).toFixed(1)} ms (${median(list).toFixed(1)})`
  console.log(`a gradient of ${rows} images on one thread, the fastest of ${runs} and the median, in turn: as a graph ${told(times.graph)}, as a plan ${told(times.plan)}${left.length === 0 ? '' : ` without ${left.join(', ')}`}`) // prettier-ignore
  console.log(`a plan of ${calls.length} calls over ${(plan.bytes / 1e6).toFixed(1)} MB of its own`)
  for (const kind of new Set(timed.map(({ call }) => call.kind))) {
    const all = timed.filter(({ call }) => call.kind === kind)
    console.log(`  ${kind.padEnd(10)} ${String(all.length).padStart(5)} calls ${sum(all).toFixed(1).padStart(7)} ms`)
  }
  for (const { call, milliseconds } of timed.toSorted((a, b) => b.milliseconds - a.milliseconds).slice(0, count))
    console.log(`${milliseconds.toFixed(2).padStart(7)} ${describe(call)}`)
  await bound.release()
  await whole.release()
}

/** Milliseconds of all threads; one computes. */
export function processorTime(work: () => void): number {
  const before = process.cpuUsage()
  work()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000
}

/** Such that one run in ten is faster. */
function early(times: readonly number[]): number {
  return times.toSorted((a, b) => a - b)[Math.floor(times.length / 10)]!
}

function sum(all: readonly { readonly milliseconds: number }[]): number {
  return all.reduce((total, { milliseconds }) => total + milliseconds, 0)
}

function describe(call: Call): string {
  if (call.kind === 'chain') {
    const { rows, columns, operands, steps, sums } = call.chain
    return `chain [${rows},${columns}] ${operands.length} operands: ${steps.map(({ op }) => op).join(' ')}, ${sums.length} sums`
  }
  if ('model' in call) {
    const shapes = (tensors: typeof call.inputs) => tensors.map(({ shape }) => `[${shape.join()}]`).join(' ')
    return `${call.kind} ${shapes(call.inputs)} → ${shapes(call.outputs)}`
  }
  return `${call.kind} ${call.rest.join(' ')}`
}
