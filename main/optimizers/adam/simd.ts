/** Adam's update four floats at a time, over vectors in a memory that WebAssembly and all threads share. */
import { type SharedVectors, type Update, width } from '../shared-vectors'
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
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), {
    shared: { memory: vectors.shared.memory },
  })
  const run = exports['run'] as (...numbers: number[]) => void
  return (scale, from, to) => run(...scale, 4 * from, 4 * to)
}

/** What updateInPlace does to one number, in its order, for four; `from` and `to` are bytes here. */
function updateModule(vectors: SharedVectors): Uint8Array<ArrayBuffer> {
  const { lanes } = vectors.shared
  const [stepSize, epsilon, from, to, gradient, m, v] = [0, 1, 2, 3, 4, 5, 6] as const
  const { add, subtract, multiply, divide, squareRoot, absolute, less, constant, splat } = f32x4
  // the parameters, m, v and the lanes' gradients, in this order
  const load = (index: number) => f32x4.load(get(from), vectors.offsetOf(index))
  const store = (index: number, value: Code) => f32x4.store(get(from), vectors.offsetOf(index), value)
  const towards = (start: Code, share: number, end: Code) => add(start, multiply(constant(share), subtract(end, start)))
  const flushed = (value: Code) => without(value, less(absolute(value), constant(negligible)))
  const lane = (index: number): Code => (index === 0 ? load(3) : add(lane(index - 1), load(3 + index)))
  const four = [
    ...set(gradient, lane(lanes - 1)),
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
    ...set(from, i32.add(get(from), i32.constant(4 * width))),
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
