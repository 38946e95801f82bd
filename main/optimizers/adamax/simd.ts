/** Adamax's update four floats at a time, over vectors in a memory that WebAssembly and all threads share. */
import type { SharedVectors, Update } from '../shared-vectors'
import { runOf, vectorsAt } from '../vector-code'
import { type Code, encodeModule, f32x4, f64x2, get, i32, loopWhile, set, without } from '../wasm'
import { factorOf, updateInPlace } from './fused'
import { beta1, beta2, epsilon, negligible } from './scale'

/** updateInPlace over shared vectors, to the bit, and several times as fast; in JavaScript where there is no SIMD. */
export function createUpdate(vectors: SharedVectors): Update {
  const { state, gradients, shared } = vectors
  const [squares, updating] = [squaresModule(vectors), updateModule(vectors)]
  if (![squares, updating].every((bytes) => WebAssembly.validate(bytes)))
    return (scale, from, to) => updateInPlace(state, gradients, scale, from, to)
  const [sumOfSquares, update] = [runOf(squares, shared.memory), runOf(updating, shared.memory)]
  return (scale, from, to) => {
    const [rate, keep, share] = scale as [number, number, number]
    // behind a vector's last number are zeros
    const factor = factorOf(sumOfSquares(0, 4 * shared.size), Math.fround(share))
    update(rate, keep, 1 - Math.fround(keep), factor, 4 * from, 4 * to)
  }
}

/** What fused.ts's sumOfSquares gives, of the bytes between `from` and `to`. */
function squaresModule(vectors: SharedVectors): Uint8Array<ArrayBuffer> {
  const [from, to, gradient, first, last] = [0, 1, 2, 3, 4] as const
  const { gradient: sum, next } = vectorsAt(vectors, from)
  const square = (two: Code) => f64x2.multiply(two, two)
  const four = [
    ...set(gradient, sum),
    ...set(first, f64x2.add(get(first), square(f64x2.ofFirst(get(gradient))))),
    ...set(last, f64x2.add(get(last), square(f64x2.ofLast(get(gradient))))),
    ...next,
  ]
  return encodeModule(
    {
      parameters: ['i32', 'i32'],
      locals: ['v128', 'v128', 'v128'],
      result: 'f64',
      body: [
        ...loopWhile(i32.less(get(from), get(to)), four),
        ...set(first, f64x2.add(get(first), get(last))),
        ...f64x2.sum(first),
      ],
    },
    vectors.pages,
  )
}

/**
 * What updateInPlace does to one number, in its order, for four; `from` and `to` are bytes here. The state's vectors are the
 * parameters, m, u and the average.
 */
function updateModule(vectors: SharedVectors): Uint8Array<ArrayBuffer> {
  const [rate, keep, move, factor, from, to, gradient, m, u, moved] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9] as const
  const { add, subtract, multiply, divide, absolute, larger, less, constant, splat } = f32x4
  const { load, store, gradient: sum, next } = vectorsAt(vectors, from)
  const four = [
    ...set(gradient, multiply(sum, splat(get(factor)))),
    ...set(m, add(multiply(load(1), constant(beta1)), multiply(get(gradient), constant(1 - beta1)))),
    ...set(u, larger(multiply(load(2), constant(beta2)), add(absolute(get(gradient)), constant(epsilon)))),
    ...set(moved, subtract(load(0), multiply(splat(get(rate)), divide(get(m), get(u))))),
    ...store(1, without(get(m), less(absolute(get(m)), constant(negligible)))),
    ...store(2, get(u)),
    ...store(0, get(moved)),
    ...store(3, add(multiply(load(3), splat(get(keep))), multiply(get(moved), splat(get(move))))),
    ...next,
  ]
  return encodeModule(
    {
      parameters: ['f32', 'f32', 'f32', 'f32', 'i32', 'i32'],
      locals: ['v128', 'v128', 'v128', 'v128'],
      body: loopWhile(i32.less(get(from), get(to)), four),
    },
    vectors.pages,
  )
}
