/** A checkpoint's functions as ONNX files, for batches of any size: what onnxruntime runs and Netron shows. */
import type { Exported } from '../../preload/contract'
import { AppError } from '../../preload/errors'
import { compileForOthers } from '../engine/trace/compile'
import { views } from '../models/parameters'
import { entryOf } from '../optimizers/named'
import { exportFolder } from '../runs/names'
import { versions } from '../training/prepared-engines'
import type { Checkpoint } from './question'

/** @throws AppError `export/no-functions` of a model that has none to take along */
export async function exportOnnx(checkpoint: Checkpoint): Promise<Exported> {
  const { epoch } = checkpoint
  const files = onnxFiles(checkpoint)
  const names = files.map(({ name }) => name.replace('/model.onnx', '').replace('vae_', ''))
  const rest = checkpoint.programs.model.drawing ? '. Pixels are drawn by asking the decoder for one after another' : ''
  const about = `The ${new Intl.ListFormat('en').format(names)} of epoch ${epoch}, for batches of any size${rest}`
  return { name: exportFolder('onnx', epoch), files, about, optimizerSteps: null }
}

export function onnxFiles({ run, epoch, parameters, programs: { model } }: Checkpoint): Exported['files'] {
  if (model.standalone === undefined)
    throw new AppError(
      'export/no-functions',
      `The model ${run.settings.model} has no encoder or decoder that stands alone.`,
      'Take its weights along for PyTorch (pt).',
    )
  const weights = views(parameters, model.layout)
  const constants = Object.fromEntries(
    model.layout.entries.map(({ name, shape }) => [name, { shape, data: entryOf(weights, name) }]),
  )
  const facts = {
    model: run.settings.model,
    settings: JSON.stringify(run.settings),
    epoch: String(epoch),
    run: run.name,
    data: run.data.name,
    source: 'VLAE Studio',
  }
  return model.standalone.map(({ name, about, inputs, run: compute }) => ({
    name: `${name}/model.onnx`,
    bytes: compileForOthers(
      (all) => compute(all, all),
      { inputs, constants },
      { name, about, version: entryOf(versions, 'app'), epoch, facts },
    ),
  }))
}
