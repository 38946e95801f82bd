/** The training step as functions: compiled against eager, padding, and gradients against finite differences. */
import { describe, expect, it, vi } from 'vitest'
import type { DataArray } from '../../main/engine/engine'
import { stepArrays } from '../../main/engine/learner'
import { gradientStep, prefixedViews, trainingStep } from '../../main/engine/step'
import { EagerEngine } from '../../main/engine/tfjs/eager'
import { tf } from '../../main/engine/tfjs/tfjs'
import { createModel } from '../../main/models/create'
import { updateInPlace } from '../../main/optimizers/adam/fused'
import { scale } from '../../main/optimizers/adam/scale'
import { type Condition, conditions, distance, startState, stepInput, withoutPadding } from './steps'
import { runCompiled } from './trace/kernel-case'

const batch = 2

describe.each<Condition>(conditions)('%s', (condition) => {
  const model = createModel({ condition })
  const start = startState(condition)

  const names = (group: string) => model.layout.entries.map(({ name }) => `${group}/${name}`)

  /** The gradient step's inputs; of what is there for the whole step, it takes its share. */
  const arrays = (input: ReturnType<typeof stepInput>): Record<string, DataArray> => ({
    ...start,
    ...prefixedViews('parameters', start.parameters, model),
    ...stepArrays(input, model.optimizer),
  })

  it('has the gradients and the sums that it has eagerly', async () => {
    const { fn, inputs } = gradientStep(model, batch)
    const input = arrays(stepInput(batch, 1))
    const eager = await (await new EagerEngine().prepare(fn, inputs)).run(input)
    const compiled = await runCompiled(fn, inputs, input)
    expect(Object.keys(compiled).sort()).toEqual([...names('gradients'), 'sums'].sort())
    expect(apart(compiled, eager, 1e-4)).toEqual([])
    expect(distance(compiled['sums']!, eager['sums']!)).toBeLessThan(1e-5)
  })

  it("is the gradient step and Adam's update in one", async () => {
    const input = arrays(stepInput(batch, 1))
    const [gradient, training] = [gradientStep(model, batch), trainingStep(model, batch)]
    const { sums, ...gradients } = await runCompiled(gradient.fn, gradient.inputs, input)
    const { sums: sameSums, ...after } = await runCompiled(training.fn, training.inputs, input)
    expect(Object.keys(after).sort()).toEqual(Object.keys(start).sort())
    expect(distance(sameSums!, sums!)).toBeLessThan(1e-6)

    const state = structuredClone(start)
    const flat = new Float32Array(model.layout.size)
    for (const { name, offset } of model.layout.entries) flat.set(gradients[`gradients/${name}`]!, offset)
    const { learningRate, step } = stepInput(batch, 1)
    updateInPlace(state, [flat], scale(learningRate, step), 0, flat.length)
    expect(apart(after, state, 1e-6)).toEqual([])
  })

  it('takes no account of padding, whatever it holds', async () => {
    const padded = stepInput(4, 1, 2)
    const [large, small] = [gradientStep(model, 4), gradientStep(model, 2)]
    const a = await runCompiled(large.fn, large.inputs, arrays(padded))
    const b = await runCompiled(small.fn, small.inputs, arrays(withoutPadding(padded)))
    // The same numbers, but matrices of another size are multiplied in another order.
    expect(apart(a, b, 2e-6)).toEqual([])
  })
})

it('has the gradient that finite differences in double precision have', async () => {
  const model = createModel({ condition: 'label' })
  const input = stepInput(1, 1)
  const step = gradientStep(model, 1)
  const arrays = {
    ...prefixedViews('parameters', startState('label').parameters, model),
    ...stepArrays(input, model.optimizer),
  }
  const gradients = await runCompiled(step.fn, step.inputs, arrays)
  const wrong = finiteDifferences('label', input).filter(({ name, index, slope }) => {
    const gradient = gradients[`gradients/${name}`]!
    const size = Math.sqrt(gradient.reduce((sum, x) => sum + x * x, 0) / gradient.length)
    return !(Math.abs(gradient[index]! - slope) <= 1e-3 * Math.max(Math.abs(slope), size))
  })
  expect(wrong).toEqual([])
})

/** The results that are further than `limit` from what they should be. */
function apart(actual: Record<string, Float32Array>, expected: Record<string, Float32Array>, limit: number): string[] {
  return Object.entries(expected).flatMap(([name, values]) => {
    const far = distance(actual[name]!, values)
    return far <= limit ? [] : [`${name}: ${far}`]
  })
}

/**
 * The slope of the loss along some entries of every parameter, by central differences. tfjs' CPU backend computes with
 * Float32Array, looked up when it is needed: with Float64Array in its place it computes in double precision.
 */
function finiteDifferences(condition: Condition, input: ReturnType<typeof stepInput>) {
  const model = createModel({ condition })
  const { parameters } = startState(condition)
  const single = Float32Array
  vi.stubGlobal('Float32Array', Float64Array)
  vi.spyOn(tf.env().platform, 'isTypedArray').mockImplementation((values) => ArrayBuffer.isView(values))
  try {
    const values = Object.entries(prefixedViews('', parameters, model)).map(([name, view]) => {
      return [name.slice(1), Float64Array.from(view)] as const
    })
    const loss = () =>
      tf.tidy(() => {
        const tensors = Object.fromEntries(
          values.map(([name, data]) => {
            const { shape } = model.layout.entries.find((entry) => entry.name === name)!
            return [name, tf.tensor(data as unknown as Float32Array, [...shape])]
          }),
        )
        const losses = model.losses(tensors, {
          images: tf.tensor2d(Int32Array.from(input.images), [1, 784], 'int32'),
          labels: tf.tensor1d(Int32Array.from(input.labels), 'int32'),
          noise: tf.tensor2d(Float64Array.from(input.noise) as unknown as Float32Array, [1, model.noiseSize]),
        })
        const weighted = model.parts.map((part, i) => tf.mul(losses[part]!, input.partWeights[i]!))
        return tf.sum(tf.addN(weighted)).dataSync()[0]!
      })
    const exact = loss()
    expect(exact, 'computed in double precision').not.toBe(new single([exact])[0])
    const width = 1e-5
    return values.flatMap(([name, data], i) => {
      const index = (7919 * (i + 1)) % data.length
      const kept = data[index]!
      const [up, down] = [width, -width].map((shift) => {
        data[index] = kept + shift
        return loss()
      }) as [number, number]
      data[index] = kept
      return [{ name, index, slope: (up - down) / (2 * width) }]
    })
  } finally {
    vi.unstubAllGlobals()
    vi.restoreAllMocks()
  }
}
