/**
 * The kernels that a compiled training step is made of beside products: WebAssembly with vector instructions over one
 * memory that all threads share. Their sources are AssemblyScript, in `assembly`.
 *
 * Addresses are bytes in that memory, at multiples of 4; all lengths, places, steps and strides count floats. A kernel keeps
 * nothing between calls, allocates nothing, touches nothing but what it is given, and gives the same bits on every machine.
 * Nothing checks what it is given. Unless something else is said, what is written must not overlap what is read.
 */
import { compiled } from './compiled'

export interface Kernels {
  /**
   * All movement of static shapes: pads, slices, windows, strips, concats, transposes of longer runs. For each image, run i of
   * the target is the run of the source that the i-th place of the table tells, or zeros.
   *
   * @param table `runs` numbers of 32 bits: where in an image each run begins, or −1 for zeros
   * @param length of each run; any length works, multiples of 4 are fastest
   * @param targetStep from the beginning of a run in the target to that of the next: `length` where they lie side by side;
   *   what is between them stays as it is
   * @param images how often this is done
   * @param sourceStride from an image to the next, in the source
   * @param targetStride and in the target
   */
  pick(
    source: number,
    target: number,
    table: number,
    runs: number,
    length: number,
    targetStep: number,
    images: number,
    sourceStride: number,
    targetStride: number,
  ): void
  /**
   * Windows added up: as `pick`, but run i of the target is the sum of `terms` runs of the source, in their order.
   *
   * @param table `runs` times `terms` numbers of 32 bits: where each run begins, or −1 where there is none
   */
  pickSum(
    source: number,
    target: number,
    table: number,
    runs: number,
    terms: number,
    length: number,
    targetStep: number,
    images: number,
    sourceStride: number,
    targetStride: number,
  ): void
  /** [rows, columns] → [columns, rows], for each image. */
  transpose(
    source: number,
    target: number,
    rows: number,
    columns: number,
    images: number,
    sourceStride: number,
    targetStride: number,
  ): void
  /**
   * A fused chain of operations on numbers, block by block, with sums at its end: see chain.ts, which writes programs.
   *
   * @param program a multiple of 4
   * @param scratch a multiple of 16: this thread's, as many bytes as the program needs; what is left there means nothing
   */
  chain(program: number, scratch: number): void
}

let module: WebAssembly.Module | null | undefined

/**
 * The kernels over a memory, which must be a shared one; undefined where this machine has no vector instructions or no
 * shared memory. Each thread loads them for itself, over the same memory.
 */
export function loadKernels(memory: WebAssembly.Memory): Kernels | undefined {
  module ??= compile()
  return module ? (new WebAssembly.Instance(module, { env: { memory } }).exports as unknown as Kernels) : undefined
}

function compile(): WebAssembly.Module | null {
  const bytes = Uint8Array.from(Buffer.from(compiled, 'base64'))
  return WebAssembly.validate(bytes) ? new WebAssembly.Module(bytes) : null
}
