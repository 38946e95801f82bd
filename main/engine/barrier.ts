/** Lets threads wait for each other over shared memory. */

/** Long enough for threads that finish together, too short to matter to others. */
const spins = 2_000
const patience = 500

/** A barrier that `parties` threads pass together, again and again. */
export class Barrier {
  static readonly bytes = 8
  /** [0]: how many have arrived; [1]: how often the barrier has opened. */
  readonly #cells: Int32Array

  /** @param memory at least Barrier.bytes, zero at the start, shared by all parties */
  constructor(
    memory: SharedArrayBuffer,
    private readonly parties: number,
  ) {
    this.#cells = new Int32Array(memory, 0, 2)
  }

  /**
   * Resolves when all parties have called it. The thread sleeps meanwhile; every half second it wakes for
   * `whileWaiting`, which may throw to give up.
   */
  async pass(whileWaiting: () => void | Promise<void> = () => {}): Promise<void> {
    const cells = this.#cells
    const round = Atomics.load(cells, 1)
    if (Atomics.add(cells, 0, 1) === this.parties - 1) {
      Atomics.store(cells, 0, 0)
      Atomics.add(cells, 1, 1)
      Atomics.notify(cells, 1)
      return
    }
    for (let i = 0; i < spins; i++) if (Atomics.load(cells, 1) !== round) return
    while (Atomics.load(cells, 1) === round) {
      if (Atomics.wait(cells, 1, round, patience) === 'timed-out') await whileWaiting()
    }
  }
}
