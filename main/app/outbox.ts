/** What the pages are told, throttled: it is gathered, and they hear from the app at most ten times a second. */
import type { AppEvent, MetricsSpan } from '../../preload/contract'

const interval = 100

/** Of events that say the same thing anew only the last is sent; of metrics one span with all that is new. */
export class Outbox {
  private pending = new Map<string, AppEvent>()
  private span: (() => MetricsSpan | null) | null = null
  private timer: NodeJS.Timeout | null = null
  private sentAt = -Infinity

  constructor(private readonly send: (batch: AppEvent[]) => void) {}

  put(event: AppEvent): void {
    const key = keyOf(event)
    const before = this.pending.get(key)
    // it takes its place at the end: a run's picture is announced after what was said about the run before
    this.pending.delete(key)
    this.pending.set(key, before?.type === 'runs' && event.type === 'runs' ? joined(before, event) : event)
    this.schedule()
  }

  /** There are new metrics: `span` gives them when the next batch goes out, or null when there are none after all. */
  putMetrics(span: () => MetricsSpan | null): void {
    this.span = span
    this.schedule()
  }

  /** Sends what is waiting, now. */
  flush(): void {
    if (this.timer !== null) clearTimeout(this.timer)
    this.timer = null
    const span = this.span?.() ?? null
    const batch = [...this.pending.values()]
    this.pending.clear()
    this.span = null
    // metrics first: an epoch's numbers are there when its run is announced
    if (span !== null) batch.unshift({ type: 'metrics', span })
    if (batch.length === 0) return
    this.sentAt = performance.now()
    this.send(batch)
  }

  private schedule(): void {
    if (this.timer !== null) return
    this.timer = setTimeout(() => this.flush(), Math.max(0, this.sentAt + interval - performance.now()))
    this.timer.unref()
  }
}

let notices = 0

function keyOf(event: AppEvent): string {
  if (event.type === 'task') return `task ${event.task.id}`
  if (event.type === 'notice') return `notice ${notices++}`
  return event.type
}

type RunsEvent = Extract<AppEvent, { type: 'runs' }>

function joined(before: RunsEvent, now: RunsEvent): RunsEvent {
  const touched = new Set([...now.changed.map((run) => run.id), ...now.gone])
  return {
    type: 'runs',
    changed: [...before.changed.filter((run) => !touched.has(run.id)), ...now.changed],
    gone: [...before.gone.filter((id) => !touched.has(id)), ...now.gone],
  }
}
