/** A checkpoint's weights as files that others open; for PyTorch with the optimizer's state, where that is kept. */
import { join } from 'node:path'
import { count } from '../../preload/amounts'
import type { Exported, WeightFormat } from '../../preload/contract'
import { encodeCheckpoint, isExchanged, type Written, type WrittenCheckpoint } from '../exchange/python-checkpoint'
import { disk } from '../files/layer'
import { encodeZip } from '../files/zip'
import type { Model } from '../models/model'
import { toTorch } from '../models/parameters'
import { entryOf } from '../optimizers/named'
import type { Optimizer } from '../optimizers/optimizer'
import { exportName, optimizerName } from '../runs/names'
import type { RunFile } from '../runs/run-file'
import { readState } from '../training/saved-state'
import { exportHub } from './export-hub'
import { exportOnnx } from './export-onnx'
import type { Answer, Checkpoint } from './question'

const formats: Readonly<Record<WeightFormat, (checkpoint: Checkpoint) => Promise<Exported>>> = {
  pt: exportTorch,
  onnx: exportOnnx,
  hub: exportHub,
}

export const exportWeights: Answer<'export'> = async ({ format, packed }, checkpoint) => {
  const exported = await formats[format](checkpoint)
  const { name, files } = exported
  if (!packed || files.length === 1) return exported
  const inFolder = files.map((file) => ({ name: `${name}/${file.name}`, data: file.bytes }))
  return { ...exported, name: `${name}.zip`, files: [{ name: `${name}.zip`, bytes: encodeZip(inFolder) }] }
}

/** `epoch` counts those behind the run, too: whoever goes on takes the KL weight from it. */
async function exportTorch({ run, folder, epoch, parameters, programs: { model } }: Checkpoint): Promise<Exported> {
  const optimizer = await optimizerOf(folder, epoch, run, model)
  const bytes = encodeCheckpoint({
    epoch: (run.from?.epochs ?? 0) + epoch,
    settings: run.settings,
    weights: written(parameters, model),
    optimizer,
  })
  const name = exportName(epoch)
  const about = `Weights of epoch ${epoch}, ${stateInWords(model.optimizer, optimizer)}`
  return { name, files: [{ name, bytes }], about, optimizerSteps: optimizer?.step ?? null }
}

function stateInWords({ name, title }: Optimizer, optimizer: WrittenCheckpoint['optimizer']): string {
  if (optimizer !== null) return `with ${title}’s state after ${count(optimizer.step)} steps`
  if (!isExchanged(name)) return `without ${title}’s state: PyTorch’s ${title} does not compute as this app’s does`
  return `without ${title}’s state, which is kept of the last two epochs and the best one only`
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
