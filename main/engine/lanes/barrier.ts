/** A barrier: threads wait for each other over shared memory. */

/** Long enough for threads that finish together, too short to matter to others. */
const spins = 2_000
const patience = 500

/** A barrier that `parties` threads pass together, again and again. */
export class Barrier {
  static readonly bytes = 12
  /** [0]: how many have arrived; [1]: how often the barrier has opened; [2]: not 0 once it is abandoned. */
  private readonly cells: Int32Array

  /** @param memory at least Barrier.bytes, zero at the start, shared by all parties */
  constructor(
    memory: SharedArrayBuffer,
    private readonly parties: number,
  ) {
    this.cells = new Int32Array(memory, 0, 3)
  }

  /**
   * Resolves when all parties have called it: with true, or with false if one will not come any more. The thread
   * sleeps meanwhile; every half second it wakes for `whileWaiting`, which may throw to give up.
   */
  async pass(whileWaiting: () => void | Promise<void> = () => {}): Promise<boolean> {
    const cells = this.cells
    const round = Atomics.load(cells, 1)
    if (this.abandoned) return false
    if (Atomics.add(cells, 0, 1) === this.parties - 1) {
      Atomics.store(cells, 0, 0)
      this.open()
      return !this.abandoned
    }
    for (let i = 0; i < spins; i++) if (Atomics.load(cells, 1) !== round) return !this.abandoned
    while (Atomics.load(cells, 1) === round) {
      if (Atomics.wait(cells, 1, round, patience) === 'timed-out') await whileWaiting()
    }
    return !this.abandoned
  }

  /** Nobody passes it any more: a thread that waits is woken, and one that comes later does not wait. */
  abandon(): void {
    Atomics.store(this.cells, 2, 1)
    this.open()
  }

  private get abandoned(): boolean {
    return Atomics.load(this.cells, 2) !== 0
  }

  private open(): void {
    Atomics.add(this.cells, 1, 1)
    Atomics.notify(this.cells, 1)
  }
}
