/** Holds the phase of the one run that there is at a time, by the table; what a person asks of it waits here. */
import type { AppError } from '../../preload/errors'
import { after, isOpen, type LifeEvent, type Phase } from '../../preload/life'

export class Life {
  phase: Phase = 'idle'
  /** The last thing that went wrong; training may have gone on since. */
  problem: AppError | null = null
  private opened = false
  private waiting: (() => void)[] = []

  /** @param entered called with each phase that it comes to */
  constructor(private readonly entered: (phase: Phase) => void) {}

  /** @param problem with what goes wrong @throws AppError where the table refuses: nothing has changed then */
  take(event: LifeEvent, problem?: AppError): void {
    const to = after(this.phase, event)
    if (event === 'start') [this.opened, this.problem] = [false, null]
    if (event === 'opened') this.opened = true
    if (problem !== undefined) this.problem = problem
    if (to !== this.phase) {
      this.phase = to
      this.entered(to)
    }
    const { waiting } = this
    this.waiting = []
    for (const resolve of waiting) resolve()
  }

  /** Resolves when training has begun. @throws AppError why it could not */
  async begun(): Promise<void> {
    while (!this.opened && isOpen(this.phase)) await this.next()
    if (!this.opened && this.problem !== null) throw this.problem
  }

  /** Resolves when no step runs any more and the run is saved, or when it has ended or was asked to go on. */
  async pause(): Promise<void> {
    this.take('pause')
    await this.whileIn('pausing', 'stopping')
  }

  /** Resolves when training goes on, or when it was asked for something else. @throws AppError `disk/full` if it still is */
  async continue(): Promise<void> {
    this.take('continue')
    await this.whileIn('resuming')
    if (this.phase === 'waiting' && this.problem !== null) throw this.problem
  }

  /** Resolves when the run is saved and has ended. */
  async stop(): Promise<void> {
    this.take('stop')
    while (isOpen(this.phase)) await this.next()
  }

  async whileIn(...phases: readonly Phase[]): Promise<void> {
    while (phases.includes(this.phase)) await this.next()
  }

  /** Resolves at the next event, whether it changes the phase or not. */
  next(): Promise<void> {
    return new Promise((resolve) => this.waiting.push(resolve))
  }
}
