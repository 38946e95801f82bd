/** Where a run's data lies: as run.json says, or where a person has found it since. Knows no tensors. */
import { join } from 'node:path'
import type { ClassNames } from '../../preload/classes'
import { AppError } from '../../preload/errors'
import { writeAtomic } from '../files/atomic'
import { knownClasses } from '../mnist/classes'
import { loadDataset } from '../mnist/dataset'
import { assertOwn, readRunFile } from './folder'
import { dataName } from './names'
import type { RunFile } from './run-file'

export type RunData = RunFile['data']

/**
 * Keeps with the run that its data is there now, if it is: then nobody is asked again.
 *
 * @param place a folder in MNIST's format
 * @param signal given up: nothing is kept any more
 * @throws AppError `run/other-data` when it is not the data of this run; `data/…`, `run/…`, `disk/…`
 */
export async function locateData(runFolder: string, place: string, signal?: AbortSignal): Promise<void> {
  const run = await readRunFile(runFolder)
  assertOwn(run)
  const { data } = run
  const { folder, fingerprint } = await loadDataset(place)
  if (fingerprint !== data.fingerprint)
    throw new AppError(
      'run/other-data',
      `The data in ${folder} is not what this run was trained on.`,
      `Choose the folder that holds the same files as ${data.folder} did.`,
      { details: fingerprints(data, fingerprint) },
    )
  signal?.throwIfAborted()
  await writeAtomic(join(runFolder, dataName), `${folder}\n`)
}

/** @param problem with reading the folder */
export function dataGone(folder: string, problem: AppError): AppError {
  return new AppError(
    'run/data-gone',
    `The data that this run was trained on cannot be read any more. ${problem.message}`,
    `Put it back into ${folder}, or name the folder that it is in now (in the terminal: \`--data DIR\`).`,
    problem.details === undefined ? {} : { details: problem.details },
  )
}

export function dataChanged(folder: string, data: Pick<RunData, 'fingerprint'>, now: string): AppError {
  return new AppError(
    'run/data-changed',
    `The data in ${folder} is not what this run was trained on: its files have changed since.`,
    'Put the files back as they were, or name the folder that they are in now (in the terminal: `--data DIR`).',
    { details: fingerprints(data, now) },
  )
}

function fingerprints(then: Pick<RunData, 'fingerprint'>, now: string): string {
  return `SHA-256 then: ${then.fingerprint}, now: ${now}`
}

/** What a run that goes on from one of this run's checkpoints is trained on: the data that its weights know. */
export function knownData({ data }: Pick<RunFile, 'data'>): { dataFolder: string | null; fingerprint: string } {
  return { dataFolder: data.bundled ? null : data.folder, fingerprint: data.fingerprint }
}

/** What the classes are called that this run was trained on; also of one that was written before they were kept. */
export function classesOf({ classes, fingerprint }: Pick<RunData, 'classes' | 'fingerprint'>): ClassNames {
  return classes ?? knownClasses(fingerprint)
}
