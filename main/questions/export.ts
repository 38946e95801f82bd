/** A checkpoint's weights as a file that others open, with the optimizer's state where that is kept. */
import { join } from 'node:path'
import { encodeCheckpoint, isExchanged, type Written, type WrittenCheckpoint } from '../exchange/python-checkpoint'
import { disk } from '../files/layer'
import type { Model } from '../models/model'
import { toTorch } from '../models/parameters'
import { entryOf } from '../optimizers/named'
import { exportName, optimizerName } from '../runs/names'
import type { RunFile } from '../runs/run-file'
import { readState } from '../training/saved-state'
import type { Answer } from './question'

/** `epoch` counts those behind the run, too: whoever goes on takes the KL weight from it. */
export const exportWeights: Answer<'export'> = async ({ format }, { run, folder, epoch, parameters, programs }) => {
  const { model } = programs
  const optimizer = await optimizerOf(folder, epoch, run, model)
  const bytes = encodeCheckpoint({
    epoch: (run.from?.epochs ?? 0) + epoch,
    settings: run.settings,
    weights: written(parameters, model),
    optimizer,
  })
  return { name: exportName(epoch, format), bytes, optimizerSteps: optimizer?.step ?? null }
}

/** The state of an epoch's end, where it is kept and PyTorch has the same. */
async function optimizerOf(
  folder: string,
  epoch: number,
  run: RunFile,
  model: Model,
): Promise<WrittenCheckpoint['optimizer']> {
  const { name, kept } = model.optimizer
  if (!isExchanged(name) || !(await disk.list(folder)).includes(optimizerName(epoch))) return null
  const { learner, progress } = await readState(join(folder, optimizerName(epoch)), model, run)
  const step = (run.from?.optimizerSteps ?? 0) + progress.step
  // before the first step PyTorch has none, either
  if (step === 0) return null
  const vectors = kept.map((vector) => [vector.name, written(entryOf(learner, vector.name), model)] as const)
  return { optimizer: name, step, learningRate: run.settings.learningRate, kept: Object.fromEntries(vectors) }
}

/** A flat vector as PyTorch's tensors. */
function written(flat: Float32Array, { layout }: Model): Map<string, Written> {
  const tensors = toTorch(flat, layout)
  return new Map(layout.entries.map(({ name, torch: { shape } }) => [name, { shape, data: entryOf(tensors, name) }]))
}
