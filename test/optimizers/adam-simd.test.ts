/** The vectorised update: the bits of the plain one, whatever the numbers, and nothing outside its range. */
import { afterEach, describe, expect, it, vi } from 'vitest'
import { normals } from '../../main/models/random'
import { updateInPlace } from '../../main/optimizers/adam/fused'
import { negligible, scale } from '../../main/optimizers/adam/scale'
import { createUpdate } from '../../main/optimizers/adam/simd'
import { adam } from '../../main/optimizers/adam/tensors'
import { copyOf, vectorNames, type LearnerState } from '../../main/optimizers/optimizer'
import { SharedVectors, width } from '../../main/optimizers/shared-vectors'

afterEach(() => {
  vi.restoreAllMocks()
})

/** Zeros of both signs, the smallest and the largest floats, and what overflows when it is squared or added up. */
const edges = [
  0,
  -0,
  1.4e-45,
  -1.2e-38,
  3.4e38,
  -3.4e38,
  1e20,
  -1e-20,
  1e-30,
  1,
  NaN,
  negligible,
  -negligible,
  1.1111111 * negligible,
]

function random(size: number, counter: number, spread: number): Float32Array {
  const values = normals(new Float32Array(size), { seed: 5, stream: 0, counter })
  return values.map((value, i) => (i < edges.length ? edges[(i + counter) % edges.length]! : value * spread))
}

function filled(size: number, lanes: number): SharedVectors {
  const vectors = SharedVectors.create(size, vectorNames(adam), lanes)
  const { parameters, firstMoment, secondMoment } = vectors.state
  parameters.set(random(size, 1, 0.05))
  firstMoment!.set(random(size, 2, 1e-3))
  secondMoment!.set(random(size, 3, 1e-4).map(Math.abs))
  vectors.gradients.forEach((gradient, lane) => gradient.set(random(size, 4 + lane, 10)))
  return vectors
}

const bits = (state: LearnerState) => Object.values(copyOf(state)).map((v) => new Uint32Array(v.buffer))

describe.each([1, 2, 3, 8])('%d lanes', (lanes) => {
  // sizes that fill the last four, and that do not
  it.each([1, 4, 37, 7_003])('give the bits of the plain update for %d numbers, step after step', (size) => {
    const vectors = filled(size, lanes)
    const plain = copyOf(vectors.state)
    const update = createUpdate(vectors)
    const half = width * Math.floor(size / 2 / width)
    for (let step = 1; step <= 3; step++) {
      const numbers = scale(1e-3, step)
      update(numbers, 0, half)
      update(numbers, half, size)
      updateInPlace(plain, vectors.gradients, numbers, 0, size)
    }
    expect(bits(vectors.state)).toEqual(bits(plain))
  })
})

it('leaves what is outside its range as it was, gradients too', () => {
  const vectors = filled(64, 2)
  const [before, gradients] = [copyOf(vectors.state), vectors.gradients.map((gradient) => gradient.slice())]
  createUpdate(vectors)(scale(1e-3, 1), 16, 32)
  for (const [name, values] of Object.entries(copyOf(vectors.state))) {
    const changed = [...values.keys()].filter((i) => !Object.is(values[i], before[name]![i]))
    expect({ name, changed }).toEqual({ name, changed: Array.from({ length: 16 }, (_, i) => 16 + i) })
  }
  expect(vectors.gradients).toEqual(gradients)
})

it('lets moments end at 0 where there is no gradient any more, and keeps what is not a number', () => {
  const vectors = SharedVectors.create(4, vectorNames(adam), 1)
  const { parameters, firstMoment, secondMoment } = vectors.state
  firstMoment!.set([1, -1e-3, 0, NaN])
  secondMoment!.set([1e-33, 1e-6, 0, 1])
  const update = createUpdate(vectors)
  for (let step = 1; step <= 1000; step++) update(scale(1e-3, step), 0, 4)
  expect([...firstMoment!]).toEqual([0, 0, 0, NaN])
  expect([...secondMoment!.subarray(0, 3)]).toEqual([0, expect.closeTo(1e-6 * 0.999 ** 1000, 9), 0])
  expect(parameters[3]).toBeNaN()
})

it('does nothing in an empty range', () => {
  const vectors = filled(8, 2)
  const before = bits(vectors.state)
  createUpdate(vectors)(scale(1e-3, 1), 8, 8)
  expect(bits(vectors.state)).toEqual(before)
})

it('is done in JavaScript, to the same bits, where there are no vector instructions', () => {
  const [simd, plain] = [filled(37, 2), filled(37, 2)]
  createUpdate(simd)(scale(1e-3, 1), 0, 37)
  vi.spyOn(WebAssembly, 'validate').mockReturnValue(false)
  const instance = vi.spyOn(WebAssembly, 'Instance')
  createUpdate(plain)(scale(1e-3, 1), 0, 37)
  expect(instance).not.toHaveBeenCalled()
  expect(bits(plain.state)).toEqual(bits(simd.state))
})
