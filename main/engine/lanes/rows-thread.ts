/** Threads that compute shares of rows, for all programs of an engine; they are there while any of these is. */
import { Worker } from 'node:worker_threads'
import { present } from '../../../preload/present'
import type { RowsAnswer, RowsOrder, Share } from './rows-work'

/** What such a thread is told at its start. */
export interface RowsData {
  readonly rows: true
}

type Waiting = { resolve(): void; reject(error: Error): void }

/** One of them. A thread that waits for orders keeps no process alive. */
class RowsThread {
  private readonly worker: Worker
  private readonly waiting: Waiting[] = []
  private failure: Error | undefined

  /** @throws Error where the system refuses a thread */
  constructor() {
    const workerData: RowsData = { rows: true }
    this.worker = new Worker(new URL('./lane.js', import.meta.url), { workerData })
    this.worker.on('message', ({ error }: RowsAnswer) => {
      const first = this.waiting.shift()
      if (error === undefined) first?.resolve()
      else first?.reject(new Error(error))
      if (this.waiting.length === 0) this.worker.unref()
    })
    this.worker.on('error', (error) => this.fail(error instanceof Error ? error : new Error(String(error))))
    this.worker.on('exit', (code) => this.fail(new Error(`A computing thread ended (exit code ${code}).`)))
    this.worker.unref()
  }

  tell(order: Exclude<RowsOrder, { what: 'end' }>): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.failure) return reject(this.failure)
      this.waiting.push({ resolve, reject })
      this.worker.ref()
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
      this.worker.postMessage(order)
    })
  }

  /** Resolves when the thread has ended by itself: ended from outside in a call, it would take the process with it. */
  end(): Promise<void> {
    if (this.failure) return Promise.resolve()
    this.worker.ref()
    const ended = new Promise<void>((resolve) => this.worker.once('exit', () => resolve()))
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
    this.worker.postMessage({ what: 'end' } satisfies RowsOrder)
    return ended
  }

  private fail(error: Error): void {
    this.failure ??= error
    for (const { reject } of this.waiting.splice(0)) reject(this.failure)
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
    await this.all((thread, i) => thread.tell({ what: 'bind', program: this.program, share: present(shares[i], 'share') })) // prettier-ignore
  }

  /** @throws Error why one could not be computed */
  async run(): Promise<void> {
    await this.all((thread) => thread.tell({ what: 'run', program: this.program }))
  }

  async release(): Promise<void> {
    // of a thread that is no more nothing is left
    await this.all((thread) => thread.tell({ what: 'release', program: this.program }).catch(() => undefined))
    await this.leave()
  }

  private async all(work: (thread: RowsThread, index: number) => Promise<void>): Promise<void> {
    await Promise.all(this.threads.map(work))
  }
}
