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
   * As `pick`, with runs of different lengths that lie side by side in the target: windows are long runs, but for those at the
   * border of a map.
   *
   * @param table for each of the spans two numbers of 32 bits: where in an image it begins, or −1 for zeros, and its length
   */
  pickSpans(
    source: number,
    target: number,
    table: number,
    spans: number,
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
   * For each image, sums and differences of runs of the source, as Winograd's transforms are, and what overlaps: run by run of
   * the target.
   *
   * @param table of each run: where it begins in the target, how many runs are added, how many are then taken away, and where all
   *   these begin in the source; numbers of 32 bits
   * @param length of a run: 1, or a multiple of 4
   */
  combine(
    source: number,
    target: number,
    table: number,
    runs: number,
    length: number,
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
  /**
   * Adam's update of `count` numbers, and what is behind them up to a multiple of 4. The gradient is the sum of the lanes', of
   * which each lies `distance` bytes behind the one before.
   *
   * @param numbers of main/optimizers/adam
   */
  adam(
    parameters: number,
    firstMoment: number,
    secondMoment: number,
    gradients: number,
    lanes: number,
    distance: number,
    count: number,
    ...numbers: [share1: number, share2: number, negligible: number, stepSize: number, epsilon: number]
  ): void
  /** The same for Adamax. @param numbers of main/optimizers/adamax */
  adamax(
    parameters: number,
    firstMoment: number,
    infinityNorm: number,
    average: number,
    gradients: number,
    lanes: number,
    distance: number,
    count: number,
    ...numbers: [
      keepMoment: number,
      moveMoment: number,
      keepNorm: number,
      leastNorm: number,
      negligible: number,
      factor: number,
      rate: number,
      keep: number,
      move: number,
    ]
  ): void
  /** Of the lanes' sum, in float64, every fourth number added up by itself. What is behind `count` numbers must be zeros. */
  sumOfSquares(gradients: number, lanes: number, distance: number, count: number): number
}

/**
 * The kernels over a memory, which must be a shared one; undefined where this machine has no vector instructions or no
 * shared memory. Each thread loads them for itself, over the same memory.
 */
export function loadKernels(memory: WebAssembly.Memory): Kernels | undefined {
  // without a word, what serves in their place would be several times slower
  if (compiled === '') throw new Error('This was built without main/packing/kernels.mjs.')
  const bytes = Uint8Array.from(Buffer.from(compiled, 'base64'))
  if (!WebAssembly.validate(bytes)) return undefined
  program ??= new WebAssembly.Module(bytes)
  const { exports } = new WebAssembly.Instance(program, { env: { memory } })
  return exports as unknown as Kernels
}

/** Compiled once in each thread. */
let program: WebAssembly.Module | undefined
