/** One run of the queue: begun in its folder, or gone on with; and what a person is told where it cannot be. */
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { noNotes } from '../../preload/contract'
import { AppError, type ErrorData } from '../../preload/errors'
import { begunRun, isFinished } from '../runs/begun'
import type { KeptRun } from '../runs/queue-file'
import type { Trainer } from '../trainer/api'

/**
 * Begins it, or goes on with it where it was begun.
 * @param path its folder
 * @returns `done`: nothing was left to do @throws AppError as the trainer does
 */
export async function openQueued(
  trainer: Pick<Trainer, 'start' | 'resume'>,
  resultFolder: string,
  { settings, name, data, group, from }: KeptRun,
  path: string,
): Promise<'begun' | 'done'> {
  const before = await begunRun(path)
  if (before !== null && isFinished(before)) return 'done'
  if (before !== null) await trainer.resume({ runFolder: path })
  else
    await trainer.start({
      settings,
      name,
      resultFolder,
      folder: path,
      dataFolder: data.folder,
      ...(data.fingerprint !== undefined && { fingerprint: data.fingerprint }),
      ...(group !== null && { notes: { ...noNotes, tags: [group] } }),
      ...(from !== null && { from: { runFolder: join(resultFolder, from.run), epoch: from.epoch } }),
    })
  return 'begun'
}

/** It could not be begun, for this reason: the folder that was to be its own goes, where nothing was begun in it. */
export async function withProblem(run: KeptRun, resultFolder: string, problem: ErrorData): Promise<KeptRun> {
  if (run.run === null) return { ...run, problem }
  const path = join(resultFolder, run.run)
  if ((await begunRun(path).catch(() => undefined)) !== null) return { ...run, problem }
  await rm(path, { recursive: true, force: true }).catch(() => undefined)
  return { ...run, run: null, problem }
}

export function failed({ name }: KeptRun, problem: ErrorData | null): AppError {
  const why = problem === null ? 'It has ended before its last epoch.' : problem.message
  const remedy = `The queue goes on. ${problem?.remedy ?? ''}`.trim()
  return new AppError('queue/run-failed', `“${name}” has failed. ${why}`, remedy)
}

export function notBegun({ name }: KeptRun, { message, remedy }: AppError): AppError {
  return new AppError('queue/not-begun', `“${name}” could not be begun. ${message}`, `The queue goes on. ${remedy}`)
}
