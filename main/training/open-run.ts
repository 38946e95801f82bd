/** A run made ready to train: a new one in its empty folder, or one that is resumed from its last saved state. */
import { basename, join } from 'node:path'
import type { LossParts } from '../../preload/contract'
import { AppError } from '../../preload/errors'
import { type LearnerState, otherBits } from '../engine/engine'
import { removeTemporaryFiles } from '../files/atomic'
import { disk } from '../files/layer'
import { meanPictureCost } from '../mnist/mean-picture'
import type { Dataset } from '../mnist/types'
import type { Model, Numbers } from '../models/model'
import { freshState, shownOf } from '../optimizers/optimizer'
import { isFinished } from '../runs/begun'
import { readRunFile, writeRunFile } from '../runs/folder'
import { readMetrics, rewindMetrics } from '../runs/metrics'
import type { MetricsLine } from '../runs/metrics-line'
import { metricsName, optimizerName, resumeName, weightsName } from '../runs/names'
import type { RunFile } from '../runs/run-file'
import type { FromCheckpoint, NewRun } from '../trainer/calls'
import { readWeights } from './checkpoint'
import { readForeignStart } from './foreign-start'
import { initialParameters } from './initial'
import { beginning, type Progress } from './loop'
import { versions, type PreparedEngine } from './prepared-engines'
import { keepState, pruneStates, readLastState, readState, writeState } from './saved-state'
import { limited, stepsPerEpoch } from './schedule'

export interface OpenRun {
  readonly folder: string
  readonly file: RunFile
  readonly learner: LearnerState
  readonly progress: Progress
  /** It is not a new run. */
  readonly resumed: boolean
  /** Test means of the last finished epoch, if any. */
  readonly test: LossParts | null
  /** What a person should know before it goes on. */
  readonly notices: readonly string[]
}

/** Writes a new run's first files. From then on it can be resumed. @throws AppError */
export async function createRun(
  { folder, name, settings, bundled, from }: NewRun,
  dataset: Dataset,
  { engine, programs: { model } }: PreparedEngine,
): Promise<OpenRun> {
  const now = new Date().toISOString()
  const train = limited(dataset.train, settings)
  const steps = stepsPerEpoch(train.count, settings.batch)
  const start = from
    ? await ('file' in from ? readForeignStart(from.file, settings, model) : readCheckpoint(from, settings, model))
    : {
        from: null,
        learner: freshState(await initialParameters(engine, model, settings.seed, train), model.optimizer),
        notices: [],
      }
  const progress = beginning(model.parts, start.schedule ?? model.schedule(settings, steps).start)
  const file: RunFile = {
    format: 1,
    name,
    status: 'training',
    settings,
    from: start.from,
    data: {
      name: dataset.name,
      folder: dataset.folder,
      bundled,
      fingerprint: dataset.fingerprint,
      classes: dataset.classes && [...dataset.classes],
      trainImages: dataset.train.count,
      testImages: dataset.test.count,
      meanPicture: meanPictureCost(dataset.test),
    },
    engine: { name: engine.name, device: engine.device },
    versions,
    startedAt: now,
    updatedAt: now,
    epoch: progress.epoch,
    step: progress.step,
    stepsPerEpoch: steps,
    curve: [],
    seconds: [],
    problem: null,
  }
  const { learner, notices } = start
  await writeState(join(folder, resumeName), { learner, progress }, file, model.optimizer)
  await writeRunFile(folder, file)
  return { folder, file, learner, progress, resumed: false, test: null, notices }
}

export interface Start {
  readonly from: RunFile['from']
  readonly learner: LearnerState
  /** What the model's schedule goes on from, where that is kept. */
  readonly schedule?: Numbers
  readonly notices: readonly string[]
}

/** What a run begins with that is continued from a checkpoint: its weights, and the optimizer's state where it is kept. */
async function readCheckpoint(
  { folder, epoch }: FromCheckpoint,
  settings: RunFile['settings'],
  model: Model,
): Promise<Start> {
  const parameters = await readWeights(join(folder, weightsName(epoch)), settings)
  // a run whose run.json is lost still has its weights
  const parent = await readRunFile(folder).catch(() => null)
  const from = { run: basename(folder), epoch, epochs: (parent?.from?.epochs ?? 0) + epoch, optimizerSteps: 0 }
  const path = join(folder, optimizerName(epoch))
  if (parent === null || !(await disk.list(folder)).includes(optimizerName(epoch)))
    return { from, learner: freshState(parameters, model.optimizer), notices: [] }
  try {
    const { learner, progress } = await readState(path, model, parent)
    const optimizerSteps = (parent.from?.optimizerSteps ?? 0) + progress.step
    const { schedule } = progress
    const { averages, title } = model.optimizer
    // averages alone do not say which parameters they are of
    if (averages !== undefined && !isSame(parameters, shownOf(learner, model.optimizer)))
      throw new AppError('run/damaged-state', `${path} is not of these weights.`, `${title} begins anew.`)
    const kept = averages === undefined ? { ...learner, parameters } : learner
    return { from: { ...from, optimizerSteps }, learner: kept, schedule, notices: [] }
  } catch (thrown) {
    const notices = [`${AppError.from(thrown).message} ${model.optimizer.title} begins anew.`]
    return { from, learner: freshState(parameters, model.optimizer), notices }
  }
}

function isSame(a: Float32Array, b: Float32Array): boolean {
  return a.every((value, i) => value === b[i])
}

/** @throws AppError `run/finished` when there is nothing left to do */
export function assertUnfinished(file: RunFile): void {
  // one that ended between its last save and its end is resumed to be brought to it
  if (!isFinished(file)) return
  throw new AppError(
    'run/finished',
    `This run has done all of its ${file.settings.epochs} epochs.`,
    'Start a new run, from one of its checkpoints if you like.',
  )
}

/** Takes a run back to its last saved state: what was written after it is written again. @throws AppError */
export async function reopenRun(
  folder: string,
  before: RunFile,
  { engine, programs }: PreparedEngine,
): Promise<OpenRun> {
  await removeTemporaryFiles(folder)
  const { state, notice } = await readLastState(folder, programs.model, before)
  const { learner, progress } = state
  const notices = notice === null ? [] : [notice]
  const computing = { name: engine.name, device: engine.device }
  const other = otherBits({ ...before.engine, versions: before.versions }, { ...computing, versions })
  if (other)
    notices.push(
      `This run began on ${other.before} and goes on with ${other.now}, with its own settings. ` +
        'Its numbers may differ in the last digits from now on.',
    )
  await rewindMetrics(folder, progress)
  const lines = await readMetrics(folder)
  if (lines.length < progress.step + progress.epoch + 1)
    notices.push(`Lines of ${metricsName} are missing: this run's curves have a gap before step ${progress.step}.`)
  const curve = curveOf(lines, before.curve, progress.epoch)
  if (notice === null && progress.sums.images === 0 && progress.epoch >= 0) {
    // the last state saved is an epoch's end: the process may have ended before it was kept as that
    await keepState(folder, progress.epoch)
    await pruneStates(folder, curve)
  }
  const file: RunFile = {
    ...before,
    status: 'training',
    engine: computing,
    versions,
    updatedAt: new Date().toISOString(),
    epoch: progress.epoch,
    step: progress.step,
    curve,
    seconds: before.seconds.slice(0, progress.epoch + 1),
    problem: null,
  }
  await writeRunFile(folder, file)
  const test = lines.findLast((line) => line.type === 'epoch')?.test ?? null
  return { folder, file, learner, progress, resumed: true, test, notices }
}

/** Test losses by epoch: as run.json has them, which was written last, or may not have been, and as the metrics do. */
function curveOf(lines: readonly MetricsLine[], known: RunFile['curve'], epoch: number): RunFile['curve'] {
  const curve = Array.from({ length: epoch + 1 }, (_, epoch) => known[epoch] ?? null)
  for (const line of lines) {
    if (line.type !== 'epoch' || line.test === null) continue
    const { loss } = line.test
    if (Number.isFinite(loss)) curve[line.epoch] ??= loss
  }
  return curve
}
