/** What a person wants of a run that trains, and how far it has come with it. */
import type { TrainerEvent, TrainerState } from '../../preload/contract'
import type { AppError } from '../../preload/errors'

/** Thrown where training stands, to leave it: the run was stopped. */
export class Stopped extends Error {}

export abstract class Controlled {
  state: TrainerState = 'starting'
  protected wanted: 'training' | 'paused' | 'stopped' = 'training'
  /** The last thing that went wrong; training may have gone on since. */
  private problem: AppError | null = null
  private problems = 0
  private waiting: (() => void)[] = []

  constructor(
    readonly folder: string,
    protected readonly emit: (event: TrainerEvent) => void,
  ) {}

  /** Resolves when training has begun. @throws AppError when it could not */
  async begun(): Promise<void> {
    while (this.state === 'starting') await this.wish()
    if (this.state === 'idle' && this.problem !== null) throw this.problem
  }

  /** Resolves when no step runs any more and the run is saved, or when it has ended. */
  pause(): Promise<void> {
    return this.want('paused', () => this.state === 'paused' || this.state === 'idle')
  }

  /** Resolves when training goes on, or when the run has ended. @throws AppError `disk/full` when it still is */
  continue(): Promise<void> {
    const { problems } = this
    return this.want('training', () => {
      if (this.state === 'paused' && this.problems > problems) throw this.problem
      return this.state === 'training' || this.state === 'idle'
    })
  }

  /** Resolves when the run is saved and has ended. */
  stop(): Promise<void> {
    return this.want('stopped', () => this.state === 'idle')
  }

  /** Training stands still for this, and `waits`, or ends. */
  protected report(error: AppError, { resumable, waits }: { resumable: boolean; waits: boolean }): void {
    this.problem = error
    this.problems++
    this.tell()
    this.emit({ type: 'failure', run: this.folder, error: error.toData(), resumable, waits })
  }

  protected enter(state: TrainerState): void {
    if (state === this.state) return
    this.state = state
    this.emit({ type: 'state', state, run: state === 'idle' ? null : this.folder })
    this.tell()
  }

  /** @throws Stopped when the run is to end */
  protected leaveIfStopped(): void {
    if (this.wanted === 'stopped') throw new Stopped()
  }

  private async want(wanted: 'training' | 'paused' | 'stopped', reached: () => boolean): Promise<void> {
    if (this.wanted !== 'stopped') this.wanted = wanted
    this.tell()
    if (wanted === 'paused' && this.state === 'training') this.enter('pausing')
    if (wanted === 'stopped' && this.state !== 'idle') this.enter('stopping')
    while (!reached()) await this.wish()
  }

  /** Resolves at the next change of what is wanted, or of the state. */
  protected wish(): Promise<void> {
    return new Promise((resolve) => this.waiting.push(resolve))
  }

  private tell(): void {
    const waiting = this.waiting
    this.waiting = []
    for (const resolve of waiting) resolve()
  }
}
