/** A run's parameters on disk: weights as PyTorch has them, and the whole state that training goes on from exactly. */
import { join } from 'node:path'
import { z } from 'zod'
import { lossParts, type EpochMetrics, type RunSettings } from '../../preload/contract'
import { AppError } from '../../preload/errors'
import type { LearnerState } from '../engine/engine'
import { copyAtomic } from '../files/atomic'
import { diskError } from '../files/disk-error'
import { disk } from '../files/layer'
import { readSafetensors, writeSafetensors, type NamedTensor, type StoredTensor } from '../files/safetensors'
import type { ParameterLayout } from '../vlae/model'
import { fromTorch, toTorch } from '../vlae/parameters'
import type { Progress } from './loop'
import { epochsOf, optimizerName, resumeName } from './run-files'
import { withoutState } from './run-folder'

/** Writes the parameters as a PyTorch state_dict, float32; settings and metrics are in the metadata, as JSON. */
export async function writeWeights(
  path: string,
  parameters: Float32Array,
  layout: ParameterLayout,
  settings: RunSettings,
  metrics: EpochMetrics,
): Promise<void> {
  const tensors = toTorch(parameters, layout)
  await writeSafetensors(
    path,
    layout.entries.map(({ name, torch }) => ({ name, dtype: 'F32', shape: torch.shape, data: tensors[name]! })),
    {
      format: 'pt',
      epoch: String(metrics.epoch),
      step: String(metrics.step),
      settings: JSON.stringify(settings),
      metrics: JSON.stringify(metrics),
    },
  )
}

/**
 * The flat parameter vector of a file of weights.
 *
 * @throws AppError `disk/…`, `safetensors/…`, or `run/other-model` when the weights are another network's
 */
export async function readWeights(path: string, layout: ParameterLayout): Promise<Float32Array> {
  const { tensors } = await readSafetensors(path)
  const floats: Record<string, Float32Array> = {}
  for (const [name, { data }] of tensors) if (data instanceof Float32Array) floats[name] = data
  try {
    return fromTorch(floats, layout)
  } catch (cause) {
    throw new AppError(
      'run/other-model',
      `${path} holds the weights of another network than the run's settings describe.`,
      'Take a checkpoint of this run, or the run that these weights belong to.',
      { cause },
    )
  }
}

/** Everything that the rest of a run depends on, besides its settings and its data. */
export interface SavedState {
  readonly learner: LearnerState
  readonly progress: Progress
}

const progressText = z.object({
  step: z.int().min(0),
  epoch: z.int().min(-1),
  sums: lossParts.extend({ images: z.int().min(0) }),
})

export async function writeState(path: string, { learner, progress }: SavedState): Promise<void> {
  const tensors = Object.entries(learner).map(([name, data]: [string, Float32Array]): NamedTensor => {
    return { name, dtype: 'F32', shape: [data.length], data }
  })
  await writeSafetensors(path, tensors, { progress: JSON.stringify(progress) })
}

/** @throws AppError `disk/…`, `safetensors/…`, `run/damaged-state` */
export async function readState(path: string, layout: ParameterLayout): Promise<SavedState> {
  const { tensors, metadata } = await readSafetensors(path)
  try {
    const vector = (name: keyof LearnerState) => floats(tensors.get(name), layout.size)
    return {
      learner: {
        parameters: vector('parameters'),
        firstMoment: vector('firstMoment'),
        secondMoment: vector('secondMoment'),
      },
      progress: progressText.parse(JSON.parse(metadata['progress'] ?? '')),
    }
  } catch (cause) {
    throw new AppError(
      'run/damaged-state',
      `${path} does not hold a state that this run can go on from.`,
      'Start a new run from one of its checkpoints.',
      { cause },
    )
  }
}

function floats(tensor: StoredTensor | undefined, size: number): Float32Array {
  if (!(tensor?.data instanceof Float32Array) || tensor.data.length !== size)
    throw new RangeError(`expected ${size} numbers, found ${tensor?.data.length ?? 'none'}`)
  return tensor.data
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
 * The last state that can be read: resume.safetensors, or where that is damaged the newest kept one.
 *
 * @returns `notice`: what a person should know, when it is not the last one saved
 * @throws AppError `run/no-state` when there is none at all, and as readState
 */
export async function readLastState(
  folder: string,
  layout: ParameterLayout,
): Promise<{ state: SavedState; notice: string | null }> {
  try {
    return { state: await readState(join(folder, resumeName), layout), notice: null }
  } catch (thrown) {
    for (const epoch of epochsOf(await disk.list(folder), optimizerName).toReversed()) {
      const state = await readState(join(folder, optimizerName(epoch)), layout).catch(() => undefined)
      if (state === undefined) continue
      const { message } = AppError.from(thrown)
      return { state, notice: `${message} Training goes on from the end of epoch ${epoch} instead.` }
    }
    if (thrown instanceof AppError && thrown.code === 'disk/not-found') throw withoutState()
    throw thrown
  }
}
