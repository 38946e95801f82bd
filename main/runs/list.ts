/** The runs of a result folder: what they are and how they stand, read from their files. Knows no tensors. */
import { readdir, stat } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import {
  noNotes,
  type Checkpoint,
  type RunId,
  type RunNotes,
  type RunStatus,
  type RunSummary,
} from '../../preload/contract'
import { AppError } from '../../preload/errors'
import { diskError, systemCode } from '../files/disk-error'
import { isHeld } from '../files/lock'
import { checkpointsIn } from './checkpoints'
import { hasRunName, readRunFile, renameRun } from './folder'
import { isRunId, runIds } from './ids'
import { hasRunFiles, lockName, notesName, optimizerName, runFileName, weightsName } from './names'
import { changeNotes, readNotes } from './notes'
import { sweep } from './removed'
import type { RunFile } from './run-file'
import { sweepStages } from './stage'
import { damaged, incomplete, summaryOf, withoutPath } from './summary'
import { Trash } from './trash'
import { newestWeights, weightsProblem } from './weights'

/** @throws AppError `disk/…` when the result folder cannot be read; a run that cannot be is in the list, with why */
export function listRuns(resultFolder: string): Promise<RunSummary[]> {
  return new Runs(resultFolder).list()
}

interface RunsOptions {
  readonly trash?: Trash
  /** It is an error that the result folder is not there: a person has chosen it, and it was. */
  readonly expected?: boolean
}

export class Runs {
  readonly resultFolder: string
  private readonly trash: Trash
  private readonly expected: boolean

  constructor(resultFolder: string, { trash = new Trash(), expected = false }: RunsOptions = {}) {
    this.resultFolder = resolve(resultFolder)
    this.trash = trash
    this.expected = expected
  }

  /** The folders that can be runs; none where there is no result folder yet. @throws AppError `disk/…` */
  async ids(): Promise<RunId[]> {
    try {
      return await runIds(this.resultFolder)
    } catch (error) {
      if (systemCode(error) === 'ENOENT' && !this.expected) return []
      throw diskError(error, 'read', this.resultFolder)
    }
  }

  /** All runs, the newest first. @throws AppError `disk/…` when the result folder cannot be read */
  async list(): Promise<RunSummary[]> {
    const runs = await Promise.all((await this.ids()).map((id) => this.summary(id)))
    return runs
      .filter((run) => run !== null)
      .toSorted((a, b) => compare(b.startedAt, a.startedAt) || compare(b.id, a.id))
  }

  /** @throws AppError `run/not-found` */
  async get(id: RunId): Promise<RunSummary> {
    const run = await this.summary(id)
    if (run === null) throw notFound(id)
    return run
  }

  /** A run's absolute path. @throws AppError `run/not-found` for what is not the name of a folder in this one */
  pathOf(id: RunId): string {
    if (!isRunId(id)) throw notFound(id)
    return join(this.resultFolder, id)
  }

  /** @throws AppError `run/not-found`, `run/incomplete` when only run.json is, `run/damaged`, `disk/…` */
  async file(id: RunId): Promise<RunFile> {
    if (!(await this.names(id)).includes(runFileName)) throw incomplete()
    return readRunFile(this.pathOf(id))
  }

  /** By epoch; those whose file cannot be used are marked. @throws AppError `run/not-found`, `disk/…` */
  async checkpoints(id: RunId): Promise<Checkpoint[]> {
    return checkpointsIn(this.pathOf(id), await this.names(id))
  }

  /** The name only: the folder keeps its own. @throws AppError `run/not-found`, `run/damaged`, `disk/…` */
  async rename(id: RunId, name: string): Promise<void> {
    await renameRun(this.pathOf(id), name)
  }

  /** Notes something else of a run; what is left out stays. @throws AppError `run/not-found`, `run/damaged`, `disk/…` */
  async note(id: RunId, change: Partial<RunNotes>): Promise<void> {
    await this.names(id)
    await changeNotes(this.pathOf(id), change)
  }

  /** The folder of a run that is there. @throws AppError `run/not-found` */
  async folderOf(id: RunId): Promise<string> {
    await this.names(id)
    return this.pathOf(id)
  }

  /**
   * Puts a run aside, or with `epoch` one of its checkpoints, whose pictures stay: the run's film has no gap.
   * @throws AppError `run/in-use` while it trains, `run/not-found`, `run/no-checkpoint`, `run/removed-elsewhere`,
   *   `run/cannot-move`, `disk/…`
   */
  async remove(id: RunId, epoch?: number): Promise<void> {
    const folder = this.pathOf(id)
    await this.names(id)
    if (epoch === undefined) {
      if (await isHeld(join(folder, lockName)))
        throw new AppError('run/in-use', 'This run is being trained.', 'Stop it first, then delete it.')
      return this.trash.put(this.resultFolder, [id])
    }
    try {
      await this.trash.put(folder, [weightsName(epoch), optimizerName(epoch)])
    } catch (error) {
      if (!(error instanceof AppError && error.code === 'disk/not-found')) throw error
      throw new AppError('run/no-checkpoint', `This run has no checkpoint of epoch ${epoch}.`, 'Pick another epoch.')
    }
  }

  /**
   * Takes back what `remove` put aside last.
   *
   * @returns the run's id: another one where a new run has its folder's name now
   * @throws AppError `run/not-removed`, `run/removed-elsewhere`, `run/cannot-move`, `disk/…`
   */
  async restore(id: RunId, epoch?: number): Promise<RunId> {
    const folder = this.pathOf(id)
    if (epoch === undefined) return basename(await this.trash.restore(folder, { beside: true }))
    await this.trash.restore(join(folder, weightsName(epoch)), { beside: false })
    return id
  }

  /** Whether this can be taken back. */
  canRestore(id: RunId, epoch: number | null): boolean {
    const folder = this.pathOf(id)
    return this.trash.holds(epoch === null ? folder : join(folder, weightsName(epoch)))
  }

  /** Deletes for good what apps that have crashed had put aside. */
  async sweep(): Promise<void> {
    await Promise.all([sweep(this.resultFolder), sweepStages(this.resultFolder)])
    for (const id of await this.ids().catch(() => [])) await sweep(this.pathOf(id))
  }

  /** Null: the folder is gone, or is none of a run as far as can be seen. Never rejects. */
  private async summary(id: RunId): Promise<RunSummary | null> {
    const folder = this.pathOf(id)
    let names: readonly string[] = []
    let notes = noNotes
    try {
      names = await this.names(id)
      if (names.includes(notesName)) notes = await readNotes(folder)
      if (!names.includes(runFileName)) throw incomplete()
      const file = await readRunFile(folder)
      const trained = await isTrained(folder, file.status)
      const weights = weightsProblem(await newestWeights(folder, names), file.epoch)
      return summaryOf(id, file, { names, trained, weights: weights && withoutPath(weights, folder), notes })
    } catch (thrown) {
      const error = AppError.from(thrown)
      // any program may have a run.json; and what cannot be looked into is ours when it has such a name
      const isOurs = hasRunFiles(names) || (hasRunName(id) && error.code !== 'run/incomplete')
      if (error.code === 'run/not-found' || !isOurs) return null
      const startedAt = (await stat(folder).catch(() => null))?.mtime ?? new Date(0)
      return damaged(id, { names, problem: withoutPath(error, folder), startedAt, notes })
    }
  }

  /** The names of the files in a run's folder. @throws AppError `run/not-found`, `disk/…` */
  private async names(id: RunId): Promise<string[]> {
    const folder = this.pathOf(id)
    try {
      return await readdir(folder)
    } catch (error) {
      if (['ENOENT', 'ENOTDIR'].includes(systemCode(error) ?? '')) throw notFound(id)
      throw diskError(error, 'read', folder)
    }
  }
}

/** Whether a process works on it now. The lock of a run that has ended is not even looked at. */
async function isTrained(folder: string, status: RunStatus): Promise<boolean> {
  if (status !== 'training' && status !== 'paused') return false
  // a lock that one may not look at is somebody's
  return isHeld(join(folder, lockName)).catch(() => true)
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function notFound(id: string): AppError {
  return new AppError(
    'run/not-found',
    `There is no run ${id}.`,
    'It may have been deleted or moved: look at the list again.',
  )
}
