/** Long work that shows its progress and can be cancelled. */
import type { Task } from '../../preload/contract'
import { AppError } from '../../preload/errors'

export type Report = (done: number, total: number) => void

export class Tasks {
  private readonly running = new Map<string, { task: Task; startedAt: number; abort: AbortController }>()

  constructor(private readonly changed: (task: Task) => void) {}

  get list(): Task[] {
    return [...this.running.values()].map(({ task }) => task)
  }

  /**
   * Does the work under the caller's id. Given up, it rejects with `cancelled` at once, also when the work takes a
   * moment longer to notice.
   *
   * @throws AppError `task/in-use`, `cancelled`, or what the work throws
   */
  async run<T>(id: string, title: string, work: (signal: AbortSignal, report: Report) => Promise<T>): Promise<T> {
    if (this.running.has(id))
      throw new AppError('task/in-use', `“${title}” is under way already.`, 'Wait for it, or cancel it first.')
    const abort = new AbortController()
    const entry = {
      task: { id, title, progress: null, secondsLeft: null, ended: false } as Task,
      startedAt: performance.now(),
      abort,
    }
    this.running.set(id, entry)
    this.changed(entry.task)
    const report: Report = (done, total) => {
      if (entry.task.ended || total <= 0) return
      const progress = Math.min(done / total, 1)
      const seconds = (performance.now() - entry.startedAt) / 1000
      const secondsLeft = progress > 0 ? (seconds / progress) * (1 - progress) : null
      entry.task = { ...entry.task, progress, secondsLeft }
      this.changed(entry.task)
    }
    const aborted = new Promise<never>((_, reject) =>
      abort.signal.addEventListener('abort', () => reject(cancelled(title)), { once: true }),
    )
    try {
      return await Promise.race([work(abort.signal, report), aborted])
    } finally {
      this.running.delete(id)
      entry.task = { ...entry.task, ended: true }
      this.changed(entry.task)
    }
  }

  /** Gives a task up; an id that is not there is no error, it may have just ended. */
  cancel(id: string): void {
    this.running.get(id)?.abort.abort()
  }

  cancelAll(): void {
    for (const { abort } of this.running.values()) abort.abort()
  }
}

function cancelled(title: string): AppError {
  return new AppError('cancelled', `“${title}” was cancelled.`, 'Start it again whenever you like.')
}
