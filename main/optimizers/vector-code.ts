/** What the optimizers' updates in vector instructions share: code over a learner's flat vectors, and how it is run. */
import { type SharedVectors, width } from './shared-vectors'
import { type Code, f32x4, get, i32, set } from './wasm'

/** The only function of a module over this memory. */
export function runOf(bytes: Uint8Array<ArrayBuffer>, memory: WebAssembly.Memory): (...numbers: number[]) => number {
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { shared: { memory } })
  return exports['run'] as (...numbers: number[]) => number
}

/**
 * Loads and stores of four numbers of the state's vectors, by their place in it, and the lanes' gradients added up in order.
 * @param at the local that holds the byte
 */
export function vectorsAt(vectors: SharedVectors, at: number) {
  const { names, lanes } = vectors.shared
  const load = (index: number) => f32x4.load(get(at), vectors.offsetOf(index))
  const gradient = (lane: number): Code => {
    const own = load(names.length + lane)
    return lane === 0 ? own : f32x4.add(gradient(lane - 1), own)
  }
  return {
    load,
    store: (index: number, value: Code) => f32x4.store(get(at), vectors.offsetOf(index), value),
    gradient: gradient(lanes - 1),
    next: set(at, i32.add(get(at), i32.constant(4 * width))),
  }
}
