/** Where deleted runs and checkpoints wait, inside the folder they were in, until they are taken back or gone for good. */
import { existsSync } from 'node:fs'
import { access, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { AppError } from '../../preload/errors'
import { diskError } from '../files/disk-error'
import { makeFolder } from '../files/make-folder'
import { optimizerName, weightsName } from '../training/run-files'

const trashName = '.trash'

export class Trash {
  /** @throws AppError `disk/…` */
  async putRun(folder: string): Promise<void> {
    await move(folder, trashed(folder))
  }

  /** @throws AppError `run/not-removed`, `disk/…` */
  async restoreRun(folder: string): Promise<void> {
    await restore(trashed(folder), folder)
  }

  /** Its pictures stay: the run's film has no gap. @throws AppError `run/no-checkpoint`, `disk/…` */
  async putCheckpoint(folder: string, epoch: number): Promise<void> {
    const [weights, optimizer] = filesOf(folder, epoch)
    try {
      await move(weights, trashed(weights))
    } catch (error) {
      if (!(error instanceof AppError && error.code === 'disk/not-found')) throw error
      throw new AppError('run/no-checkpoint', `This run has no checkpoint of epoch ${epoch}.`, 'Pick another epoch.')
    }
    await move(optimizer, trashed(optimizer)).catch(unlessMissing)
  }

  /** @throws AppError `run/not-removed`, `disk/…` */
  async restoreCheckpoint(folder: string, epoch: number): Promise<void> {
    const [weights, optimizer] = filesOf(folder, epoch)
    await restore(trashed(weights), weights)
    await move(trashed(optimizer), optimizer).catch(unlessMissing)
  }

  /** Deletes for good. @throws AppError `disk/…` */
  async empty(folder: string): Promise<void> {
    try {
      await rm(join(folder, trashName), { recursive: true, force: true })
    } catch (error) {
      throw diskError(error, 'deleted', join(folder, trashName))
    }
  }
}

/** What a checkpoint is made of: its weights, and the optimizer's state where it is kept. */
function filesOf(folder: string, epoch: number): [weights: string, optimizer: string] {
  return [join(folder, weightsName(epoch)), join(folder, optimizerName(epoch))]
}

function trashed(path: string): string {
  return join(dirname(path), trashName, basename(path))
}

/** What lies at the new place is replaced. @throws AppError `disk/…` */
async function move(from: string, to: string): Promise<void> {
  try {
    await access(from)
    await makeFolder(dirname(to))
    await rm(to, { recursive: true, force: true })
    await rename(from, to)
  } catch (error) {
    throw diskError(error, 'moved', from)
  }
}

async function restore(from: string, to: string): Promise<void> {
  if (existsSync(to))
    throw new AppError(
      'run/not-removed',
      `${basename(to)} is there: it need not be taken back.`,
      'Look at the list again.',
    )
  try {
    await move(from, to)
  } catch (error) {
    if (!(error instanceof AppError && error.code === 'disk/not-found')) throw error
    throw new AppError(
      'run/not-removed',
      `${basename(to)} has been deleted for good.`,
      'It cannot be taken back any more.',
    )
  }
}

function unlessMissing(error: unknown): void {
  if (!(error instanceof AppError && error.code === 'disk/not-found')) throw error
}
