/** Adam's update four floats at a time, over vectors in a memory that WebAssembly and all threads share. */
import { updateInPlace } from '../vlae/adam-fused'
import { type AdamScale, beta1, beta2, negligible } from '../vlae/adam-scale'
import type { LearnerState } from './engine'
import { type Code, encodeModule, f32x4, get, i32, loopWhile, set, without } from './wasm'

/** Floats that an instruction takes at once: ranges of a vector begin and end at multiples of it. */
export const width = 4
const pageBytes = 65_536

/** A learner's flat vectors: the state's three and a gradient for each lane, one after another. */
export class SharedVectors {
  private constructor(
    /** Goes to other threads as it is. */
    readonly memory: WebAssembly.Memory,
    readonly size: number,
    readonly lanes: number,
  ) {}

  /** All zeros. */
  static create(size: number, lanes: number): SharedVectors {
    const pages = pagesFor(size, lanes)
    return new SharedVectors(new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true }), size, lanes)
  }

  /** The same vectors, in another thread. */
  static of({ memory, size, lanes }: Pick<SharedVectors, 'memory' | 'size' | 'lanes'>): SharedVectors {
    return new SharedVectors(memory, size, lanes)
  }

  get state(): LearnerState {
    return { parameters: this.#vector(0), firstMoment: this.#vector(1), secondMoment: this.#vector(2) }
  }

  get gradients(): Float32Array[] {
    return Array.from({ length: this.lanes }, (_, lane) => this.#vector(3 + lane))
  }

  #vector(index: number): Float32Array {
    return new Float32Array(this.memory.buffer, index * bytesOf(this.size), this.size)
  }
}

/** Updates elements [from, to) for the gradient that is the lanes' sum; see updateInPlace. */
export type Update = (scale: AdamScale<number>, from: number, to: number) => void

/** updateInPlace over shared vectors, to the bit, and several times as fast; in JavaScript where there is no SIMD. */
export function createUpdate(vectors: SharedVectors): Update {
  const { memory, size, lanes } = vectors
  const bytes = updateModule(size, lanes)
  if (!WebAssembly.validate(bytes)) {
    const { state, gradients } = vectors
    return (scale, from, to) => updateInPlace(state, gradients, scale, from, to)
  }
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { shared: { memory } })
  const run = exports['run'] as (stepSize: number, epsilon: number, from: number, to: number) => void
  return ({ stepSize, epsilon }, from, to) => run(stepSize, epsilon, 4 * from, 4 * to)
}

/** What updateInPlace does to one number, in its order, for four; `from` and `to` are bytes here. */
function updateModule(size: number, lanes: number): Uint8Array<ArrayBuffer> {
  const [stepSize, epsilon, from, to, gradient, m, v] = [0, 1, 2, 3, 4, 5, 6] as const
  const { add, subtract, multiply, divide, squareRoot, absolute, less, constant, splat } = f32x4
  const offset = (index: number) => index * bytesOf(size)
  const load = (index: number) => f32x4.load(get(from), offset(index))
  const store = (index: number, value: Code) => f32x4.store(get(from), offset(index), value)
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
    pagesFor(size, lanes),
  )
}

/** Of one vector, with room to end its last range at a multiple of `width`. */
function bytesOf(size: number): number {
  return 4 * width * Math.ceil(size / width)
}

function pagesFor(size: number, lanes: number): number {
  return Math.ceil(((3 + lanes) * bytesOf(size)) / pageBytes)
}
