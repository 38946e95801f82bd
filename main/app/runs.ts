/** The runs of a result folder: what they are and how they stand, read from their files. Knows no tensors. */
import { readdir, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import {
  runId,
  type Checkpoint,
  type RunFile,
  type RunId,
  type RunStatus,
  type RunSummary,
} from '../../preload/contract'
import { AppError } from '../../preload/errors'
import { diskError, systemCode } from '../files/disk-error'
import { isHeld } from '../files/lock'
import { readMetrics } from '../training/metrics-file'
import { epochsOf, lockName, runFileName, weightsName } from '../training/run-files'
import { readRunFile, renameRun } from '../training/run-folder'
import { damaged, incomplete, isRun, lowest, summaryOf } from './run-summary'
import { Trash } from './trash'

/** @throws AppError `disk/…` when the result folder cannot be read; a run that cannot be is in the list, with why */
export function listRuns(resultFolder: string): Promise<RunSummary[]> {
  return new Runs(resultFolder).list()
}

/** The names of the folders that can be runs. @throws the file system's error */
export async function runIds(resultFolder: string): Promise<RunId[]> {
  const entries = await readdir(resultFolder, { withFileTypes: true })
  return entries.filter((entry) => entry.isDirectory() && runId.safeParse(entry.name).success).map(({ name }) => name)
}

export class Runs {
  readonly resultFolder: string
  private readonly trash = new Trash()

  constructor(resultFolder: string) {
    this.resultFolder = resolve(resultFolder)
  }

  /** All runs, the newest first; none where there is no result folder yet. */
  async list(): Promise<RunSummary[]> {
    const ids = await runIds(this.resultFolder).catch((error: unknown) => {
      if (systemCode(error) === 'ENOENT') return []
      throw diskError(error, 'read', this.resultFolder)
    })
    const runs = await Promise.all(ids.map((id) => this.summary(id)))
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

  /** By epoch. @throws AppError `run/not-found`, `disk/…` */
  async checkpoints(id: RunId): Promise<Checkpoint[]> {
    const folder = this.pathOf(id)
    const names = await namesIn(folder)
    if (names === null) throw notFound(id)
    // the weights are there all the same
    const lines = await readMetrics(folder).catch(() => [])
    const metrics = new Map(lines.flatMap((line) => (line.type === 'epoch' ? [[line.epoch, line]] : [])))
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
   * Puts a run aside, or with `epoch` one of its checkpoints, whose pictures stay.
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

function notFound(id: string): AppError {
  return new AppError(
    'run/not-found',
    `There is no run ${id}.`,
    'It may have been deleted or moved: look at the list again.',
  )
}
