/** Snapshots of the whole state, from which a run is resumed exactly: the last one saved, and those kept of epochs' ends. */
import { join } from 'node:path'
import { z } from 'zod'
import { defaultsOf } from '../../preload/contract'
import { AppError, quote } from '../../preload/errors'
import type { LearnerState } from '../engine/engine'
import { copyAtomic } from '../files/atomic'
import { diskError } from '../files/disk-error'
import { disk } from '../files/layer'
import { readSafetensors, writeSafetensors, type NamedTensor, type StoredTensor } from '../files/safetensors'
import type { Model } from '../models/model'
import { vectorNames, type Optimizer } from '../optimizers/optimizer'
import { withoutState } from '../runs/folder'
import { epochsOf, optimizerName, resumeName } from '../runs/names'
import type { RunFile } from '../runs/run-file'
import type { Progress } from './loop'

/** Everything that the rest of a run depends on, besides its settings and its data. */
export interface SavedState {
  readonly learner: LearnerState
  readonly progress: Progress
}

/** What a state is of: decides which vectors and sums it has. */
type Trained = Pick<Model, 'layout' | 'parts' | 'optimizer' | 'schedule'>

/** The run that a state belongs to. */
type Owner = Pick<RunFile, 'settings' | 'data' | 'stepsPerEpoch'>

/** How far a run of this model had come, as text. */
function progressText({ parts: names, schedule }: Trained, { settings, stepsPerEpoch }: Owner) {
  const numbers = (names: readonly string[]) => Object.fromEntries(names.map((name) => [name, z.number()]))
  const { start } = schedule(settings, stepsPerEpoch)
  return z.object({
    step: z.int().min(0),
    epoch: z.int().min(-1),
    sums: z.preprocess(
      // an older version's `loss` is the objective
      (sums) => ({ objective: (sums as { loss?: unknown } | null)?.loss, ...(sums as object) }),
      z.object({ objective: z.number(), ...numbers(names), images: z.int().min(0) }),
    ),
    // an older version's schedules had no state
    schedule: z.object(numbers(Object.keys(start))).default(start),
  })
}

export async function writeState(
  path: string,
  { learner, progress }: SavedState,
  run: Owner,
  { name: optimizer }: Pick<Optimizer, 'name'>,
): Promise<void> {
  const tensors = Object.entries(learner).map(([name, data]: [string, Float32Array]): NamedTensor => {
    return { name, dtype: 'F32', shape: [data.length], data }
  })
  await writeSafetensors(path, tensors, {
    progress: JSON.stringify(progress),
    settings: JSON.stringify(run.settings),
    data: run.data.fingerprint,
    optimizer,
  })
}

/** @throws AppError `disk/…`, `safetensors/…`, `run/damaged-state` */
export async function readState(path: string, model: Trained, run: Owner): Promise<SavedState> {
  const { tensors, metadata } = await readSafetensors(path)
  assertOwn(metadata, run, model, path)
  return { learner: learnerOf(tensors, model, path), progress: progressOf(metadata, run, model, path) }
}

/** Epochs may have been added to a run since, and its engine may be gone. */
const indecisive = new Set(['epochs', 'engine'])

/** What a state is a function of is said in it; earlier versions of the app did not say it. */
function assertOwn(
  { settings, data, optimizer }: Record<string, string>,
  run: Owner,
  model: Trained,
  path: string,
): void {
  if (data !== undefined && data !== run.data.fingerprint)
    throw damagedState(path, 'is of a run that was trained on other data')
  if (optimizer !== undefined && optimizer !== model.optimizer.name)
    throw damagedState(
      path,
      `is of a run that ${quote(optimizer)} trained, where this one has ${model.optimizer.title}`,
    )
  if (settings === undefined) return
  const found = parsed(settings, path) as Readonly<Record<string, unknown>> | null
  // what an earlier version did not say was as it is by default
  const usual = defaultsOf(run.settings.model)
  const other = Object.entries(run.settings)
    .filter(([name, value]) => !indecisive.has(name) && value !== (found?.[name] ?? usual[name]))
    .map(([name]) => name)
  if (other.length > 0) throw damagedState(path, `is of a run with other settings (${other.join(', ')})`)
}

function learnerOf(
  tensors: ReadonlyMap<string, StoredTensor>,
  { layout: { size }, optimizer }: Trained,
  path: string,
): LearnerState {
  const names = vectorNames(optimizer)
  const positive = new Set(optimizer.kept.filter(({ positive }) => positive).map(({ name }) => name))
  for (const name of tensors.keys())
    if (!names.includes(name))
      throw damagedState(path, `holds ${quote(name)}, which this version of the app does not know`)
  const vectors = names.map((name) => {
    const { data } = tensors.get(name) ?? {}
    if (!(data instanceof Float32Array) || data.length !== size)
      throw damagedState(path, `has ${data?.length ?? 'no'} numbers as ${name}, where the run’s network has ${size}`)
    const bad = data.findIndex((value) => !Number.isFinite(value) || (positive.has(name) && value < 0))
    if (bad !== -1) throw damagedState(path, `says ${data[bad]} for number ${bad + 1} of ${name}`)
    return [name, data] as const
  })
  return Object.fromEntries(vectors) as unknown as LearnerState
}

function progressOf(metadata: Record<string, string>, run: Owner, model: Trained, path: string): Progress {
  const { settings, stepsPerEpoch } = run
  const { data: progress, error } = progressText(model, run).safeParse(parsed(metadata['progress'] ?? '', path))
  if (progress === undefined) throw damagedState(path, 'does not say how far the run had come', error)
  const { epoch, step, sums } = progress
  const first = Math.max(epoch, 0) * stepsPerEpoch
  const last = Math.min(epoch + 1, settings.epochs) * stepsPerEpoch
  const most = (step - first) * settings.batch
  if (epoch > settings.epochs || step < first || step > last || sums.images > most)
    throw damagedState(
      path,
      `says that ${step} steps and ${Math.max(epoch, 0)} epochs were done, and ${sums.images} images of the next one; ` +
        `this run has ${settings.epochs} epochs of ${stepsPerEpoch} steps of ${settings.batch} images`,
    )
  return progress
}

function parsed(text: string, path: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw damagedState(path, 'does not say how far the run had come, or says it in a way that cannot be read', cause)
  }
}

function damagedState(path: string, what: string, cause?: unknown): AppError {
  return new AppError('run/damaged-state', `${path} ${what}.`, 'Start a new run from one of its checkpoints.', {
    cause,
  })
}

/** Keeps the state just saved as that of an epoch's end: the next save puts a new file under its own name. */
export async function keepState(folder: string, epoch: number): Promise<void> {
  await copyAtomic(join(folder, resumeName), join(folder, optimizerName(epoch)))
}

/** Removes the kept states but the last two and that of the best epoch. @param curve test losses by epoch */
export async function pruneStates(folder: string, curve: readonly (number | null)[]): Promise<void> {
  const best = Math.min(...curve.filter((loss) => loss !== null))
  const keep = new Set([curve.length - 1, curve.length - 2, curve.indexOf(best)])
  try {
    for (const epoch of epochsOf(await disk.list(folder), optimizerName))
      if (!keep.has(epoch)) await disk.remove(join(folder, optimizerName(epoch)))
  } catch (error) {
    throw diskError(error, 'cleaned up', folder)
  }
}

/**
 * The last state that can be gone on from: resume.safetensors, or where that is damaged the newest kept one.
 *
 * @returns `notice`: what a person should know, when it is not the last one saved
 * @throws AppError `run/no-state` when there is none at all, `disk/denied` where a file may not be read, and as readState
 */
export async function readLastState(
  folder: string,
  model: Trained,
  run: Owner,
): Promise<{ state: SavedState; notice: string | null }> {
  try {
    return { state: await readState(join(folder, resumeName), model, run), notice: null }
  } catch (thrown) {
    const error = AppError.from(thrown)
    // the file may be good: what it holds is not given up for what only has to be allowed
    if (['disk/denied', 'disk/too-many-open'].includes(error.code)) throw error
    for (const epoch of epochsOf(await disk.list(folder), optimizerName).toReversed()) {
      const state = await readState(join(folder, optimizerName(epoch)), model, run).catch(() => undefined)
      if (state?.progress.epoch !== epoch) continue
      return { state, notice: `${error.message} Training goes on from the end of epoch ${epoch} instead.` }
    }
    throw error.code === 'disk/not-found' ? withoutState() : error
  }
}
