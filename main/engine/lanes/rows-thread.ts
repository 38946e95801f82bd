/** Threads that compute shares of rows, for all programs of an engine; they are there while any of these is. */
import { Worker } from 'node:worker_threads'
import { present } from '../../../preload/present'
import type { RowsAnswer, RowsOrder, Share } from './rows-work'

/** What such a thread is told at its start. */
export interface RowsData {
  readonly rows: true
}

type Order = Exclude<RowsOrder, { what: 'end' }>
type Waiting = { resolve(): void; reject(error: Error): void }

/** A thread is no more. What it was asked can be asked again. */
class ThreadEnded extends Error {}

/**
 * One of them. One that waits for orders keeps no process alive; after one that has died another is started when there is
 * something to do, and is given the shares of the one before.
 */
class RowsThread {
  private worker: Worker | undefined
  private readonly waiting: Waiting[] = []
  private readonly shares = new Map<number, Share>()

  /** @throws Error where the system refuses a thread */
  constructor() {
    this.worker = this.start()
  }

  async bind(program: number, share: Share): Promise<void> {
    const bound = this.tell({ what: 'bind', program, share })
    this.shares.set(program, share)
    await bound
  }

  async run(program: number): Promise<void> {
    const run = () => this.tell({ what: 'run', program })
    // a share is computed of what lies in memory, and to the same place
    await run().catch((error: unknown) => (error instanceof ThreadEnded ? run() : Promise.reject(error)))
  }

  async release(program: number): Promise<void> {
    this.shares.delete(program)
    // of a thread that is no more nothing is left
    if (this.worker) await this.post(this.worker, { what: 'release', program }).catch(() => undefined)
  }

  /** Resolves when the thread has ended by itself: ended from outside in a call, it would take the process with it. */
  async end(): Promise<void> {
    const { worker } = this
    if (!worker) return
    worker.ref()
    const ended = new Promise<void>((resolve) => worker.once('exit', () => resolve()))
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
    worker.postMessage({ what: 'end' } satisfies RowsOrder)
    await ended
  }

  private async tell(order: Order): Promise<void> {
    await this.post(this.worker ?? this.startAgain(), order)
  }

  private startAgain(): Worker {
    const worker = (this.worker = this.start())
    // a share that cannot be bound fails when it is to be computed
    for (const [program, share] of this.shares) this.post(worker, { what: 'bind', program, share }).catch(() => undefined) // prettier-ignore
    return worker
  }

  private start(): Worker {
    const workerData: RowsData = { rows: true }
    const worker = new Worker(new URL('./lane.js', import.meta.url), { workerData })
    worker.on('message', ({ error }: RowsAnswer) => {
      const first = this.waiting.shift()
      if (error === undefined) first?.resolve()
      else first?.reject(new Error(error))
      if (this.waiting.length === 0) worker.unref()
    })
    const gone = (message: string) => {
      if (this.worker !== worker) return
      this.worker = undefined
      for (const { reject } of this.waiting.splice(0)) reject(new ThreadEnded(message))
    }
    worker.on('error', (error) => gone(`A computing thread failed: ${error instanceof Error ? error.message : String(error)}`)) // prettier-ignore
    worker.on('exit', (code) => gone(`A computing thread ended (exit code ${code}).`))
    worker.unref()
    return worker
  }

  private post(worker: Worker, order: Order): Promise<void> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ resolve, reject })
      worker.ref()
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
      worker.postMessage(order)
    })
  }
}

export class RowsThreads {
  private threads: RowsThread[] = []
  private programs = 0
  private users = 0

  /** @param count threads beside the one that calls */
  constructor(private readonly count: number) {}

  /** For one more program, until that is released. @throws Error where the system refuses a thread */
  use(): OtherShares {
    this.users++
    try {
      while (this.threads.length < this.count) this.threads.push(new RowsThread())
    } catch (error) {
      // those that are there already are nobody's
      void this.leave()
      throw error
    }
    return new OtherShares(this.threads, ++this.programs, () => this.leave())
  }

  private async leave(): Promise<void> {
    if (--this.users > 0) return
    await Promise.all(this.threads.splice(0).map((thread) => thread.end()))
  }
}

/** A program's shares in these threads. */
export class OtherShares {
  constructor(
    private readonly threads: readonly RowsThread[],
    private readonly program: number,
    private readonly leave: () => Promise<void>,
  ) {}

  /** @param shares one for each thread. @throws Error why one cannot be bound */
  async bind(shares: readonly Share[]): Promise<void> {
    await this.all((thread, i) => thread.bind(this.program, present(shares[i], 'share')))
  }

  /** @throws Error why one could not be computed */
  async run(): Promise<void> {
    await this.all((thread) => thread.run(this.program))
  }

  async release(): Promise<void> {
    await this.all((thread) => thread.release(this.program))
    await this.leave()
  }

  private async all(work: (thread: RowsThread, index: number) => Promise<void>): Promise<void> {
    await Promise.all(this.threads.map(work))
  }
}
