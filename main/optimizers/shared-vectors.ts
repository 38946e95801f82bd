/** A state and gradients in a memory that WebAssembly and all threads share; what an update in place works on. */
import type { LearnerState } from './optimizer'

/** Floats that an instruction takes at once: ranges of a vector begin and end at multiples of it. */
export const width = 4
/** Of WebAssembly's memory, which is given in pages. */
export const pageBytes = 65_536

/** What crosses to another thread as it is. */
export interface SharedMemory {
  readonly memory: WebAssembly.Memory
  /** Numbers in a vector. */
  readonly size: number
  /** Of the state's vectors, in their order. */
  readonly names: readonly string[]
  readonly lanes: number
  /** Bytes behind the vectors that are for others. */
  readonly more: number
}

/** A learner's flat vectors: the state's and a gradient for each lane, one after another. */
export class SharedVectors {
  private constructor(readonly shared: SharedMemory) {}

  /** All zeros. @param more bytes in the same memory, from `bytes` of these on */
  static create(size: number, names: readonly string[], lanes: number, more = 0): SharedVectors {
    const pages = pagesFor(size, names.length + lanes, more)
    const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true })
    return new SharedVectors({ memory, size, names, lanes, more })
  }

  /** How many such vectors take. */
  static bytes(size: number, names: readonly string[], lanes: number): number {
    return (names.length + lanes) * bytesOf(size)
  }

  /** The same vectors, in another thread. */
  static of(shared: SharedMemory): SharedVectors {
    return new SharedVectors(shared)
  }

  get state(): LearnerState {
    const { names } = this.shared
    return Object.fromEntries(names.map((name, i) => [name, this.vector(i)])) as LearnerState & object
  }

  get gradients(): Float32Array[] {
    const { lanes } = this.shared
    return Array.from({ length: lanes }, (_, lane) => this.gradient(lane))
  }

  /** One lane's. */
  gradient(lane: number): Float32Array {
    return this.vector(this.shared.names.length + lane)
  }

  /** Byte at which a vector begins: they lie one after another, the state's before the gradients. */
  offsetOf(index: number): number {
    return index * bytesOf(this.shared.size)
  }

  private vector(index: number): Float32Array {
    const { memory, size } = this.shared
    return new Float32Array(memory.buffer, this.offsetOf(index), size)
  }
}

/**
 * Updates elements [from, to) of the state for the gradient that is the lanes' sum, in their order.
 * @param scale as the optimizer's `scale` gives it
 */
export type Update = (scale: readonly number[], from: number, to: number) => void

/** Of one vector, with room to end its last range at a multiple of `width`. */
function bytesOf(size: number): number {
  return 4 * width * Math.ceil(size / width)
}

function pagesFor(size: number, vectors: number, more: number): number {
  return Math.ceil((vectors * bytesOf(size) + more) / pageBytes)
}
