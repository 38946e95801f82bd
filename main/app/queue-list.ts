/** The list of waiting runs, as it stands in the result folder: changed under its lock, looked at without it. */
import { AppError, type ErrorData } from '../../preload/errors'
import type { Lock } from '../files/lock'
import { lockQueue, putQueueAside, queueMark, readQueue, writeQueue, type KeptRun } from '../runs/queue-file'

export class QueueList {
  runs: readonly KeptRun[] = []
  /** Another app holds the lock. */
  elsewhere = false
  /** Why it cannot be read or kept. */
  problem: ErrorData | null = null
  private lock: Lock | null = null
  private mark: string | null = null

  /** @param strange called when runs are found that were not known here */
  constructor(
    private readonly folder: string,
    private readonly notify: (notice: AppError) => void,
    private readonly strange: () => void,
  ) {}

  get held(): boolean {
    return this.lock !== null
  }

  /** Takes the lock, and what others have left. @throws AppError `queue/elsewhere`, `disk/…` */
  async hold(): Promise<void> {
    if (this.lock !== null) return
    const tell = (message: string) => this.notify(new AppError('queue/waits', message, ''))
    try {
      this.lock = await lockQueue(this.folder, tell)
      this.elsewhere = false
    } catch (thrown) {
      this.elsewhere = AppError.from(thrown).code === 'queue/elsewhere'
      throw thrown
    }
    await this.read().catch(async (thrown: unknown) => {
      const error = AppError.from(thrown)
      if (error.code !== 'queue/unusable') throw error
      this.notify(await putQueueAside(this.folder))
      this.runs = []
    })
  }

  /** While the lock is held. @throws AppError `disk/…`: nothing has changed then */
  async keep(runs: readonly KeptRun[]): Promise<void> {
    await writeQueue(this.folder, runs)
    this.runs = runs
    this.problem = null
  }

  async letGo(): Promise<void> {
    const { lock } = this
    this.lock = null
    // one that cannot be removed is recognised as stale once this process has ended
    await lock?.release().catch(() => undefined)
    if (lock !== null) this.mark = (await queueMark(this.folder)).mark
  }

  /** Reads what is there, unless it is held here. @returns whether anything is new. Never rejects. */
  async look(): Promise<boolean> {
    if (this.lock !== null) return false
    const { mark, held } = await queueMark(this.folder)
    if (mark === this.mark) return false
    this.mark = mark
    this.elsewhere = held
    try {
      await this.read()
      this.problem = null
    } catch (thrown) {
      this.runs = []
      this.problem = AppError.from(thrown).toData()
    }
    return true
  }

  private async read(): Promise<void> {
    const known = new Set(this.runs.map(({ id }) => id))
    this.runs = await readQueue(this.folder)
    if (this.runs.some(({ id }) => !known.has(id))) this.strange()
  }
}
