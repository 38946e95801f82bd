import { expect, it } from 'vitest'
import { tf } from '../../main/engine/tfjs'
import { update } from '../../main/vlae/adam'
import type { AdamState } from '../../main/vlae/adam'
import { updateInPlace } from '../../main/vlae/adam-fused'
import { scale } from '../../main/vlae/adam-scale'
import { fixture } from './reference'

const { start, gradients, changes } = fixture.adam

it("changes parameters as PyTorch's Adam does, for gradients from 1e-9 to 1e4 and 0", () => {
  const zeros = () => ({ vector: tf.zeros([start.length]) })
  // from 0, so that the changes keep float32's full precision
  let state: AdamState = { parameters: zeros(), firstMoment: zeros(), secondMoment: zeros() }
  gradients.forEach((gradient, i) => {
    const { stepSize, epsilon } = scale(fixture.learningRate, i + 1)
    const scalars = { stepSize: tf.scalar(stepSize), epsilon: tf.scalar(epsilon) }
    state = update(state, { vector: tf.tensor1d([...gradient]) }, scalars)
    const change = state.parameters['vector']!.dataSync()
    changes[i]!.forEach((expected, j) => {
      expect(Math.abs(change[j]! - expected)).toBeLessThan(1e-6 * fixture.learningRate)
    })
  })
})

it('changes them so in one pass too, from gradients added up', () => {
  const state = {
    parameters: new Float32Array(start.length),
    firstMoment: new Float32Array(start.length),
    secondMoment: new Float32Array(start.length),
  }
  gradients.forEach((gradient, i) => {
    const half = Float32Array.from(gradient, (value) => value / 2)
    const scalars = scale(fixture.learningRate, i + 1)
    // the two ranges that two lanes take
    updateInPlace(state, [half, half], scalars, 0, 10)
    updateInPlace(state, [half, half], scalars, 10, start.length)
    changes[i]!.forEach((expected, j) => {
      expect(Math.abs(state.parameters[j]! - expected)).toBeLessThan(1e-6 * fixture.learningRate)
    })
  })
})

it('takes a first step of the learning rate against the sign of any gradient much larger than ε', () => {
  const tensors = (...values: number[]) => ({ vector: tf.tensor1d(values) })
  const { stepSize, epsilon } = scale(0.01, 1)
  const scalars = { stepSize: tf.scalar(stepSize), epsilon: tf.scalar(epsilon) }
  const zeros = tensors(0, 0)
  const state = { parameters: tensors(1, 1), firstMoment: zeros, secondMoment: zeros }
  const [first, second] = update(state, tensors(1e-3, -1e3), scalars).parameters['vector']!.dataSync()
  expect(first).toBeCloseTo(0.99, 6)
  expect(second).toBeCloseTo(1.01, 6)
})
