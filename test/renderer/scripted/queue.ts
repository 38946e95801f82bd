/** The queue of the app that pretends: runs wait in it, and the first one is begun when none trains. */
import type { PlannedRun, QueuedRun, RunQueueState } from '../../../preload/contract'

export class ScriptedQueue {
  private runs: readonly QueuedRun[] = []
  private current: string | null = null
  private paused = false
  private made = 0

  /** @param begin starts a run, and gives its id */
  constructor(
    private readonly free: () => boolean,
    private readonly begin: (run: PlannedRun) => Promise<string>,
    private readonly tell: (queue: RunQueueState) => void,
  ) {}

  get state(): RunQueueState {
    return { state: this.paused ? 'paused' : 'works', current: this.current, runs: [...this.runs], problem: null }
  }

  add(runs: readonly PlannedRun[], group: string | null): string[] {
    const added = runs.map((run) => ({ ...run, id: `queued-${++this.made}`, group, run: null, problem: null }))
    this.change([...this.runs, ...added])
    return added.map(({ id }) => id)
  }

  drop(ids: readonly string[]): void {
    if (this.current !== null && ids.includes(this.current)) this.current = null
    this.change(this.runs.filter(({ id }) => !ids.includes(id)))
  }

  move(id: string, to: number): void {
    const moved = this.runs.filter((run) => run.id === id)
    const first = this.runs.filter((run) => run.id === this.current)
    const rest = this.runs.filter((run) => run.id !== this.current && run.id !== id)
    this.change([...first, ...rest.toSpliced(to, 0, ...moved)])
  }

  pause(paused: boolean): void {
    this.paused = paused
    this.change(this.runs)
  }

  /** The run that trained has ended. */
  ended(stopped: boolean): void {
    const { current } = this
    this.current = null
    if (stopped && current !== null) this.paused = true
    this.change(stopped ? this.runs : this.runs.filter(({ id }) => id !== current))
  }

  private change(runs: readonly QueuedRun[]): void {
    this.runs = runs
    const [first] = runs
    if (first !== undefined && !this.paused && this.current === null && this.free()) {
      this.current = first.id
      void this.begin(first).then((run) => this.change(this.runs.map((one) => (one === first ? { ...one, run } : one))))
    }
    if (runs.length === 0) this.paused = false
    this.tell(this.state)
  }
}
