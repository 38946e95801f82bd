import { expect, it } from 'vitest'
import { tf } from '../../main/engine/tfjs/tfjs'
import { updateInPlace } from '../../main/optimizers/adam/fused'
import { scale } from '../../main/optimizers/adam/scale'
import { adam } from '../../main/optimizers/adam/tensors'
import { freshState } from '../../main/optimizers/optimizer'
import { fixture } from '../models/ladder/reference'

const { start, gradients, changes } = fixture.adam

/** The numbers of a step as its function takes them. */
function scalars(learningRate: number, step: number) {
  const [stepSize, epsilon] = scale(learningRate, step)
  return { stepSize: tf.scalar(stepSize), epsilon: tf.scalar(epsilon) }
}

it("changes parameters as PyTorch's Adam does, for gradients from 1e-9 to 1e4 and 0", () => {
  const zeros = () => ({ vector: tf.zeros([start.length]) })
  // from 0, so that the changes keep float32's full precision
  let state: ReturnType<typeof adam.update> = { parameters: zeros(), firstMoment: zeros(), secondMoment: zeros() }
  gradients.forEach((gradient, i) => {
    state = adam.update(state, { vector: tf.tensor1d([...gradient]) }, scalars(fixture.learningRate, i + 1))
    const change = state['parameters']!['vector']!.dataSync()
    changes[i]!.forEach((expected, j) => {
      expect(Math.abs(change[j]! - expected)).toBeLessThan(1e-6 * fixture.learningRate)
    })
  })
})

it('changes them so in one pass too, from gradients added up', () => {
  const state = freshState(new Float32Array(start.length), adam)
  gradients.forEach((gradient, i) => {
    const half = Float32Array.from(gradient, (value) => value / 2)
    const numbers = scale(fixture.learningRate, i + 1)
    // the two ranges that two lanes take
    updateInPlace(state, [half, half], numbers, 0, 10)
    updateInPlace(state, [half, half], numbers, 10, start.length)
    changes[i]!.forEach((expected, j) => {
      expect(Math.abs(state.parameters[j]! - expected)).toBeLessThan(1e-6 * fixture.learningRate)
    })
  })
})

it('takes a first step of the learning rate against the sign of any gradient much larger than ε', () => {
  const tensors = (...values: number[]) => ({ vector: tf.tensor1d(values) })
  const zeros = tensors(0, 0)
  const state = { parameters: tensors(1, 1), firstMoment: zeros, secondMoment: zeros }
  const [first, second] = adam.update(state, tensors(1e-3, -1e3), scalars(0.01, 1))['parameters']!['vector']!.dataSync()
  expect(first).toBeCloseTo(0.99, 6)
  expect(second).toBeCloseTo(1.01, 6)
})
