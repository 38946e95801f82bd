/**
 * The inverse of an autoregressive flow by fixed-point iteration: z with z = ε + μ(z), μ a MADE. Put in again and again, z
 * comes out right number by number, since μᵢ sees only those before it. So it is done block by block: what a block sees of
 * those before it is added up once, and only the block's own units are computed again, which costs less than two passes
 * through the MADE instead of one for every number.
 */
import { add, concat, gather, matMul, relu, slice, tensor1d, type Tensor } from '@tensorflow/tfjs-core'
import { pairs, present } from '../../../preload/present'

/** A layer of a MADE as it computes: masks and all that a context adds are in its numbers. */
export interface MadeLayer {
  /** [from, to] */
  readonly weights: Tensor
  /** What is added: [B, to] */
  readonly bias: Tensor
}

/** Numbers of a block. */
const length = 8

type Range = readonly [from: number, to: number]

/**
 * @param noise ε [B, size]
 * @param hidden the degrees of each hidden layer's units: how many numbers before the last one that a unit sees
 */
export function solve(layers: readonly MadeLayer[], hidden: readonly (readonly number[])[], noise: Tensor): Tensor {
  const [batch, size] = noise.shape as [number, number]
  const numbers = Array.from({ length: size }, (_, i) => i)
  const levels = [numbers, ...hidden, numbers]
  const ordered = pairs(layers, pairs(levels.slice(0, -1), levels.slice(1))).map(([{ weights, bias }, [from, to]]) => ({
    from,
    to,
    weights: inOrder(inOrder(weights, orderOf(from), 0), orderOf(to), 1),
    bias: inOrder(bias, orderOf(to), 1),
  }))
  /** What is known of the numbers and of each hidden layer's units, in order. */
  const known: (Tensor | undefined)[] = [undefined, ...hidden.map(() => undefined)]

  for (let first = 0; first < size; first += length) {
    const end = Math.min(first + length, size)
    /** The units of a level that are of this block. */
    const block = (degrees: readonly number[]): Range => [unitsBelow(degrees, first), unitsBelow(degrees, end)]
    /** Of each layer, what it makes of a block of the level before it. */
    const computing = ordered.map(({ from, to, weights, bias }, i) => {
      const own = part(weights, block(from), block(to))
      const given = fromKnown(known[i], weights, part(bias, [0, batch], block(to)), block(to))
      return (x: Tensor | undefined) => (x && own && given ? add(matMul(x, own), given) : given)
    })
    const last = present(computing.at(-1), 'layer')
    const units = (z: Tensor) => {
      const values: (Tensor | undefined)[] = [z]
      for (const compute of computing.slice(0, -1)) {
        const y = compute(values.at(-1))
        values.push(y && relu(y))
      }
      return values
    }
    const noiseHere = slice(noise, [0, first], [batch, end - first])
    const shifted = (shift: Tensor | undefined) => add(noiseHere, present(shift, 'unit for a number'))
    let z = shifted(last(undefined))
    for (let right = 1; right < end - first; right++) z = shifted(last(units(z).at(-1)))
    for (const [level, value] of units(z).entries()) known[level] = joined(known[level], value)
  }
  return present(known[0], 'number to solve for')
}

/** Units by their degrees, the smallest first. */
function orderOf(degrees: readonly number[]): number[] {
  return [...degrees.entries()].sort(([a, one], [b, other]) => one - other || a - b).map(([unit]) => unit)
}

/** How many units have a smaller degree: the place of the first one that has not, in order. */
function unitsBelow(degrees: readonly number[], degree: number): number {
  return degrees.filter((other) => other < degree).length
}

/** What the units of a block are given by those that are known already, with what is added; undefined if there are none. */
function fromKnown(
  before: Tensor | undefined,
  weights: Tensor,
  bias: Tensor | undefined,
  columns: Range,
): Tensor | undefined {
  if (!before || !bias) return bias
  const [, units] = before.shape as [number, number]
  return add(matMul(before, slice(weights, [0, columns[0]], [units, columns[1] - columns[0]])), bias)
}

function inOrder(x: Tensor, order: readonly number[], axis: number): Tensor {
  return order.every((place, i) => place === i) ? x : gather(x, tensor1d([...order], 'int32'), axis)
}

/** Undefined if there is nothing in it. */
function part(x: Tensor, rows: Range, columns: Range): Tensor | undefined {
  const size = [rows[1] - rows[0], columns[1] - columns[0]]
  return size.includes(0) ? undefined : slice(x, [rows[0], columns[0]], size)
}

function joined(before: Tensor | undefined, x: Tensor | undefined): Tensor | undefined {
  return before && x ? concat([before, x], 1) : (before ?? x)
}
