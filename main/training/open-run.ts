/** A run made ready to train: a new one in its empty folder, or one that goes on from its last saved state. */
import { basename, join } from 'node:path'
import type { LossParts, MetricsLine, RunFile } from '../../preload/contract'
import { AppError } from '../../preload/errors'
import type { LearnerState } from '../engine/engine'
import { removeTemporaryFiles } from '../files/atomic'
import type { Dataset } from '../mnist/types'
import { readWeights } from './checkpoint'
import { beginning, type Progress } from './loop'
import { versions, type Machine } from './machines'
import { readMetrics, rewindMetrics } from './metrics-file'
import { metricsName, resumeName, weightsName } from './run-files'
import { writeRunFile } from './run-folder'
import { keepState, pruneStates, readLastState, writeState } from './saved-state'
import { limited, stepsPerEpoch } from './schedule'
import type { NewRun } from './worker-calls'

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
  { engine, programs: { model } }: Machine,
): Promise<OpenRun> {
  const now = new Date().toISOString()
  const file: RunFile = {
    format: 1,
    name,
    status: 'training',
    settings,
    from: from && { run: basename(from.folder), epoch: from.epoch },
    data: {
      name: dataset.name,
      folder: dataset.folder,
      bundled,
      fingerprint: dataset.fingerprint,
      trainImages: dataset.train.count,
      testImages: dataset.test.count,
    },
    engine: { name: engine.name, device: engine.device },
    versions,
    startedAt: now,
    updatedAt: now,
    epoch: beginning.epoch,
    step: beginning.step,
    stepsPerEpoch: stepsPerEpoch(limited(dataset.train, settings).count, settings.batch),
    curve: [],
    problem: null,
  }
  const zeros = () => new Float32Array(model.layout.size)
  const parameters = from
    ? await readWeights(join(from.folder, weightsName(from.epoch)), settings)
    : model.initialise(settings.seed)
  const learner = { parameters, firstMoment: zeros(), secondMoment: zeros() }
  await writeState(join(folder, resumeName), { learner, progress: beginning }, file)
  await writeRunFile(folder, file)
  return { folder, file, learner, progress: beginning, resumed: false, test: null, notices: [] }
}

/** @throws AppError `run/finished` when there is nothing left to do */
export function assertUnfinished({ status, epoch, settings: { epochs } }: RunFile): void {
  // one that ended between its last save and its end is resumed to be brought to it
  if (status !== 'done' || epoch < epochs) return
  throw new AppError(
    'run/finished',
    `This run has done all of its ${epochs} epochs.`,
    'Start a new run, from one of its checkpoints if you like.',
  )
}

/** Takes a run back to its last saved state: what was written after it is written again. @throws AppError */
export async function reopenRun(folder: string, before: RunFile, { engine, programs }: Machine): Promise<OpenRun> {
  await removeTemporaryFiles(folder)
  const { state, notice } = await readLastState(folder, programs.model.layout, before)
  const { learner, progress } = state
  const notices = notice === null ? [] : [notice]
  if (engine.name !== before.engine.name)
    notices.push(
      `This run began on ${before.engine.name} (${before.engine.device}) and goes on with ${engine.name} ` +
        `(${engine.device}), with its own settings. Its numbers may differ in the last digits from now on.`,
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
    engine: { name: engine.name, device: engine.device },
    versions,
    updatedAt: new Date().toISOString(),
    epoch: progress.epoch,
    step: progress.step,
    curve,
    problem: null,
  }
  await writeRunFile(folder, file)
  const test = lines.findLast((line) => line.type === 'epoch')?.test ?? null
  return { folder, file, learner, progress, resumed: true, test, notices }
}

/** Test losses by epoch: as run.json has them, which was written last, or may not have been, and as the metrics do. */
function curveOf(lines: readonly MetricsLine[], known: RunFile['curve'], epoch: number): RunFile['curve'] {
  const curve = Array.from({ length: epoch + 1 }, (_, epoch) => known[epoch] ?? null)
  for (const line of lines)
    if (line.type === 'epoch' && Number.isFinite(line.test?.loss)) curve[line.epoch] ??= line.test!.loss
  return curve
}
