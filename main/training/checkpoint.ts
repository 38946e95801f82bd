/** A run's parameters on disk: weights as PyTorch has them, and the whole state that training goes on from exactly. */
import { z } from 'zod'
import { lossParts, type EpochMetrics, type RunSettings } from '../../preload/contract'
import { AppError } from '../../preload/errors'
import type { LearnerState } from '../engine/engine'
import { readSafetensors, writeSafetensors, type NamedTensor, type StoredTensor } from '../files/safetensors'
import type { ParameterLayout } from '../vlae/model'
import { fromTorch, toTorch } from '../vlae/parameters'
import type { Progress } from './loop'

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
