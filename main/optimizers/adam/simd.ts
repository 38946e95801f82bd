/** Adam's update four floats at a time, over vectors in a memory that WebAssembly and all threads share. */
import type { SharedVectors, Update } from '../shared-vectors'
import { runOf, vectorsAt } from '../vector-code'
import { type Code, encodeModule, f32x4, get, i32, loopWhile, set, without } from '../wasm'
import { updateInPlace } from './fused'
import { beta1, beta2, negligible } from './scale'

/** updateInPlace over shared vectors, to the bit, and several times as fast; in JavaScript where there is no SIMD. */
export function createUpdate(vectors: SharedVectors): Update {
  const bytes = updateModule(vectors)
  if (!WebAssembly.validate(bytes)) {
    const { state, gradients } = vectors
    return (scale, from, to) => updateInPlace(state, gradients, scale, from, to)
  }
  const run = runOf(bytes, vectors.shared.memory)
  return (scale, from, to) => void run(...scale, 4 * from, 4 * to)
}

/**
 * What updateInPlace does to one number, in its order, for four; `from` and `to` are bytes here. The state's vectors are the
 * parameters, m and v.
 */
function updateModule(vectors: SharedVectors): Uint8Array<ArrayBuffer> {
  const [stepSize, epsilon, from, to, gradient, m, v] = [0, 1, 2, 3, 4, 5, 6] as const
  const { add, subtract, multiply, divide, squareRoot, absolute, less, constant, splat } = f32x4
  const { load, store, gradient: sum, next } = vectorsAt(vectors, from)
  const towards = (start: Code, share: number, end: Code) => add(start, multiply(constant(share), subtract(end, start)))
  const flushed = (value: Code) => without(value, less(absolute(value), constant(negligible)))
  const four = [
    ...set(gradient, sum),
    ...set(m, towards(load(1), 1 - beta1, get(gradient))),
    ...set(v, towards(load(2), 1 - beta2, multiply(get(gradient), get(gradient)))),
    ...set(m, flushed(get(m))),
    ...set(v, flushed(get(v))),
    ...store(1, get(m)),
    ...store(2, get(v)),
    ...store(
      0,
      subtract(load(0), divide(multiply(splat(get(stepSize)), get(m)), add(squareRoot(get(v)), splat(get(epsilon))))),
    ),
    ...next,
  ]
  return encodeModule(
    {
      parameters: ['f32', 'f32', 'i32', 'i32'],
      locals: ['v128', 'v128', 'v128'],
      body: loopWhile(i32.less(get(from), get(to)), four),
    },
    vectors.pages,
  )
}
