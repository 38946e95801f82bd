/** Whole gradients as plans are those of the graphs, parameter by parameter, and the same bits each time. */
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

/** How far a sum of the loss may be off, as a share of itself, and a parameter's gradient, as a share of its largest number. */
const limits = { sum: 1e-5, gradient: 1e-4 }
/** The same where a relu's unit may be on in one way and off in the other: 2e-3 as seen, of 64 images. */
const withRelu = { ...limits, gradient: 1e-2 }

const random = (size: number, counter: number, high = 1) =>
  uniform(new Float32Array(size), { seed: 3, stream: 0, counter }, 0, high)

const small = { ...paper, hidden: [40] }
const ladder = createModel({ condition: 'none' })
const factorised = createVlae({ ...small, decoder: 'factorised', prior: 'gaussian' })
const models: [string, Model, batch?: number][] = [
  ['ladder', ladder],
  ['ladder, in shares as in training', ladder, 64],
  ['ladder, in its shares on one thread', ladder, 128],
  ['ladder by class', createModel({ condition: 'label' })],
  ['vlae', createVlae(paper)],
  ['vlae, in shares as in training', createVlae(paper), 50],
  ['vlae by class', createVlae({ ...small, condition: 'label', freeBits: 'soft' })],
  ['vlae with a triangle for a window', createVlae({ ...small, window: 'triangle' })],
  ['vlae with a large window', createModel({ model: 'vlae', window: '7x4' })],
  ['factorised', factorised],
  ['factorised, in shares as in training', factorised, 50],
  ['alone', createVlae({ ...small, decoder: 'alone', prior: 'gaussian' })],
  ['a made-up model', toy],
]

describe.each(models)('the gradient of %s', (_name, model, batch = 5) => {
  it('is the graph’s', async () => {
    const { fn, inputs } = gradientStep(model, batch)
    const given: Record<string, DataArray> = {
      ...prefixedViews('parameters', model.initialise(2), model),
      images: Uint8Array.from(random(batch * 784, 1, 256)),
      labels: Uint8Array.from({ length: batch }, (_, i) => i % 10),
      noise: random(batch * model.noiseSize, 2),
      weights: Float32Array.from({ length: batch }, (_, i) => (i < batch - 1 ? 1 : 0)),
      partWeights: random(model.parts.length, 3),
    }
    const program = await SessionProgram.create(compile(fn, inputs), { threads: 1 })
    const graph = await program.run(given)
    await program.release()
    const planned = await runPlanned(fn, inputs, given)
    const { gradient, sum } = model.name.startsWith('ladder') ? withRelu : limits
    const largest = (numbers: Float32Array) => numbers.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
    const { sums: expected, ...gradients } = graph
    const most = Math.max(...Object.values(gradients).map(largest))
    expect(most).toBeGreaterThan(0)
    const far = Object.entries(gradients).map(([name, numbers]) => {
      const off = largest(numbers.map((value, i) => value - planned[name]![i]!))
      return { name, off, largest: largest(numbers) }
    })
    // what is 0 but for rounding may be anything
    expect(far.filter(({ off, largest }) => off > gradient * largest + 1e-7 * most)).toEqual([])
    expect(Math.max(...far.map(({ off }) => off)) / most).toBeLessThan(1e-5)
    for (const [part, value] of expected!.entries())
      expect(Math.abs(value - planned['sums']![part]!)).toBeLessThan(sum * Math.abs(value) + 1e-7 * largest(expected!))
  })
})
