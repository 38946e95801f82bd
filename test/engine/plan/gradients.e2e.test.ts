/** Whole gradients as plans are those of the graphs: within 1e-5 of the largest number, and the same bits each time. */
import { describe, expect, it } from 'vitest'
import type { DataArray } from '../../../main/engine/engine'
import { SessionProgram } from '../../../main/engine/onnx/session'
import { gradientStep, prefixedViews } from '../../../main/engine/step'
import { compile } from '../../../main/engine/trace/compile'
import { createModel } from '../../../main/models/create'
import type { Model } from '../../../main/models/model'
import { uniform } from '../../../main/models/random'
import { createVlae, paper } from '../../../main/models/vlae/vlae'
import { toy } from '../../models/toy/toy'
import { runPlanned } from './planned'

const batch = 5
const random = (size: number, counter: number, high = 1) =>
  uniform(new Float32Array(size), { seed: 3, stream: 0, counter }, 0, high)

const small = { ...paper, hidden: [40] }
const models: [string, Model][] = [
  ['ladder', createModel({ condition: 'none' })],
  ['ladder by class', createModel({ condition: 'label' })],
  ['vlae', createVlae(paper)],
  ['vlae by class', createVlae({ ...small, condition: 'label', freeBits: 'soft' })],
  ['vlae with a triangle for a window', createVlae({ ...small, window: 'triangle' })],
  ['vlae with a large window', createModel({ model: 'vlae', window: '7x4' })],
  ['factorised', createVlae({ ...small, decoder: 'factorised', prior: 'gaussian' })],
  ['alone', createVlae({ ...small, decoder: 'alone', prior: 'gaussian' })],
  ['a made-up model', toy],
]

describe.each(models)('the gradient of %s', (_name, model) => {
  it('is the graph’s', async () => {
    const { fn, inputs } = gradientStep(model, batch)
    const given: Record<string, DataArray> = {
      ...prefixedViews('parameters', model.initialise(2), model),
      images: Uint8Array.from(random(batch * 784, 1, 256)),
      labels: Uint8Array.from({ length: batch }, (_, i) => i),
      noise: random(batch * model.noiseSize, 2),
      weights: Float32Array.of(1, 1, 1, 1, 0),
      partWeights: random(model.parts.length, 3),
    }
    const program = await SessionProgram.create(compile(fn, inputs), { threads: 1 })
    const graph = await program.run(given)
    await program.release()
    const planned = await runPlanned(fn, inputs, given)
    const largest = Math.max(...Object.values(graph).map((numbers) => numbers.reduce((a, b) => Math.max(a, Math.abs(b)), 0))) // prettier-ignore
    expect(largest).toBeGreaterThan(0)
    const off = Object.entries(graph).map(([name, numbers]): [string, number] => [
      name,
      numbers.reduce((most, value, i) => Math.max(most, Math.abs(value - planned[name]![i]!)), 0) / largest,
    ])
    expect(off.filter(([, share]) => !(share < 1e-5))).toEqual([])
  })
})
