/** The vectorised update: the bits of the plain one, whatever the numbers, and nothing outside its range. */
import { afterEach, describe, expect, it, vi } from 'vitest'
import { normals } from '../../main/models/random'
import { updateInPlace } from '../../main/optimizers/adamax/fused'
import { negligible, scale } from '../../main/optimizers/adamax/scale'
import { createUpdate } from '../../main/optimizers/adamax/simd'
import { adamax } from '../../main/optimizers/adamax/tensors'
import { copyOf, vectorNames, type LearnerState } from '../../main/optimizers/optimizer'
import { SharedVectors, width } from '../../main/optimizers/shared-vectors'

afterEach(() => {
  vi.restoreAllMocks()
})

const batch = 100
/** Zeros of both signs, the smallest floats, and moments that are set to 0 or just not. */
const edges = [0, -0, 1.4e-45, -1.2e-38, -1e-20, 1e-30, 1, negligible, -negligible, 1.1111111 * negligible]

function random(size: number, counter: number, spread: number): Float32Array {
  const values = normals(new Float32Array(size), { seed: 5, stream: 0, counter })
  return values.map((value, i) => (i < edges.length ? edges[(i + counter) % edges.length]! : value * spread))
}

/** @param spread of the gradient's numbers */
function filled(size: number, lanes: number, spread = 10): SharedVectors {
  const vectors = SharedVectors.create(size, vectorNames(adamax), lanes)
  Object.values(vectors.state).forEach((vector, i) => vector.set(random(size, 1 + i, 0.05)))
  const norm = vectors.state['infinityNorm']!
  norm.set(norm.map(Math.abs))
  vectors.gradients.forEach((gradient, lane) => gradient.set(random(size, 5 + lane, spread)))
  return vectors
}

const bits = (state: LearnerState) => Object.values(copyOf(state)).map((v) => new Uint32Array(v.buffer))

describe.each([1, 2, 3, 8])('%d lanes', (lanes) => {
  // sizes that fill the last four, and that do not; gradients that are clipped, and that are not
  it.each([1, 4, 37, 7_003].flatMap((size) => [1, 300].map((spread) => [size, spread] as const)))(
    'give the bits of the plain update for %d numbers, step after step',
    (size, spread) => {
      const vectors = filled(size, lanes, spread)
      const plain = copyOf(vectors.state)
      const update = createUpdate(vectors)
      const half = width * Math.floor(size / 2 / width)
      for (let step = 1; step <= 3; step++) {
        const numbers = scale(2e-3, step, batch)
        update(numbers, 0, half)
        update(numbers, half, size)
        updateInPlace(plain, vectors.gradients, numbers, 0, size)
      }
      expect(bits(vectors.state)).toEqual(bits(plain))
    },
  )
})

it('leaves what is outside its range as it was, gradients too', () => {
  const vectors = filled(64, 2)
  const [before, gradients] = [copyOf(vectors.state), vectors.gradients.map((gradient) => gradient.slice())]
  createUpdate(vectors)(scale(2e-3, 2, batch), 16, 32)
  for (const [name, values] of Object.entries(copyOf(vectors.state))) {
    const changed = [...values.keys()].filter((i) => !Object.is(values[i], before[name]![i]))
    expect({ name, changed }).toEqual({ name, changed: Array.from({ length: 16 }, (_, i) => 16 + i) })
  }
  expect(vectors.gradients).toEqual(gradients)
})

it('is clipped by the length of the whole gradient, whatever the range', () => {
  const [vectors, other] = [filled(64, 2), filled(64, 2)]
  other.gradients[0]![60] = 1e6
  for (const each of [vectors, other]) createUpdate(each)(scale(2e-3, 2, batch), 16, 32)
  expect(other.state['firstMoment']!.subarray(16, 32)).not.toEqual(vectors.state['firstMoment']!.subarray(16, 32))
})

it('passes on that a number is none', () => {
  const vectors = filled(8, 2)
  vectors.gradients[1]![2] = NaN
  createUpdate(vectors)(scale(2e-3, 2, batch), 0, 8)
  expect(vectors.state.parameters.every(Number.isNaN)).toBe(true)
})

it('is done in JavaScript, to the same bits, where there are no vector instructions', () => {
  const [simd, plain] = [filled(37, 2), filled(37, 2)]
  createUpdate(simd)(scale(2e-3, 1, batch), 0, 37)
  vi.spyOn(WebAssembly, 'validate').mockReturnValue(false)
  const instance = vi.spyOn(WebAssembly, 'Instance')
  createUpdate(plain)(scale(2e-3, 1, batch), 0, 37)
  expect(instance).not.toHaveBeenCalled()
  expect(bits(plain.state)).toEqual(bits(simd.state))
})
