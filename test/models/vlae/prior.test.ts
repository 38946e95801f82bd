import type { Scalar, Tensor } from '@tensorflow/tfjs-core'
import { describe, expect, it } from 'vitest'
import { tf } from '../../../main/engine/tfjs/tfjs'
import { normals } from '../../../main/models/random'
import { made } from '../../../main/models/vlae/made'
import { flowPrior, gaussianPrior } from '../../../main/models/vlae/prior'
import { compute, madeUp, tensors } from './pieces'

const random = (count: number, seed: number) => normals(new Float32Array(count), { seed, stream: 0, counter: 0 })
const values = (tensor: Tensor) => [...tensor.dataSync()]
const oneHot = (labels: number[]) => tf.oneHot(tf.tensor1d(labels, 'int32'), 10, 1, 0, 'float32')

/** ∂outputs/∂inputs of a function of one vector: [outputs][inputs]. */
function jacobian(fn: (x: Tensor) => Tensor, at: Tensor): number[][] {
  const size = fn(at).size
  return Array.from({ length: size }, (_, i) =>
    values(tf.grad((x) => tf.sum(tf.slice(tf.reshape(fn(x), [-1]), i, 1)) as Scalar)(at)),
  )
}

describe('MADE', () => {
  const size = 6
  it.each([
    ['in order', false, [16]],
    ['reversed', true, [16]],
    ['of two hidden layers', false, [16, 20]],
    ['of three hidden layers, reversed', true, [16, 16, 16]],
  ])('makes each number depend on those before it, all of them, and no other: %s', (_, reversed, hidden) => {
    const piece = made({ name: 'm', size, hidden, reversed })
    const parameters = tensors(piece.parameters, madeUp(piece.parameters))
    const seen = new Set<string>()
    // a ReLU that is off hides what it sees: several places show all
    for (let seed = 0; seed < 8; seed++) {
      const slopes = jacobian((z) => piece.apply({ parameters }, { z }), tf.tensor(random(size, seed), [1, size]))
      slopes.forEach((row, i) => row.forEach((slope, j) => slope !== 0 && seen.add(`${i} of ${j}`)))
    }
    const allowed = (i: number, j: number) => (reversed ? j > i : j < i)
    const expected: string[] = []
    for (let i = 0; i < size; i++) for (let j = 0; j < size; j++) if (allowed(i, j)) expected.push(`${i} of ${j}`)
    expect([...seen].sort()).toEqual(expected.sort())
  })

  it('lets every number depend on the context', () => {
    const piece = made({ name: 'm', size, hidden: [30, 30], context: 3 })
    const parameters = tensors(piece.parameters, madeUp(piece.parameters))
    const z = tf.tensor(random(size, 1), [1, size])
    const slopes = jacobian((context) => piece.apply({ parameters }, { z, context }), tf.tensor([[0.3, -1, 0.5]]))
    for (const row of slopes) for (const slope of row) expect(slope).not.toBe(0)
  })

  it('of a single number has a mean only', () => {
    const piece = made({ name: 'm', size: 1, hidden: [4] })
    const parameters = tensors(piece.parameters, madeUp(piece.parameters))
    expect(jacobian((z) => piece.apply({ parameters }, { z }), tf.tensor([[2]]))).toEqual([[0]])
  })
})

const flows = [
  ['the paper’s', flowPrior({ size: 64 })],
  ['with three hidden layers', flowPrior({ size: 64, hidden: [640, 640, 640] })],
  ['tied', flowPrior({ size: 64, tied: true })],
  ['by class', flowPrior({ size: 64, byClass: true })],
] as const

describe('the flow prior', () => {
  const batch = 10
  const noise = { values: random(batch * 64, 3), shape: [batch, 64] }
  const classes = (first: number) => ({
    values: Float32Array.from({ length: 100 }, (_, i) => ((Math.floor(i / 10) + first) % 10 === i % 10 ? 1 : 0)),
    shape: [batch, 10],
  })

  it.each(flows)('is there and back the same within 1e-5: %s', async (_, prior) => {
    const { z, back, density } = await compute(
      prior.parameters,
      madeUp(prior.parameters),
      { noise, y: classes(0) },
      (parameters, { noise, y }) => {
        const z = prior.sample({ parameters }, noise!, y)
        return { z, back: prior.noise({ parameters }, z, y), density: prior.logDensity({ parameters }, z, y) }
      },
    )
    back!.forEach((value, i) => expect(Math.abs(value - noise.values[i]!)).toBeLessThan(1e-5))
    const moved = z!.reduce((sum, value, i) => sum + Math.abs(value - noise.values[i]!), 0) / z!.length
    expect(moved).toBeGreaterThan(0.5)
    const expected = values(
      gaussianPrior({ size: 64 }).logDensity({ parameters: {} }, tf.tensor(noise.values, [batch, 64])),
    )
    density!.forEach((value, i) => expect(Math.abs(value - expected[i]!)).toBeLessThan(1e-3))
  })

  it('moves every number with the class where it depends on it, the first one too', async () => {
    const prior = flowPrior({ size: 64, byClass: true })
    const parameters = madeUp(prior.parameters)
    const sample = (first: number) =>
      compute(prior.parameters, parameters, { noise, y: classes(first) }, (parameters, { noise, y }) => ({
        z: prior.sample({ parameters }, noise!, y),
      }))
    const [one, other] = [(await sample(0))['z']!, (await sample(1))['z']!]
    one.forEach((value, i) => expect(value).not.toBe(other[i]))
  })

  it('has a log-determinant of 0, which is the logarithm of the numerical Jacobian’s', () => {
    const size = 6
    const prior = flowPrior({ size, hidden: [20, 20] })
    const parameters = tensors(prior.parameters, madeUp(prior.parameters))
    for (let seed = 0; seed < 4; seed++) {
      const z = tf.tensor(random(size, seed), [1, size])
      const step = 1e-3
      const along = (j: number) => tf.tensor(Float32Array.from({ length: size }, (_, i) => (i === j ? step : 0)), [1, size]) // prettier-ignore
      const columns = Array.from({ length: size }, (_, j) => {
        const [after, before] = [tf.add, tf.sub].map((move) => prior.noise({ parameters }, move(z, along(j))))
        return values(tf.div(tf.sub(after!, before!), 2 * step))
      })
      // it is no triangle: the order was reversed in between
      expect(columns[0]![5]).not.toBe(0)
      expect(columns[5]![0]).not.toBe(0)
      expect(Math.log(Math.abs(determinant(columns)))).toBeCloseTo(0, 2)
      const normal = gaussianPrior({ size }).logDensity({ parameters: {} }, prior.noise({ parameters }, z))
      expect(values(prior.logDensity({ parameters }, z))[0]).toBeCloseTo(values(normal)[0]!, 5)
    }
  })

  it('has a density that integrates to 1', () => {
    const prior = flowPrior({ size: 2, hidden: [8, 8] })
    const parameters = tensors(prior.parameters, madeUp(prior.parameters))
    const [half, step] = [100, 0.08]
    const grid = Float32Array.from({ length: 2 * (2 * half + 1) ** 2 }, (_, i) => {
      const place = Math.floor(i / 2)
      const at = i % 2 === 0 ? Math.floor(place / (2 * half + 1)) : place % (2 * half + 1)
      return (at - half) * step
    })
    const density = tf.exp(prior.logDensity({ parameters }, tf.tensor(grid, [grid.length / 2, 2])))
    expect(values(tf.sum(density))[0]! * step ** 2).toBeCloseTo(1, 3)
  })

  it('starts near N(0, I), four steps of two layers of 640 in 1.97 million weights', () => {
    const size = ({ parameters }: { parameters: (typeof flows)[0][1]['parameters'] }) =>
      parameters.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b), 0)
    expect(size(flows[0][1]) / 1e6).toBeCloseTo(1.98, 1)
    expect(size(flows[1][1]) / 1e6).toBeCloseTo(3.61, 1)
    expect(size(flows[2][1])).toBe(size(flows[0][1]) / 4)
  })
})

describe('the Gaussian prior', () => {
  it('is N(0, I)', () => {
    const prior = gaussianPrior({ size: 2 })
    const z = tf.tensor([[1, -2]])
    expect(values(prior.logDensity({ parameters: {} }, z))[0]).toBeCloseTo(-Math.log(2 * Math.PI) - 2.5, 5)
    expect(values(prior.sample({ parameters: {} }, z))).toEqual([1, -2])
  })

  it('is a Gaussian for each class, if it depends on it', () => {
    const prior = gaussianPrior({ size: 2, byClass: true })
    const parameters = {
      'prior.mean': tf.tensor(random(20, 1), [10, 2]),
      'prior.logVariance': tf.tensor(random(20, 2), [10, 2]),
    }
    const noise = tf.tensor(random(4, 3), [2, 2])
    const y = oneHot([3, 8])
    const z = values(prior.sample({ parameters }, noise, y))
    const mean = random(20, 1)
    const deviation = random(20, 2).map((logVariance) => Math.exp(logVariance / 2))
    const places = [6, 7, 16, 17]
    z.forEach((value, i) => {
      expect(value).toBeCloseTo(mean[places[i]!]! + deviation[places[i]!]! * random(4, 3)[i]!, 5)
    })
    const density = values(prior.logDensity({ parameters }, tf.tensor(z, [2, 2]), y))
    const expected = [0, 1].map((row) =>
      [0, 1].reduce((sum, i) => {
        const [e, s] = [random(4, 3)[2 * row + i]!, deviation[places[2 * row + i]!]!]
        return sum - Math.log(s) - 0.5 * Math.log(2 * Math.PI) - 0.5 * e ** 2
      }, 0),
    )
    density.forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, 4))
  })
})

/** By elimination with pivots. */
function determinant(rows: number[][]): number {
  const a = rows.map((row) => [...row])
  let result = 1
  for (let i = 0; i < a.length; i++) {
    const pivot = a.slice(i).reduce((best, row, k) => (Math.abs(row[i]!) > Math.abs(a[best]![i]!) ? i + k : best), i)
    if (pivot !== i) [a[i], a[pivot], result] = [a[pivot]!, a[i]!, -result]
    result *= a[i]![i]!
    for (const row of a.slice(i + 1)) {
      const factor = row[i]! / a[i]![i]!
      row.forEach((_, j) => (row[j]! -= factor * a[i]![j]!))
    }
  }
  return result
}
