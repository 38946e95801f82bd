/** Throttles news of a run's progress to the pace at which the page can show it: training needs the processor more. */
import type { AppEvent, TrainingState } from '../../preload/contract'

/** Showing progress may take one part in so many of the time: training's lanes wait for each other, and so feel it twice. */
const oneIn = 100
/** Milliseconds, at the most, for which progress waits. */
const longestWait = 2000

export interface Screen {
  /** Calls back when what has changed is on the screen. */
  painted(done: () => void): void
  /** Milliseconds, from any start. */
  now(): number
}

/**
 * Numbers that only move on wait until the last ones have been paid for: a hundred times as long as they took to be shown,
 * at most two seconds. A press, an end, a new epoch, everything else goes in at once, after what came before it.
 */
export class Pace {
  private waiting: AppEvent[] = []
  private shown: TrainingState | null = null
  /** Something is on its way to the screen. */
  private busy = false
  private timer: ReturnType<typeof setTimeout> | undefined

  constructor(
    private readonly take: (event: AppEvent) => void,
    private readonly screen: Screen = browserScreen,
  ) {}

  put(batch: readonly AppEvent[]): void {
    for (const event of batch) {
      // of states only the last one counts
      if (event.type === 'training') this.waiting = this.waiting.filter(({ type }) => type !== 'training')
      this.waiting.push(event)
    }
    if (batch.some((event) => !this.isProgress(event))) this.flush(0)
    else if (!this.busy && this.timer === undefined) this.flush(oneIn)
  }

  /** What waits is not to come any more: all is asked for anew. */
  clear(): void {
    this.waiting = []
  }

  private isProgress(event: AppEvent): boolean {
    if (event.type === 'metrics') return event.span.epochs.length === 0
    if (event.type !== 'training' || this.shown === null) return false
    const { run, phase, work, problem } = event.training
    const { shown } = this
    return run === shown.run && phase === shown.phase && work?.title === shown.work?.title && problem === shown.problem
  }

  private flush(share: number): void {
    clearTimeout(this.timer)
    this.timer = undefined
    if (this.waiting.length === 0) return
    const events = this.waiting
    this.waiting = []
    const began = this.screen.now()
    for (const event of events) {
      if (event.type === 'training') this.shown = event.training
      this.take(event)
    }
    if (this.busy) return
    this.busy = true
    this.screen.painted(() => {
      this.busy = false
      const rest = Math.min(longestWait, share * (this.screen.now() - began))
      this.timer = setTimeout(() => this.flush(oneIn), rest)
    })
  }
}

/** A page that nobody sees is not painted any more: it takes in what there is when it is looked at again. */
const browserScreen: Screen = {
  now: () => performance.now(),
  painted(done) {
    requestAnimationFrame(() => setTimeout(done))
  },
}
