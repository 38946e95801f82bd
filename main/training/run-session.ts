/** One run being trained: pulls the loop's events, writes the run's files, and stands still or ends when asked to. */
import { join } from 'node:path'
import type { EpochMetrics, LossParts, StepMetrics } from '../../preload/contract'
import { AppError } from '../../preload/errors'
import type { LifeEvent } from '../../preload/life'
import type { Engine, Learner } from '../engine/engine'
import { writeAtomic } from '../files/atomic'
import { JsonLinesWriter } from '../files/jsonl'
import { assertStillHeld, type HeldLock } from '../files/lock'
import type { Dataset, Split } from '../mnist/types'
import { shownOf } from '../optimizers/optimizer'
import { readRunFile, writeRunFile } from '../runs/folder'
import { metricsName, reconstructionsName, resumeName, samplesName, weightsName } from '../runs/names'
import type { RunFile } from '../runs/run-file'
import type { TrainerEvent } from '../trainer/events'
import { Batches } from './batches'
import { writeWeights } from './checkpoint'
import { evaluateLosses, yieldOnce, type Watch } from './evaluate'
import { reconstructionsPicture, samplesPicture } from './gallery'
import type { Life } from './life'
import { train, type LoopEvent, type Progress } from './loop'
import type { Programs } from './programs'
import { keepState, pruneStates, writeState } from './saved-state'
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

/** Lines of metrics are written this often, in milliseconds, for others who read along. */
const flushEvery = 1000
/** What a full disk refused is tried again after so many milliseconds. */
const retryEvery = 10_000

/** Thrown where training stands, to leave it: the run was stopped. */
class Stopped extends Error {}

export class RunSession {
  private readonly life: Life
  private metrics!: JsonLinesWriter
  private file: RunFile
  private progress: Progress
  private curve: RunFile['curve']
  private seconds: RunFile['seconds']
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
  private savedStep: number
  private savedAt = performance.now()
  private flushedAt = performance.now()
  /** When the last step was done, or what came between two of them. */
  private steppedAt = performance.now()

  constructor(private readonly options: RunSessionOptions) {
    const { file, dataset, programs } = options
    this.life = options.life
    this.file = file
    this.progress = options.progress
    this.savedStep = options.progress.step
    this.curve = file.curve
    this.seconds = file.seconds
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
    await this.assertOurs()
      .then(() => this.metrics?.close())
      .catch(() => this.metrics?.abandon())
      .catch(() => undefined)
    this.life.take(end, problem)
  }

  /** How it has ended, and why it failed. */
  private async through(): Promise<[LifeEvent, AppError?]> {
    const { folder, file, learner, resumed, emit } = this.options
    const { step, epoch } = this.progress
    try {
      this.metrics = await JsonLinesWriter.open(join(folder, metricsName))
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
    this.savedAt = Number.NEGATIVE_INFINITY
  }

  private async advance(loop: AsyncGenerator<LoopEvent>): Promise<void> {
    this.steppedAt = performance.now()
    for (;;) {
      await this.gate()
      const { value, done } = await loop.next()
      if (done) return
      if (value.metrics.type === 'step') await this.stepDone(value.metrics, value.progress)
      else await this.aside(() => this.epochDone(value.metrics as EpochMetrics, value.progress))
    }
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
    this.metrics.append(metrics)
    this.epochSeconds += milliseconds / 1000
    for (const speed of [this.total, this.epochSpeed]) speed.add(images, milliseconds / 1000)
    this.options.emit({ ...metrics, folder: this.folder, imagesPerSecond: this.total.now })
    if (performance.now() - this.flushedAt > flushEvery) {
      await this.aside(() => this.persist(() => this.metrics.flush()))
      this.flushedAt = performance.now()
    }
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

  /** Writes the epoch's files; its event comes when they are all there. */
  private async epochDone(metrics: EpochMetrics, progress: Progress): Promise<void> {
    const { folder, file, programs, emit } = this.options
    const { epoch } = metrics
    const parameters = await this.shown()
    const watch = this.watch('gallery')
    const [samples, reconstructions, weights] = [samplesName, reconstructionsName, weightsName].map((nameOf) =>
      join(folder, nameOf(epoch)),
    ) as [string, string, string]
    const pictures = [
      [samples, await samplesPicture(programs, parameters, watch)],
      [reconstructions, await reconstructionsPicture(programs, parameters, this.seen, watch)],
    ] as const
    for (const [path, picture] of pictures) await this.persist(() => writeAtomic(path, picture, { verify: true }))
    emit({ type: 'gallery', folder, epoch, samples, reconstructions })
    await this.persist(() => writeWeights(weights, parameters, programs.model.layout, file.settings, metrics))
    emit({ type: 'checkpoint', folder, epoch, file: weights })

    this.metrics.append(metrics)
    this.progress = progress
    this.test = metrics.test
    this.curve = [...this.curve, metrics.test?.loss ?? null]
    // of a run that began before times were kept there are none
    if (this.seconds.length === epoch) this.seconds = [...this.seconds, (this.seconds.at(-1) ?? 0) + this.epochSeconds]
    this.epochSeconds = 0
    await this.save()
    await this.persist(() => keepState(folder, epoch))
    await this.persist(() => pruneStates(folder, this.curve))
    emit({ ...metrics, folder, imagesPerSecond: this.epochSpeed.mean })
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
    while (this.life.phase === 'pausing' || this.life.phase === 'paused')
      await this.aside(async () => {
        await this.save('paused')
        this.life.take('stands')
        await this.life.whileIn('paused')
      })
    this.leaveIfStopped()
    if (this.file.status !== 'training') await this.persist(() => this.note({ status: 'training' }))
    if (this.life.phase === 'resuming') this.life.take('written')
    const { saveEvery = 30_000 } = this.options
    if (performance.now() - this.savedAt > saveEvery) await this.aside(() => this.save())
  }

  /** Saves all that going on exactly needs. A full disk is waited for. @throws Stopped */
  private async save(status: RunFile['status'] = 'training'): Promise<void> {
    await this.persist(() => this.writeState(status))
  }

  private async writeState(status: RunFile['status']): Promise<void> {
    const { folder, learner, programs, emit } = this.options
    const { name, device } = this.options.engine
    await this.assertOurs()
    await this.metrics.flush({ sync: true })
    const state = { learner: await learner.state(), progress: this.progress }
    await this.assertOurs()
    await writeState(join(folder, resumeName), state, this.file, programs.model.optimizer)
    const { step, epoch } = this.progress
    // from here on it goes on from there, whatever run.json says
    this.savedStep = step
    await this.note({
      status,
      engine: { name, device },
      epoch,
      step,
      curve: [...this.curve],
      seconds: [...this.seconds],
    })
    this.savedAt = this.flushedAt = performance.now()
    emit({ type: 'saved', folder, step })
  }

  /** Says in run.json how the run stands. It is written whole: one that was damaged meanwhile is right again. */
  private async note(change: Partial<RunFile>): Promise<void> {
    await this.assertOurs()
    const file = { ...this.file, ...change, updatedAt: new Date().toISOString() }
    await writeRunFile(this.folder, file)
    this.file = file
  }

  /** @throws AppError `run/taken-over` when the run is another process's by now: it is left alone then */
  private async assertOurs(): Promise<void> {
    const { lock, folder } = this.options
    if (lock === undefined) return
    await assertStillHeld(lock, async () => {
      const there = await readRunFile(folder).catch(() => null)
      return there === null || there.updatedAt === this.file.updatedAt
    })
  }

  /**
   * Writes; when the disk is full, says so and stands still until there is room, or until asked to try again.
   *
   * @throws Stopped when the run is to end meanwhile
   */
  private async persist(write: () => Promise<void>): Promise<void> {
    for (let quiet = false; ;) {
      try {
        await this.assertOurs()
        await write()
        this.life.take('written')
        return
      } catch (thrown) {
        if (!(thrown instanceof AppError && thrown.code === 'disk/full')) throw thrown
        this.leaveIfStopped()
        if (!quiet) this.report(thrown, { resumable: true, waits: true })
        this.life.take('full', thrown)
      }
      // what the system says of free space is not all that counts: a quota, the number of files
      quiet = await this.askedOr(retryEvery)
      this.leaveIfStopped()
    }
  }

  /** Waits until something is asked for, at most for so many milliseconds. Whether nothing was. */
  private async askedOr(milliseconds: number): Promise<boolean> {
    let timer: NodeJS.Timeout | undefined
    const timeout = new Promise<true>((resolve) => (timer = setTimeout(resolve, milliseconds, true)))
    const late = await Promise.race([this.life.next().then(() => false), timeout])
    clearTimeout(timer)
    return late
  }

  private async end(status: 'done' | 'stopped'): Promise<void> {
    const { folder, emit } = this.options
    const { epoch, step } = this.progress
    await this.writeState(status)
    emit({ type: 'done', folder, status, epoch, step, test: this.test, imagesPerSecond: this.total.mean })
  }

  /** The run ends where it was saved last. Why, as it is told. */
  private async fail(thrown: unknown): Promise<AppError> {
    const cause = AppError.from(thrown)
    const { code, message, remedy, details } = cause
    const resumable = code !== 'training/diverged' && code !== 'run/taken-over'
    const kept = `The run is kept as it was saved at step ${this.savedStep}.`
    const error = resumable
      ? new AppError(code, `${message} ${kept}`, remedy, details === undefined ? {} : { details })
      : cause
    // where even this cannot be written, the status left behind says that the run was interrupted
    await this.note({ status: 'failed', problem: error.toData() }).catch(() => undefined)
    await this.options.discardLearner()
    this.report(error, { resumable, waits: false })
    return error
  }

  /** Training stands still for this, and `waits`, or ends. */
  private report(error: AppError, { resumable, waits }: { resumable: boolean; waits: boolean }): void {
    this.options.emit({ type: 'failure', folder: this.folder, error: error.toData(), resumable, waits })
  }

  /** @throws Stopped when the run is to end */
  private leaveIfStopped(): void {
    if (this.life.phase === 'stopping') throw new Stopped()
  }
}
