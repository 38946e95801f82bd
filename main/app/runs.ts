/** The runs of a result folder: what they are and how they stand, read from their files. Knows no tensors. */
import { readdir, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import {
  metricsLine,
  runId,
  runSettings,
  type Checkpoint,
  type EpochMetrics,
  type MetricsLine,
  type RunFile,
  type RunId,
  type RunStatus,
  type RunSummary,
} from '../../preload/contract'
import { AppError } from '../../preload/errors'
import { diskError, systemCode } from '../files/disk-error'
import { readJsonLines } from '../files/jsonl'
import { isHeld } from '../files/lock'
import {
  epochsOf,
  lockName,
  metricsName,
  optimizerName,
  resumeName,
  runFileName,
  weightsName,
} from '../training/run-files'
import { readRunFile, renameRun, withoutState } from '../training/run-folder'
import { Trash } from './trash'

/** @throws AppError `disk/…` when the result folder cannot be read; a run that cannot be is in the list, with why */
export function listRuns(resultFolder: string): Promise<RunSummary[]> {
  return new Runs(resultFolder).list()
}

export class Runs {
  readonly resultFolder: string
  private readonly trash = new Trash()

  constructor(resultFolder: string) {
    this.resultFolder = resolve(resultFolder)
  }

  /** All runs, the newest first; none where there is no result folder yet. */
  async list(): Promise<RunSummary[]> {
    const entries = await readdir(this.resultFolder, { withFileTypes: true }).catch((error: unknown) => {
      if (systemCode(error) === 'ENOENT') return []
      throw diskError(error, 'read', this.resultFolder)
    })
    const ids = entries.filter((entry) => entry.isDirectory() && runId.safeParse(entry.name).success)
    const runs = await Promise.all(ids.map((entry) => this.summary(entry.name)))
    return runs.filter((run) => run !== null).toSorted((a, b) => (a.startedAt < b.startedAt ? 1 : -1))
  }

  /** @throws AppError `run/not-found` */
  async get(id: RunId): Promise<RunSummary> {
    const run = await this.summary(id)
    if (run === null) throw notFound(id)
    return run
  }

  /** A run's absolute path. @throws AppError `run/not-found` for what is not the name of a folder in this one */
  pathOf(id: RunId): string {
    if (!runId.safeParse(id).success) throw notFound(id)
    return join(this.resultFolder, id)
  }

  /** @throws AppError `run/not-found`, `run/incomplete` when only run.json is, `run/damaged` */
  async file(id: RunId): Promise<RunFile> {
    const names = await namesIn(this.pathOf(id))
    if (names === null) throw notFound(id)
    if (!names.includes(runFileName)) throw incomplete()
    return readRunFile(this.pathOf(id))
  }

  /** Lines that are not metrics are left out. */
  async metrics(id: RunId): Promise<MetricsLine[]> {
    const { values } = await readJsonLines(join(this.pathOf(id), metricsName))
    return values.flatMap((value) => metricsLine.safeParse(value).data ?? [])
  }

  /** By epoch. @throws AppError `run/not-found`, `disk/…` */
  async checkpoints(id: RunId): Promise<Checkpoint[]> {
    const folder = this.pathOf(id)
    const names = await namesIn(folder)
    if (names === null) throw notFound(id)
    const lines = (await this.metrics(id)).filter((line) => line.type === 'epoch')
    const metrics = new Map(lines.map((line): [number, EpochMetrics] => [line.epoch, line]))
    const epochs = epochsOf(names, weightsName)
    const best = lowest(epochs, (epoch) => metrics.get(epoch)?.test?.loss)
    return Promise.all(
      epochs.map(async (epoch) => {
        const { size, mtime } = await stat(join(folder, weightsName(epoch)))
        const savedAt = mtime.toISOString()
        return { epoch, metrics: metrics.get(epoch) ?? null, bytes: size, savedAt, best: epoch === best }
      }),
    )
  }

  /** The name only: the folder keeps its own. @throws AppError `run/not-found`, `run/damaged`, `disk/…` */
  async rename(id: RunId, name: string): Promise<void> {
    await renameRun(this.pathOf(id), name)
  }

  /**
   * Puts a run aside, or with `epoch` one of its checkpoints with its pictures.
   * @throws AppError `run/in-use` while it trains, `run/not-found`, `run/no-checkpoint`, `disk/…`
   */
  async remove(id: RunId, epoch?: number): Promise<void> {
    const folder = this.pathOf(id)
    if ((await namesIn(folder)) === null) throw notFound(id)
    if (epoch !== undefined) return this.trash.putCheckpoint(folder, epoch)
    if (await isHeld(join(folder, lockName)))
      throw new AppError('run/in-use', 'This run is being trained.', 'Stop it first, then delete it.')
    await this.trash.putRun(folder)
  }

  /** Takes back what `remove` put aside last. @throws AppError `run/not-removed`, `disk/…` */
  async restore(id: RunId, epoch?: number): Promise<void> {
    const folder = this.pathOf(id)
    await (epoch === undefined ? this.trash.restoreRun(folder) : this.trash.restoreCheckpoint(folder, epoch))
  }

  /** Deletes for good what was put aside. @throws AppError `disk/…` */
  async emptyTrash(): Promise<void> {
    await this.trash.empty(this.resultFolder)
    const entries = await readdir(this.resultFolder, { withFileTypes: true }).catch(() => [])
    for (const entry of entries) if (entry.isDirectory()) await this.trash.empty(join(this.resultFolder, entry.name))
  }

  /** Null: the folder is gone, or has nothing of a run in it. */
  private async summary(id: RunId): Promise<RunSummary | null> {
    const folder = this.pathOf(id)
    const names = await namesIn(folder)
    if (names === null || !isRun(names)) return null
    try {
      const file = await readRunFile(folder)
      return summaryOf(id, file, names, await isTrained(folder, file.status))
    } catch (thrown) {
      return damaged(id, names, AppError.from(thrown), await stat(folder).catch(() => null))
    }
  }
}

function summaryOf(id: RunId, file: RunFile, names: readonly string[], trained: boolean): RunSummary {
  const { name, settings, startedAt, from, engine, data, epoch, curve, problem } = file
  const status: RunStatus = file.status === 'training' && !trained ? 'interrupted' : file.status
  const best = lowest([...curve.keys()], (epoch) => curve[epoch])
  const saved = names.includes(resumeName) || epochsOf(names, optimizerName).length > 0
  return {
    id,
    name,
    status,
    settings,
    startedAt,
    from,
    engine: engine.name,
    device: engine.device,
    data: { name: data.name, fingerprint: data.fingerprint },
    epoch,
    curve: [...curve],
    best: best === undefined ? null : { epoch: best, loss: curve[best]! },
    resumable: saved && !trained && epoch < settings.epochs && problem?.code !== 'training/diverged',
    problem: saved || status === 'done' ? problem : (problem ?? withoutState().toData()),
  }
}

/** A folder that was half deleted, or whose run.json is not readable. */
function damaged(id: RunId, names: readonly string[], problem: AppError, stats: { mtime: Date } | null): RunSummary {
  const error = names.includes(runFileName) ? problem : incomplete()
  return {
    id,
    name: id,
    status: 'failed',
    settings: runSettings.parse({}),
    startedAt: (stats?.mtime ?? new Date(0)).toISOString(),
    from: null,
    engine: null,
    device: null,
    data: null,
    epoch: epochsOf(names, weightsName).at(-1) ?? -1,
    curve: [],
    best: null,
    resumable: false,
    problem: error.toData(),
  }
}

function incomplete(): AppError {
  return new AppError(
    'run/incomplete',
    `This run's folder is incomplete: its ${runFileName} is gone.`,
    'Its pictures can still be looked at. To go on, start a new run from one of its checkpoints.',
  )
}

function isRun(names: readonly string[]): boolean {
  return (
    [runFileName, metricsName, resumeName].some((name) => names.includes(name)) ||
    epochsOf(names, weightsName).length > 0
  )
}

/** Whether a process works on it now. The lock of a run that has ended is not even looked at. */
async function isTrained(folder: string, status: RunStatus): Promise<boolean> {
  return (status === 'training' || status === 'paused') && isHeld(join(folder, lockName))
}

/** Null: there is no such folder. */
async function namesIn(folder: string): Promise<string[] | null> {
  try {
    return await readdir(folder)
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(systemCode(error) ?? '')) return null
    throw diskError(error, 'read', folder)
  }
}

function lowest(epochs: readonly number[], lossOf: (epoch: number) => number | null | undefined): number | undefined {
  const known = epochs.filter((epoch) => typeof lossOf(epoch) === 'number')
  return known.toSorted((a, b) => lossOf(a)! - lossOf(b)!)[0]
}

function notFound(id: string): AppError {
  return new AppError(
    'run/not-found',
    `There is no run ${id}.`,
    'It may have been deleted or moved: look at the list again.',
  )
}
