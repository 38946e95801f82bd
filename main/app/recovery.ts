/**
 * Crash recovery: what the app does about training that ended without being told to. In a process of its own, it is
 * started again by itself. In a thread, the app ends with it: that is counted, so that a person can be offered the
 * process.
 */
import { basename, join } from 'node:path'
import type { AppSettings } from '../../preload/contract'
import { AppError, type ErrorData } from '../../preload/errors'
import { isOpen } from '../../preload/life'
import { isHeld } from '../files/lock'
import { lockName } from '../runs/names'
import type { TrainerEvent } from '../trainer/events'

/** So often a run is started again by itself. */
const attempts = 3
/** How a process ends when it is not the run's own fault. */
const deaths = new Set(['training/crashed', 'training/killed'])

export interface RecoveryOptions {
  readonly settings: () => Pick<AppSettings, 'trainer' | 'cutShort'>
  /** Keeps the count; that it cannot be kept troubles nobody. */
  readonly keep: (cutShort: AppSettings['cutShort']) => void
  readonly resume: (folder: string) => Promise<unknown>
  readonly notify: (notice: AppError) => void
}

export class Recovery {
  private died: { folder: string; error: ErrorData } | null = null
  private left = attempts
  /** The run that trains in a thread of this app. */
  private inThread: string | null = null

  constructor(private readonly options: RecoveryOptions) {}

  /** At the app's start: a run that a thread had begun and nobody holds any more was cut short with the app. */
  async begin(): Promise<void> {
    const { run, times } = this.options.settings().cutShort
    if (run !== null && !(await isHeld(join(run, lockName)).catch(() => false)))
      this.options.keep({ run: null, times: times + 1 })
  }

  /** A person starts or resumes a run. */
  afresh(): void {
    this.left = attempts
  }

  take(event: TrainerEvent): void {
    if (event.type === 'started') this.note(event.folder)
    if (
      event.type === 'failure' &&
      event.folder !== null &&
      event.resumable &&
      !event.waits &&
      this.isDeath(event.error)
    )
      this.died = { folder: event.folder, error: event.error }
    if (event.type === 'done' && event.status === 'done') this.forget()
    if (event.type === 'state' && !isOpen(event.state)) this.ended()
  }

  private isDeath({ code }: ErrorData): boolean {
    return this.options.settings().trainer === 'process' && deaths.has(code)
  }

  private note(folder: string): void {
    const { trainer, cutShort } = this.options.settings()
    if (trainer !== 'thread') return
    this.inThread = folder
    this.options.keep({ ...cutShort, run: folder })
  }

  /** A run that came to its end in a thread: the thread is good for it. */
  private forget(): void {
    if (this.inThread !== null) this.options.keep({ run: this.inThread, times: 0 })
  }

  private ended(): void {
    if (this.inThread !== null) {
      this.inThread = null
      this.options.keep({ ...this.options.settings().cutShort, run: null })
    }
    const { died } = this
    this.died = null
    if (died !== null) void this.restart(died)
  }

  private async restart({ folder, error }: { folder: string; error: ErrorData }): Promise<void> {
    const { notify, resume } = this.options
    const details = error.details === undefined ? {} : { details: error.details }
    if (this.left === 0) {
      const remedy = 'Choose another engine in the settings, or resume the run to try it again.'
      const message = `${error.message} It was started again ${attempts} times and has ended each time.`
      return notify(new AppError('training/given-up', message, remedy, details))
    }
    this.left--
    try {
      await resume(folder)
    } catch {
      // why it cannot go on is shown where the run is
      return
    }
    const attempt = `attempt ${attempts - this.left} of ${attempts}`
    notify(
      new AppError(
        'training/restarted',
        `${error.message} “${basename(folder)}” goes on from its last save (${attempt}).`,
        'Nothing is lost, and nothing has to be done.',
        details,
      ),
    )
  }
}
