/** A memory for kernels, in which tests put numbers, and see that nothing else is written to. */
import { type Kernels, loadKernels } from '../../../main/engine/kernels/kernels'

/** What stands where nothing may be written. */
const untouched = 0x7fa5_5a5a

const pages = 16

export class KernelMemory {
  private readonly memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true })
  private readonly words = new Int32Array(this.memory.buffer)
  private end = 16
  readonly kernels: Kernels

  constructor() {
    const kernels = loadKernels(this.memory)
    if (!kernels) throw new Error('This machine has no vector instructions.')
    this.kernels = kernels
    this.clear()
  }

  /** Begins anew. */
  clear(): void {
    this.end = 16
    this.words.fill(untouched)
  }

  /** Puts numbers somewhere, so many words behind a multiple of 16 bytes. @returns the byte where they begin */
  put(values: Float32Array | Int32Array | Uint8Array, apart = 0): number {
    const at = this.take(values.byteLength, apart)
    new Uint8Array(this.memory.buffer, at).set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength))
    return at
  }

  /** Room for as many floats. */
  room(size: number, apart = 0): number {
    return this.put(new Float32Array(size), apart)
  }

  floats(at: number, size: number): Float32Array {
    return new Float32Array(this.memory.buffer, at, size)
  }

  /** Where a result is to be written, and what is there after `run`, when nothing else must have changed. */
  result(size: number, run: (to: number) => void, apart = 0): number[] {
    const to = this.room(size, apart)
    return this.results([{ to, size }], run.bind(null, to))[0] as number[]
  }

  /** The same for several of them. @param aside bytes from there on may hold anything afterwards */
  results(places: readonly { to: number; size: number }[], run: () => void, aside = Infinity): number[][] {
    const before = this.words.slice()
    run()
    const after = this.words.slice()
    const found = places.map(({ to, size }) => [...this.floats(to, size)])
    for (const { to, size } of places) after.set(before.subarray(to / 4, to / 4 + size), to / 4)
    const kept = Math.min(aside, before.byteLength)
    if (Buffer.compare(bytesOf(before, kept), bytesOf(after, kept)) !== 0)
      throw new Error(`Byte ${4 * after.findIndex((word, i) => word !== before[i])} was written to.`)
    return found
  }

  /** Room at the end of all. */
  get scratch(): number {
    return 16 * Math.ceil(this.end / 16) + 64
  }

  private take(bytes: number, apart: number): number {
    const at = 16 * Math.ceil(this.end / 16) + 4 * apart
    this.end = at + bytes + 16
    return at
  }
}

function bytesOf(words: Int32Array<ArrayBuffer>, end: number): Buffer {
  return Buffer.from(words.buffer, 0, end)
}
