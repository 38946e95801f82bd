/**
 * z with z = ε + μ(z), μ a MADE. Put in again and again, z comes out right number by number, since μᵢ sees only those before it.
 * So it is done block by block: what a block sees of those before it is added up once, and only the block's own units are
 * computed again, which costs less than two passes through the MADE instead of one for every number.
 */
import { add, concat, gather, matMul, relu, slice, tensor1d, type Tensor } from '@tensorflow/tfjs-core'

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
  const levels = [Array.from({ length: size }, (_, i) => i), ...hidden, Array.from({ length: size }, (_, i) => i)]
  const sorted = levels.map((degrees) => degrees.map((_, i) => i).sort((a, b) => degrees[a]! - degrees[b]! || a - b))
  const ordered = layers.map(({ weights, bias }, i) => ({
    weights: inOrder(inOrder(weights, sorted[i]!, 0), sorted[i + 1]!, 1),
    bias: inOrder(bias, sorted[i + 1]!, 1),
  }))
  /** The place of the first unit of this degree or more. */
  const placeOf = (level: number, degree: number) => levels[level]!.filter((other) => other < degree).length
  /** What is known of the numbers and of each hidden layer's units, in order. */
  const known: (Tensor | undefined)[] = hidden.map(() => undefined)
  known.unshift(undefined)

  for (let first = 0; first < size; first += length) {
    const end = Math.min(first + length, size)
    const blocks = levels.map((_, level): Range => [placeOf(level, first), placeOf(level, end)])
    const own = ordered.map(({ weights }, i) => part(weights, blocks[i]!, blocks[i + 1]!))
    const given = ordered.map(({ weights, bias }, i) => {
      const before = known[i]
      const some = part(bias, [0, batch], blocks[i + 1]!)
      if (!before || !some) return some
      return add(matMul(before, part(weights, [0, before.shape[1]!], blocks[i + 1]!)!), some)
    })
    /** What a layer makes of a block of the level before it. */
    const layer = (i: number, x: Tensor | undefined) => (x && own[i] ? add(matMul(x, own[i]), given[i]!) : given[i])
    const units = (z: Tensor) => {
      const values: (Tensor | undefined)[] = [z]
      for (let i = 0; i < hidden.length; i++) {
        const y = layer(i, values[i])
        values.push(y && relu(y))
      }
      return values
    }
    const noiseHere = part(noise, [0, batch], [first, end])!
    let z = add(noiseHere, given.at(-1)!)
    for (let right = 1; right < end - first; right++) z = add(noiseHere, layer(hidden.length, units(z).at(-1))!)
    for (const [level, value] of units(z).entries()) known[level] = joined(known[level], value)
  }
  return known[0]!
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
