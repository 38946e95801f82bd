/**
 * The queue of a result folder: runs that the app trains one after another. One app works it off at a time, and holds its
 * lock meanwhile; what others see of it is what they read in its file.
 */
import { randomUUID } from 'node:crypto'
import { basename, join } from 'node:path'
import { longestQueue, type PlannedRun, type RunId, type RunQueueState } from '../../preload/contract'
import { AppError, type ErrorData } from '../../preload/errors'
import { isOpen, type Phase } from '../../preload/life'
import { makeRunFolder } from '../runs/folder'
import type { KeptRun } from '../runs/queue-file'
import type { Trainer } from '../trainer/api'
import { QueueList } from './queue-list'
import { failed, notBegun, openQueued, withProblem } from './queued-run'

export interface RunQueueOptions {
  /** The result folder. Absolute. */
  readonly folder: string
  readonly trainer: Pick<Trainer, 'phase' | 'start' | 'resume'>
  /** Told how it stands, whenever that changes. */
  readonly tell: (queue: RunQueueState) => void
  readonly notify: (notice: AppError) => void
}

/** What runs are trained on. */
export type Origin = Pick<KeptRun, 'data' | 'from'>

/** Milliseconds between two looks at what another app does with it. */
const interval = 2000

export class RunQueue {
  private readonly list: QueueList
  private paused = false
  /** The run of it that trains or is being started. */
  private current: string | null = null
  /** It is being started: its end is not looked for yet. */
  private starting = false
  /** One has ended, and the next one is yet to begin. */
  private isBetween = false
  private closed = false
  private timer: NodeJS.Timeout | null = null
  /** Changes come one after another. */
  private last: Promise<unknown> = Promise.resolve()

  constructor(private readonly options: RunQueueOptions) {
    // what this app did not put there, or another start of it, does not begin by itself
    this.list = new QueueList(options.folder, options.notify, () => (this.paused = true))
  }

  get state(): RunQueueState {
    const { runs, elsewhere, problem } = this.list
    return {
      state: elsewhere ? 'elsewhere' : this.paused ? 'paused' : 'works',
      current: this.current,
      runs: runs.map(({ data: _data, from: _from, ...shown }) => shown),
      problem,
    }
  }

  /** A run of it trains, or is about to: between two of them, too. */
  get works(): boolean {
    return this.current !== null || this.isBetween
  }

  /** As it stands in the folder. What was left there waits until it is asked to go on. */
  async show(): Promise<RunQueueState> {
    if (!this.list.held)
      await this.inTurn(async () => {
        if (!this.closed && (await this.list.look())) this.tell()
      })
    return this.state
  }

  /** Whether to look at what another app does with it. */
  watching(wanted: boolean): void {
    if (this.timer !== null) clearInterval(this.timer)
    this.timer = wanted ? setInterval(() => void this.show(), interval).unref() : null
  }

  /** @returns their ids @throws AppError `queue/…`, `disk/…`: nothing has changed then */
  async add(runs: readonly PlannedRun[], group: string | null, origin: Origin): Promise<string[]> {
    const added = runs.map((run) => ({ ...run, ...origin, id: randomUUID(), group, run: null, problem: null }))
    await this.change((now) => {
      if (now.length + added.length > longestQueue) throw full(now.length)
      return [...now, ...added]
    })
    return added.map(({ id }) => id)
  }

  /** What trains goes on, as a run of its own. @throws as `add` */
  drop(ids: readonly string[]): Promise<void> {
    return this.change((now) => {
      if (this.current !== null && !this.starting && ids.includes(this.current)) this.current = null
      return now.filter(({ id }) => id === this.current || !ids.includes(id))
    })
  }

  /** @param to its place among those that wait @throws as `add`; `queue/none` */
  move(id: string, to: number): Promise<void> {
    return this.change((now) => {
      const moved = now.find((run) => run.id === id)
      if (moved === undefined) throw new AppError('queue/none', 'This run waits no more.', 'Look at the queue again.')
      const first = now.filter((run) => run.id === this.current)
      const rest = now.filter((run) => run.id !== this.current && run !== moved)
      return moved.id === this.current ? now : [...first, ...rest.toSpliced(to, 0, moved)]
    })
  }

  /** Nothing begins from now on. @throws as `add` */
  pause(): Promise<void> {
    return this.change((now) => {
      this.paused = true
      return now
    })
  }

  /** @throws as `add` */
  continue(): Promise<void> {
    return this.change((now) => {
      this.paused = false
      return now.map((run) => ({ ...run, problem: null }))
    })
  }

  /** A run has ended, and no other is open. @param problem why, where it failed */
  ended(run: RunId | null, phase: Phase, problem: ErrorData | null): void {
    if (this.starting || this.list.runs.length === 0) return
    void this.inTurn(() => this.afterRun(run, phase, problem))
  }

  /** No other begins; whoever opens the folder next finds the runs that are left. Called before training is closed. */
  close(): void {
    this.closed = true
    this.watching(false)
  }

  /** Lets the folder go. When nothing of it trains any more. */
  async leave(): Promise<void> {
    this.close()
    await this.inTurn(() => this.list.letGo())
  }

  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.last.then(work)
    this.last = turn.catch(() => undefined)
    return turn
  }

  private change(work: (now: readonly KeptRun[]) => readonly KeptRun[]): Promise<void> {
    return this.inTurn(async () => {
      const { current } = this
      let { paused } = this
      try {
        await this.list.hold()
        paused = this.paused
        await this.list.keep(work(this.list.runs))
      } catch (thrown) {
        this.paused = paused
        this.current = current
        await this.rest()
        throw thrown
      }
      await this.next()
    })
  }

  private async afterRun(run: RunId | null, phase: Phase, problem: ErrorData | null): Promise<void> {
    const ended = this.list.runs.find(({ id }) => id === this.current)
    this.isBetween = this.current !== null
    this.current = null
    try {
      if (ended === undefined) await this.doneByHand(run, phase)
      // closing the app stops it, too: it is gone on with when the queue is
      else if (phase === 'stopped') this.paused = true
      else {
        await this.forget(ended)
        if (phase !== 'done') this.options.notify(failed(ended, problem))
      }
      await this.next()
    } finally {
      this.isBetween = false
    }
  }

  /** A person may have gone on with a run that waits. */
  private async doneByHand(run: RunId | null, phase: Phase): Promise<void> {
    if (phase !== 'done' || run === null || !this.list.runs.some((waiting) => waiting.run === run)) return
    await this.list.hold().catch(() => undefined)
    const done = this.list.runs.find((waiting) => waiting.run === run)
    if (this.list.held && done !== undefined) await this.forget(done)
  }

  private forget({ id }: KeptRun): Promise<boolean> {
    return this.keepOrPause(this.list.runs.filter((run) => run.id !== id))
  }

  private replace(run: KeptRun): Promise<boolean> {
    return this.keepOrPause(this.list.runs.map((other) => (other.id === run.id ? run : other)))
  }

  /** @returns whether it is kept; else it holds as long as the app is open, and nothing begins */
  private async keepOrPause(runs: readonly KeptRun[]): Promise<boolean> {
    try {
      await this.list.keep(runs)
      return true
    } catch (thrown) {
      const { message, remedy } = AppError.from(thrown)
      const problem = new AppError('queue/not-kept', `The queue is paused: ${message}`, remedy)
      this.list.runs = runs
      this.list.problem = problem.toData()
      this.paused = true
      this.options.notify(problem)
      return false
    }
  }

  /** Begins with the next run, if its time has come. */
  private async next(): Promise<void> {
    while (this.isFree) {
      const run = this.list.runs.find(({ problem }) => problem === null)
      if (run !== undefined) await this.take(run)
      // nothing is left but what could not be begun
      else if (this.list.runs.length > 0) this.paused = true
      else break
    }
    this.isBetween = false
    await this.rest()
  }

  private get isFree(): boolean {
    const works = this.list.held && !this.closed && !this.paused
    return works && this.current === null && !isOpen(this.options.trainer.phase)
  }

  /** The folder is named in the file before anything is in it: after a crash the run is found there. */
  private async take(run: KeptRun): Promise<void> {
    const { folder } = this.options
    try {
      const path = run.run === null ? await makeRunFolder(folder, run.name) : join(folder, run.run)
      const taken = { ...run, run: basename(path) }
      if (!(await this.replace(taken))) return
      this.current = run.id
      this.starting = true
      void this.begin(taken, path)
    } catch (thrown) {
      await this.refused(run, AppError.from(thrown))
    }
  }

  private async begin(run: KeptRun, path: string): Promise<void> {
    const { trainer, folder } = this.options
    const came = await openQueued(trainer, folder, run, path).catch((thrown: unknown) => AppError.from(thrown))
    await this.inTurn(async () => {
      this.starting = false
      if (came === 'begun') {
        // it was faster than the word that it has begun
        if (!isOpen(trainer.phase)) await this.afterRun(run.run, trainer.phase, null)
        return this.tell()
      }
      this.isBetween = true
      this.current = null
      if (came === 'done') await this.forget(run)
      else if (came.code === 'cancelled') this.paused = true
      // a person was faster: it waits for the end of that run
      else if (came.code !== 'training/busy') await this.refused(run, came)
      await this.next()
    })
  }

  /** It stays, with what is wrong, and the next one is tried. */
  private async refused(run: KeptRun, error: AppError): Promise<void> {
    this.options.notify(notBegun(run, error))
    await this.replace(await withProblem(run, this.options.folder, error.toData()))
  }

  /** The lock is let go as soon as nothing is to be done: another door may go on. */
  private async rest(): Promise<void> {
    const { length } = this.list.runs
    if (this.current === null && (this.paused || length === 0)) await this.list.letGo()
    this.tell()
  }

  private tell(): void {
    // what is put there next begins at once
    if (this.list.runs.length === 0 && this.current === null) this.paused = false
    this.options.tell(this.state)
  }
}

function full(waiting: number): AppError {
  return new AppError(
    'queue/full',
    `${waiting} runs wait already, and at most ${longestQueue} can.`,
    'Queue fewer, or make a plan in the terminal: `sweep --help`.',
  )
}
