/** The run that trains now (or trained last): a mirror of it, kept up by the trainer's events. */
import { basename } from 'node:path'
import { idleTraining, type MetricsSpan, type TrainingState } from '../../preload/contract'
import { AppError } from '../../preload/errors'
import { isOpen } from '../../preload/life'
import { readMetrics } from '../runs/metrics'
import type { MetricsLine } from '../runs/metrics-line'
import type { TrainerEvent } from '../trainer/events'
import { History } from './history'

type Started = Extract<TrainerEvent, { type: 'started' }>
type Sketched = Extract<TrainerEvent, { type: 'sketch' }>
type Progress = Extract<TrainerEvent, { type: 'progress' }>

const workTitles: Record<Progress['task'], string> = {
  data: 'Reading the data',
  engine: 'Preparing the engine',
  evaluate: 'Testing',
  gallery: 'Drawing',
  save: 'Saving',
  sample: 'Sampling',
}

/** Seconds within which steps have come together. */
const atOnce = 0.02

/** The line of metrics that an event tells. */
function lineOf(event: MetricsLine): MetricsLine {
  const { folder: _folder, imagesPerSecond: _speed, ...line } = event
  return line as MetricsLine
}

export interface LiveRunOptions {
  /** Seconds, from any start. */
  readonly now?: () => number
  /** What is measured is kept for those who look at it. */
  readonly charts?: boolean
  readonly notify: (notice: AppError) => void
}

export class LiveRun {
  state: TrainingState = idleTraining
  /** As it was before the last run was opened. */
  private before: TrainingState = idleTraining
  /** What the model drew last within its first epoch. */
  sketch: Sketched | null = null
  /** Absolute path of the run's folder. */
  folder: string | null = null
  /** The run's metrics; a resumed run's are there once its file has been read. */
  history: Promise<History> | null = null
  private known: History | null = null
  /** Sequence number up to which `newMetrics` has given them. */
  private given = 0
  /** Lines that came while the earlier ones were read. */
  private early: MetricsLine[] = []
  /** Where this stretch of training began: what the time left is reckoned from. */
  private paceFrom: { step: number; at: number } | null = null
  private readonly now: () => number
  private readonly charts: boolean
  private readonly notify: (notice: AppError) => void

  constructor({ now = () => performance.now() / 1000, charts = true, notify }: LiveRunOptions) {
    this.now = now
    this.charts = charts
    this.notify = notify
  }

  take(event: TrainerEvent): void {
    switch (event.type) {
      case 'state':
        this.takePhase(event)
        break
      case 'started':
        this.begin(event)
        break
      case 'step':
        this.append(lineOf(event))
        this.takeStep(event)
        break
      case 'epoch':
        this.append(lineOf(event))
        this.state = { ...this.state, work: null }
        break
      case 'sketch':
        this.sketch = event
        this.state = { ...this.state, sketched: event.step }
        break
      case 'progress':
        this.state = {
          ...this.state,
          work:
            event.done < event.total || event.total === 0
              ? { title: workTitles[event.task], progress: event.total > 0 ? event.done / event.total : null }
              : null,
        }
        break
      case 'failure':
        this.state = { ...this.state, problem: event.error, work: null, secondsLeft: null }
        break
      case 'done':
        this.state = { ...this.state, step: event.step, work: null, secondsLeft: null }
        break
    }
  }

  /** The machine has slept. The clock may have gone on: what is left is reckoned from here. */
  woke(): void {
    this.paceFrom = null
  }

  /** What has come since the last time; null when nothing has, or while the earlier metrics are read. */
  newMetrics(): MetricsSpan | null {
    if (this.known === null || this.folder === null || this.given === this.known.length) return null
    const span = this.known.span(basename(this.folder), this.given)
    this.given = span.to
    return span
  }

  private takePhase({ state: phase, folder }: Extract<TrainerEvent, { type: 'state' }>): void {
    if (phase === 'starting') {
      this.before = this.state
      this.state = { ...idleTraining, run: this.state.run }
    }
    // nothing came of it: what was trained last is so still
    if (phase === 'idle') this.state = this.before
    if (folder !== null) {
      this.folder = folder
      this.state = { ...this.state, run: basename(folder) }
    }
    if (phase !== 'training') this.paceFrom = null
    const stands = !isOpen(phase) || phase === 'paused' || phase === 'waiting'
    const { work, problem } = this.state
    this.state = {
      ...this.state,
      phase,
      secondsLeft: null,
      work: stands ? null : work,
      problem: phase === 'training' ? null : problem,
    }
  }

  private begin({ folder, resumed, step, epoch, stepsPerEpoch, totalSteps, file }: Started): void {
    this.folder = folder
    this.early = []
    this.given = 0
    if (this.charts) {
      const fresh = resumed ? null : new History(stepsPerEpoch)
      this.known = fresh
      this.history = fresh ? Promise.resolve(fresh) : this.readHistory(folder, step, epoch, stepsPerEpoch)
    }
    this.paceFrom = null
    this.sketch = null
    this.state = {
      ...idleTraining,
      run: basename(folder),
      phase: this.state.phase,
      epoch: Math.min(epoch + 1, file.settings.epochs),
      epochs: file.settings.epochs,
      step,
      steps: totalSteps,
      engine: file.engine.name,
      device: file.engine.device,
    }
  }

  /** What metrics.jsonl holds up to the step and epoch that training goes on from, then what came meanwhile. */
  private async readHistory(folder: string, step: number, epoch: number, stepsPerEpoch: number): Promise<History> {
    const early = this.early
    const lines = await readMetrics(folder, { step, epoch }).catch((thrown: unknown) => {
      this.notify(withoutCurves(folder, step, AppError.from(thrown)))
      return []
    })
    const history = History.of(lines, stepsPerEpoch)
    const { length } = history
    for (const line of early) history.append(line)
    if (this.early === early) {
      this.known = history
      this.given = length
    }
    return history
  }

  private append(line: MetricsLine): void {
    if (!this.charts) return
    if (this.known === null) this.early.push(line)
    else this.known.append(line)
  }

  private takeStep({ step, epoch, imagesPerSecond }: Extract<TrainerEvent, { type: 'step' }>): void {
    const now = this.now()
    // steps come several at a time (training/gather-steps): it is reckoned from the last of the first ones
    if (this.paceFrom === null || now - this.paceFrom.at < atOnce) this.paceFrom = { at: now, ...this.paceFrom, step }
    const { step: first, at } = this.paceFrom
    // with the tests and drawings between epochs, once there were some
    const secondsAStep = step > first ? (now - at) / (step - first) : null
    this.state = {
      ...this.state,
      step,
      epoch,
      imagesPerSecond,
      work: null,
      secondsLeft: secondsAStep === null ? null : secondsAStep * (this.state.steps - step),
    }
  }
}

function withoutCurves(folder: string, step: number, { message, remedy, details }: AppError): AppError {
  return new AppError(
    'training/no-curves',
    `The curves of “${basename(folder)}” begin at step ${step}: what was measured before cannot be read. ${message}`,
    remedy,
    details === undefined ? {} : { details },
  )
}
