/**
 * Which of a run's checkpoints can be used, by their files: one may be a broken link, empty, or cut off in copying. What
 * the numbers in them are is only seen when they are read. Knows no tensors.
 */
import { join } from 'node:path'
import { AppError } from '../../preload/errors'
import { checkSafetensors } from '../files/safetensors'
import { epochsOf, weightsName } from './names'

export interface NewestWeights {
  /** Null: there is none whose file is whole. */
  readonly epoch: number | null
  /** What is wrong with the last one of all, where that is another one. */
  readonly wrong: AppError | null
}

/** The newest checkpoint whose file is whole. @param names of the files in the run's folder */
export async function newestWeights(folder: string, names: readonly string[]): Promise<NewestWeights> {
  let wrong: AppError | null = null
  for (const epoch of epochsOf(names, weightsName).toReversed())
    try {
      await checkSafetensors(join(folder, weightsName(epoch)))
      return { epoch, wrong }
    } catch (thrown) {
      wrong ??= AppError.from(thrown)
    }
  return { epoch: null, wrong }
}

/**
 * What a person should know of a run's checkpoints; null: nothing.
 *
 * @param finished the last epoch that the run has finished, −1 for none
 */
export function weightsProblem(newest: NewestWeights, finished: number): AppError | null {
  const { epoch, wrong } = newest
  if (epoch === null) return finished < 0 && wrong === null ? null : noCheckpoint(newest, finished)
  if (wrong === null) return null
  const remedy = `The newest checkpoint that can be used is that of epoch ${epoch}.`
  return new AppError('run/weights-unusable', wrong.message, remedy, { cause: wrong })
}

/** Where there is none whose file is whole. */
export function noCheckpoint({ wrong }: NewestWeights, finished: number): AppError {
  const code = 'run/no-checkpoint'
  if (wrong !== null)
    return new AppError(code, `No checkpoint of this run can be used. ${wrong.message}`, wrong.remedy, { cause: wrong })
  if (finished < 0) return new AppError(code, 'This run has no checkpoint yet.', 'Train it until an epoch is done.')
  return new AppError(
    code,
    'No weights are left in this run’s folder.',
    `Its pictures can still be looked at. To use a checkpoint, put its file back: ${weightsName(finished)}, say.`,
  )
}

/** The epoch itself. @throws AppError `run/no-checkpoint`, with those there are, where it is none of the run's */
export function namedWeights(epoch: number, names: readonly string[]): number {
  const epochs = epochsOf(names, weightsName)
  if (epochs.includes(epoch)) return epoch
  throw new AppError(
    'run/no-checkpoint',
    `This run has no checkpoint of epoch ${epoch}.`,
    epochs.length === 0 ? 'It has none at all.' : `It has those of epochs ${ranges(epochs)}.`,
  )
}

/** 0, 1, 2, 3, 7 → `0–3, 7`. */
function ranges(numbers: readonly number[]): string {
  const runs: [number, number][] = []
  for (const number of numbers) {
    const last = runs.at(-1)
    if (last !== undefined && last[1] === number - 1) last[1] = number
    else runs.push([number, number])
  }
  return runs.map(([from, to]) => (from === to ? from : `${from}–${to}`)).join(', ')
}
