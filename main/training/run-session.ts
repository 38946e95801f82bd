/** One run being trained: pulls the loop's events, has the run's files written, and stands still or ends when asked to. */
import type { EpochMetrics, LossParts, StepMetrics } from '../../preload/contract'
import { AppError } from '../../preload/errors'
import type { LifeEvent } from '../../preload/life'
import type { Engine, Learner } from '../engine/engine'
import type { HeldLock } from '../files/lock'
import type { Dataset, Split } from '../mnist/types'
import { shownOf } from '../optimizers/optimizer'
import type { RunFile } from '../runs/run-file'
import type { TrainerEvent } from '../trainer/events'
import { Batches } from './batches'
import { evaluateLosses, yieldOnce, type Watch } from './evaluate'
import { reconstructionsPicture, samplesPicture } from './gallery'
import type { Life } from './life'
import { train, type LoopEvent, type Progress } from './loop'
import type { Programs } from './programs'
import { RunWriter } from './run-writer'
import type { SavedState } from './saved-state'
import { limited } from './schedule'
import { asSeen, heldOut } from './seen'
import { sketch, SketchPace } from './sketches'
import { Speed } from './speed'

export interface RunSessionOptions {
  readonly folder: string
  readonly file: RunFile
  readonly dataset: Dataset
  /** Says what computes: after the loss of a device that may be another one. */
  readonly engine: Pick<Engine, 'name' | 'device'>
  readonly programs: Programs
  /** Holds the state that `progress` belongs to. */
  readonly learner: Learner
  /** Called when the run has failed: the learner may be of no use any more. */
  readonly discardLearner: () => Promise<void>
  readonly progress: Progress
  /** It is not a new run. */
  readonly resumed: boolean
  /** Test means of the last finished epoch, if any. */
  readonly test: LossParts | null
  /** Of the run: it is being opened. */
  readonly life: Life
  readonly emit: (event: TrainerEvent) => void
  /** The run's, looked at before every write. */
  readonly lock?: HeldLock
  /** Milliseconds between two saves within an epoch. */
  readonly saveEvery?: number
  /** Draws within the first epoch, too, for those who look on. */
  readonly sketches?: boolean
}

/** Thrown where training stands, to leave it: the run was stopped. */
class Stopped extends Error {}

export class RunSession {
  private readonly life: Life
  private readonly writer: RunWriter
  private progress: Progress
  /** Those of the steps of the epoch under way. */
  private epochSeconds = 0
  private test: LossParts | null
  private readonly batches: Batches
  /** The test images, as the model sees them. */
  private readonly seen: Split
  /** Training images that are held out, as it sees them. */
  private readonly heldOut: Split | undefined
  private readonly total = new Speed()
  private epochSpeed = new Speed()
  private sketches: SketchPace | null = null
  /** When the last step was done, or what came between two of them. */
  private steppedAt = performance.now()

  constructor(private readonly options: RunSessionOptions) {
    const { file, dataset, programs } = options
    this.life = options.life
    this.writer = new RunWriter({ ...options, model: programs.model })
    this.progress = options.progress
    this.test = options.test
    if (options.sketches === true) this.sketches = new SketchPace(file.stepsPerEpoch)
    this.seen = asSeen(programs.model, dataset.test)
    this.heldOut = heldOut(programs.model, dataset.train, file.settings)
    const train = limited(dataset.train, file.settings)
    this.batches = new Batches(file.settings, train, programs.model, file.from ?? undefined)
  }

  get folder(): string {
    return this.options.folder
  }

  /** Trains to the end, or until stopped. Never rejects: what goes wrong becomes a `failure` event. */
  async run(): Promise<void> {
    const [end, problem] = await this.through()
    await this.writer.close()
    this.life.take(end, problem)
  }

  /** How it has ended, and why it failed. */
  private async through(): Promise<[LifeEvent, AppError?]> {
    const { folder, file, learner, resumed, emit } = this.options
    const { step, epoch } = this.progress
    try {
      await this.writer.open()
      const { stepsPerEpoch } = file
      const totalSteps = stepsPerEpoch * file.settings.epochs
      emit({ type: 'started', folder, resumed, step, epoch, stepsPerEpoch, totalSteps, file })
      this.life.take('opened')
      const evaluate = () => this.evaluate(this.seen)
      const { heldOut } = this
      const loop = train({
        settings: file.settings,
        batches: this.batches,
        model: this.options.programs.model,
        learner,
        evaluate,
        validate: heldOut && (() => this.evaluate(heldOut)),
        from: this.progress,
      })
      await this.advance(loop)
      await this.end('done')
      return ['finished']
    } catch (thrown) {
      if (!(thrown instanceof Stopped)) return ['failed', await this.fail(thrown)]
    }
    try {
      await this.end('stopped')
      return ['left']
    } catch (thrown) {
      return ['failed', await this.fail(thrown)]
    }
  }

  /** Saves after the step under way, whenever the last save was. */
  saveSoon(): void {
    this.writer.saveSoon()
  }

  private async advance(loop: AsyncGenerator<LoopEvent>): Promise<void> {
    this.steppedAt = performance.now()
    for (;;) {
      await this.gate()
      const { value, done } = await loop.next()
      if (done) break
      if (value.metrics.type === 'step') await this.stepDone(value.metrics, value.progress)
      else await this.aside(() => this.epochDone(value.metrics as EpochMetrics, value.progress))
    }
    await this.writer.done()
    // what was asked for meanwhile
    await this.gate()
  }

  /** Does what is no training: its time is not a step's. */
  private async aside(work: () => Promise<void>): Promise<void> {
    await work()
    this.steppedAt = performance.now()
  }

  private async stepDone(metrics: StepMetrics, progress: Progress): Promise<void> {
    // from step to step: a device may compute one while the one before is told of
    const milliseconds = performance.now() - this.steppedAt
    this.steppedAt += milliseconds
    const images = progress.sums.images - this.progress.sums.images
    this.progress = progress
    this.writer.append(metrics)
    this.epochSeconds += milliseconds / 1000
    for (const speed of [this.total, this.epochSpeed]) speed.add(images, milliseconds / 1000)
    this.options.emit({ ...metrics, folder: this.folder, imagesPerSecond: this.total.now })
    if (this.writer.flushDue) await this.aside(() => this.writer.flush())
    const { sketches } = this
    if (progress.epoch === 0 && sketches?.step(milliseconds / 1000) === true)
      await this.aside(() => this.sketch(sketches))
  }

  /** Shows what the model draws by now. What goes wrong here is no reason to end a run: the end of the epoch will tell. */
  private async sketch(pace: SketchPace): Promise<void> {
    const { folder, programs, emit } = this.options
    const began = performance.now()
    try {
      const drawn = await sketch(programs, await this.shown(), this.seen)
      emit({ type: 'sketch', folder, step: this.progress.step, ...drawn })
      pace.drew((performance.now() - began) / 1000)
    } catch {
      this.sketches = null
    }
  }

  /** Draws the epoch's pictures, and has its files written beside the next one's steps. */
  private async epochDone(metrics: EpochMetrics, progress: Progress): Promise<void> {
    const { programs, learner } = this.options
    const state = { learner: await learner.state(), progress }
    const parameters = shownOf(state.learner, programs.model.optimizer)
    const watch = this.watch('gallery')
    const samples = await samplesPicture(programs, parameters, watch)
    const reconstructions = await reconstructionsPicture(programs, parameters, this.seen, watch)
    const [seconds, imagesPerSecond] = [this.epochSeconds, this.epochSpeed.mean]
    await this.writer.epochDone({ metrics, state, samples, reconstructions, seconds, imagesPerSecond })
    // a run begins with what it looks like before its first step: a person sees digits come out of noise
    if (metrics.epoch === 0) await this.writer.done()
    this.progress = progress
    this.test = metrics.test
    this.epochSeconds = 0
    this.epochSpeed = new Speed()
  }

  private async evaluate(split: Split): Promise<LossParts> {
    return evaluateLosses(this.options.programs, await this.shown(), split, this.watch('evaluate'))
  }

  /** The parameters as they are shown, measured and saved as a checkpoint. */
  private async shown(): Promise<Float32Array> {
    const { programs, learner } = this.options
    return shownOf(await learner.state(), programs.model.optimizer)
  }

  private watch(task: 'evaluate' | 'gallery'): Watch {
    const { emit, folder } = this.options
    return {
      between: () => this.gate(),
      progress: (done, total) => emit({ type: 'progress', folder, task, done, total }),
    }
  }

  /**
   * Passed between two steps, and two batches of an evaluation: messages get their turn, and training stands still
   * here while it is paused.
   * @throws Stopped
   */
  private async gate(): Promise<void> {
    await yieldOnce()
    const { life, writer } = this
    for (;;) {
      writer.check()
      if (life.phase === 'pausing' || life.phase === 'paused') await this.aside(() => this.stand())
      else if (writer.stuck) await this.aside(() => writer.done())
      else break
    }
    this.leaveIfStopped()
    await writer.trains()
    if (life.phase === 'resuming') life.take('written')
    if (writer.saveDue) await this.aside(async () => writer.saveBeside(await this.state()))
  }

  /** Saves, and stands still until asked for something else. */
  private async stand(): Promise<void> {
    await this.writer.save('paused', await this.state())
    this.life.take('stands')
    await this.life.whileIn('paused')
  }

  /** All that going on exactly needs. */
  private async state(): Promise<SavedState> {
    return { learner: await this.options.learner.state(), progress: this.progress }
  }

  private async end(status: 'done' | 'stopped'): Promise<void> {
    const { folder, emit } = this.options
    const { epoch, step } = this.progress
    await this.writer.end(status, await this.state())
    emit({ type: 'done', folder, status, epoch, step, test: this.test, imagesPerSecond: this.total.mean })
  }

  /** The run ends where it was saved last. Why, as it is told. */
  private async fail(thrown: unknown): Promise<AppError> {
    const cause = AppError.from(thrown)
    const { code, message, remedy, details } = cause
    const resumable = code !== 'training/diverged' && code !== 'run/taken-over'
    const error = await this.writer.fail((savedStep) => {
      if (!resumable) return cause
      const kept = `The run is kept as it was saved at step ${savedStep}.`
      return new AppError(code, `${message} ${kept}`, remedy, details === undefined ? {} : { details })
    })
    await this.options.discardLearner()
    const { emit, folder } = this.options
    emit({ type: 'failure', folder, error: error.toData(), resumable, waits: false })
    return error
  }

  /** @throws Stopped when the run is to end */
  private leaveIfStopped(): void {
    if (this.life.phase === 'stopping') throw new Stopped()
  }
}
