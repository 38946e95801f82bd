/**
 * What a run leaves in its folder. Epochs and states are written beside the steps that follow, one at a time; all else waits
 * until they are there, so that whatever moment the process ends at, the folder is one of a run that was left alone till then.
 */
import { join } from 'node:path'
import type { EpochMetrics, StepMetrics } from '../../preload/contract'
import type { AppError } from '../../preload/errors'
import type { Engine } from '../engine/engine'
import { writeAtomic } from '../files/atomic'
import { JsonLinesWriter } from '../files/jsonl'
import { assertStillHeld, type HeldLock } from '../files/lock'
import type { Model } from '../models/model'
import { shownOf } from '../optimizers/optimizer'
import { readRunFile, writeRunFile } from '../runs/folder'
import { metricsName, reconstructionsName, resumeName, samplesName, weightsName } from '../runs/names'
import type { RunFile } from '../runs/run-file'
import type { TrainerEvent } from '../trainer/events'
import { Beside } from './beside'
import { writeWeights } from './checkpoint'
import type { Life } from './life'
import { patiently } from './patience'
import { keepState, pruneStates, type SavedState, writeState } from './saved-state'

export interface RunWriterOptions {
  readonly folder: string
  readonly file: RunFile
  readonly model: Pick<Model, 'layout' | 'optimizer'>
  /** Says what computes: after the loss of a device that may be another one. */
  readonly engine: Pick<Engine, 'name' | 'device'>
  readonly life: Life
  readonly emit: (event: TrainerEvent) => void
  /** The run's, looked at before every write. */
  readonly lock?: HeldLock | undefined
  /** Milliseconds between two saves within an epoch. */
  readonly saveEvery?: number | undefined
}

/** What an epoch comes to. */
export interface EpochEnd {
  readonly metrics: EpochMetrics
  /** As it is after it: of the weights that pictures show. */
  readonly state: SavedState
  /** As PNG. */
  readonly samples: Uint8Array
  readonly reconstructions: Uint8Array
  /** Of its steps. */
  readonly seconds: number
  readonly imagesPerSecond: number | null
}

/** Lines of metrics are written this often, in milliseconds, for others who read along. */
const flushEvery = 1000

export class RunWriter {
  private metrics!: JsonLinesWriter
  /** Lines of steps whose epoch begins where one ends that is not saved yet: they come behind that one's. */
  private behind: StepMetrics[] | null = null
  private file: RunFile
  private curve: RunFile['curve']
  private seconds: RunFile['seconds']
  private readonly beside = new Beside()
  private savedStep: number
  private savedAt = performance.now()
  private flushedAt = performance.now()
  /** The run is to end, whatever its life says. */
  private ending = false

  constructor(private readonly options: RunWriterOptions) {
    const { file } = options
    this.file = file
    this.curve = file.curve
    this.seconds = file.seconds
    this.savedStep = file.step
  }

  /** @throws AppError `disk/…` */
  async open(): Promise<void> {
    this.metrics = await JsonLinesWriter.open(join(this.options.folder, metricsName))
  }

  /** Takes a step's line. Only memory is touched. */
  append(step: StepMetrics): void {
    if (this.behind === null) this.metrics.append(step)
    else this.behind.push(step)
  }

  /** Whether lines have waited long enough. What is written beside writes them, too. */
  get flushDue(): boolean {
    return !this.beside.busy && performance.now() - this.flushedAt > flushEvery
  }

  async flush(): Promise<void> {
    await this.persist(() => this.metrics.flush())
    this.flushedAt = performance.now()
  }

  /** Whether a state is to be saved. */
  get saveDue(): boolean {
    return !this.beside.busy && performance.now() - this.savedAt > (this.options.saveEvery ?? 30_000)
  }

  /** A state is to be saved, whenever the last one was. */
  saveSoon(): void {
    this.savedAt = Number.NEGATIVE_INFINITY
  }

  /** Whether what is written beside waits for room on the disk: then training has to wait, too. */
  get stuck(): boolean {
    return this.beside.busy && ['waiting', 'resuming'].includes(this.options.life.phase)
  }

  /** @throws what writing beside has failed with */
  check(): void {
    this.beside.check()
  }

  /** Resolves when nothing is written beside any more. @throws as check does */
  async done(): Promise<void> {
    await this.beside.done()
  }

  /** Saves a state beside the steps that follow it. */
  saveBeside(state: SavedState): void {
    this.savedAt = performance.now()
    this.beside.begin(() => this.persist(() => this.writeState('training', state)))
  }

  /** Writes an epoch's files beside the steps that follow it; its event comes when they are all there. */
  async epochDone(end: EpochEnd): Promise<void> {
    await this.done()
    this.behind = []
    this.savedAt = performance.now()
    this.beside.begin(() => this.writeEpoch(end))
  }

  private async writeEpoch({ metrics, state, samples, reconstructions, seconds, imagesPerSecond }: EpochEnd) {
    const { folder, model, emit } = this.options
    const { epoch } = metrics
    const pathOf = (nameOf: (epoch: number) => string) => join(folder, nameOf(epoch))
    const paths = { samples: pathOf(samplesName), reconstructions: pathOf(reconstructionsName) }
    await this.persist(() => writeAtomic(paths.samples, samples, { verify: true }))
    await this.persist(() => writeAtomic(paths.reconstructions, reconstructions, { verify: true }))
    emit({ type: 'gallery', folder, epoch, ...paths })
    const weights = pathOf(weightsName)
    const shown = shownOf(state.learner, model.optimizer)
    await this.persist(() => writeWeights(weights, shown, model.layout, this.file.settings, metrics))
    emit({ type: 'checkpoint', folder, epoch, file: weights })

    for (const line of [metrics, ...(this.behind ?? [])]) this.metrics.append(line)
    this.behind = null
    this.curve = [...this.curve, metrics.test?.loss ?? null]
    // of a run that began before times were kept there are none
    if (this.seconds.length === epoch) this.seconds = [...this.seconds, (this.seconds.at(-1) ?? 0) + seconds]
    await this.persist(() => this.writeState('training', state))
    await this.persist(() => keepState(folder, epoch))
    await this.persist(() => pruneStates(folder, this.curve))
    emit({ ...metrics, folder, imagesPerSecond })
  }

  /** Saves a state before anything else is done. A full disk is waited for. */
  async save(status: RunFile['status'], state: SavedState): Promise<void> {
    await this.done()
    this.savedAt = performance.now()
    await this.persist(() => this.writeState(status, state))
  }

  /** Says in run.json that it trains, where it said something else. */
  async trains(): Promise<void> {
    if (this.file.status !== 'training') await this.persist(() => this.note({ status: 'training' }))
  }

  /** Saves all that going on exactly needs. */
  private async writeState(status: RunFile['status'], state: SavedState): Promise<void> {
    const { folder, model, engine, emit } = this.options
    const { step, epoch } = state.progress
    await this.assertOurs()
    await this.metrics.flush({ sync: true })
    await this.assertOurs()
    await writeState(join(folder, resumeName), state, this.file, model.optimizer)
    // from here on it goes on from there, whatever run.json says
    this.savedStep = step
    const { name, device } = engine
    await this.note({
      status,
      engine: { name, device },
      epoch,
      step,
      curve: [...this.curve],
      seconds: [...this.seconds],
    })
    this.flushedAt = performance.now()
    emit({ type: 'saved', folder, step })
  }

  /** The last save, as a run ends. A full disk is not waited for. */
  async end(status: RunFile['status'], state: SavedState): Promise<void> {
    await this.done()
    await this.writeState(status, state)
  }

  /** What is written beside comes to an end, and run.json says why the run has. @returns the last step that is saved */
  async fail(problem: (savedStep: number) => AppError): Promise<AppError> {
    this.ending = true
    await this.done().catch(() => undefined)
    const error = problem(this.savedStep)
    // where even this cannot be written, the status left behind says that the run was interrupted
    await this.note({ status: 'failed', problem: error.toData() }).catch(() => undefined)
    return error
  }

  /** Writes the last lines, unless the run is another process's. */
  async close(): Promise<void> {
    await this.assertOurs()
      .then(() => this.metrics?.close())
      .catch(() => this.metrics?.abandon())
      .catch(() => undefined)
  }

  /** Says in run.json how the run stands. It is written whole: one that was damaged meanwhile is right again. */
  private async note(change: Partial<RunFile>): Promise<void> {
    await this.assertOurs()
    const file = { ...this.file, ...change, updatedAt: new Date().toISOString() }
    await writeRunFile(this.options.folder, file)
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

  private async persist(write: () => Promise<void>): Promise<void> {
    const { life, folder, emit } = this.options
    const owned = async () => {
      await this.assertOurs()
      await write()
    }
    await patiently(owned, {
      life,
      report: (error) => emit({ type: 'failure', folder, error: error.toData(), resumable: true, waits: true }),
      ends: () => this.ending || life.phase === 'stopping',
    })
  }
}
