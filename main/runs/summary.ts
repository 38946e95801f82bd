/** What a list shows of a run, from its run.json and the names of its files; also of one that is half deleted. */
import { sep } from 'node:path'
import { runSettings, type RunId, type RunNotes, type RunStatus, type RunSummary } from '../../preload/contract'
import { AppError } from '../../preload/errors'
import { classesOf } from './data'
import { withoutState } from './folder'
import { epochsOf, hasState, runFileName, weightsName } from './names'
import type { RunFile } from './run-file'

interface State {
  /** Of the files in its folder. */
  readonly names: readonly string[]
  /** A process works on it now. */
  readonly trained: boolean
  /** What is wrong with its checkpoints. */
  readonly weights: AppError | null
  readonly notes: RunNotes
}

export function summaryOf(id: RunId, file: RunFile, { names, trained, weights, notes }: State): RunSummary {
  const { name, settings, startedAt, from, engine, data, epoch, curve, seconds, stepsPerEpoch, problem } = file
  const status: RunStatus = file.status === 'training' && !trained ? 'interrupted' : file.status
  const best = lowest([...curve.keys()], (epoch) => curve[epoch])
  const saved = hasState(names)
  return {
    id,
    name,
    status,
    settings,
    startedAt,
    from,
    engine: engine.name,
    device: engine.device,
    data: {
      name: data.name,
      fingerprint: data.fingerprint,
      classes: classesOf(data),
      ...(data.meanPicture !== undefined && { meanPicture: data.meanPicture }),
    },
    epoch,
    curve: [...curve],
    seconds: [...seconds],
    stepsPerEpoch,
    best,
    resumable:
      saved && !trained && (status !== 'done' || epoch < settings.epochs) && problem?.code !== 'training/diverged',
    problem: problem ?? (saved || status === 'done' ? weights : withoutState())?.toData() ?? null,
    notes,
  }
}

interface Remains {
  /** Of its files, as far as they are known. */
  readonly names: readonly string[]
  readonly problem: AppError
  readonly startedAt: Date
  readonly notes: RunNotes
}

/** A run that is half deleted, or that cannot be read. */
export function damaged(id: RunId, { names, problem, startedAt, notes }: Remains): RunSummary {
  return {
    id,
    name: id,
    status: 'failed',
    settings: runSettings.parse({}),
    startedAt: startedAt.toISOString(),
    from: null,
    engine: null,
    device: null,
    data: null,
    epoch: epochsOf(names, weightsName).at(-1) ?? -1,
    curve: [],
    seconds: [],
    stepsPerEpoch: null,
    best: null,
    resumable: false,
    problem: problem.toData(),
    notes,
  }
}

export function incomplete(): AppError {
  return new AppError(
    'run/incomplete',
    `This run's folder is incomplete: its ${runFileName} is gone.`,
    'Its pictures can still be looked at. To go on, start a new run from one of its checkpoints.',
  )
}

/** The epoch with the lowest loss, the first of several; null where none is known. */
export function lowest(
  epochs: readonly number[],
  lossOf: (epoch: number) => number | null | undefined,
): { epoch: number; loss: number } | null {
  const known = epochs
    .map((epoch) => ({ epoch, loss: lossOf(epoch) ?? NaN }))
    .filter(({ loss }) => Number.isFinite(loss))
  return known.toSorted((a, b) => a.loss - b.loss)[0] ?? null
}

/** It is told beside the name of the run, whose folder it is. */
export function withoutPath({ code, message, remedy, details }: AppError, folder: string): AppError {
  const short = message.replaceAll(`${folder}${sep}`, '').replaceAll(folder, 'Its folder')
  return new AppError(code, short, remedy, details === undefined ? {} : { details })
}
