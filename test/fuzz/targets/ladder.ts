/** What takes long to load, with tfjs in it: the app's own network, so narrow that it is written in a millisecond. */
import { encodeSafetensors, type NamedTensor } from '../../../main/files/safetensors'
import { createLadder } from '../../../main/models/ladder/ladder'
import type { ParameterLayout } from '../../../main/models/model'
import type { RunFile } from '../../../main/runs/run-file'
import { readWeights, writeWeights } from '../../../main/training/checkpoint'
import { readState, writeState, type SavedState } from '../../../main/training/saved-state'
import { runSettings } from '../../../preload/contract'
import { ladderSettings } from '../../../preload/models/ladder'
import { epoch } from '../../app/fake-trainer'

/** As narrow for each condition. */
const narrow = (settings: Readonly<Record<string, unknown>>) => createLadder(ladderSettings(settings), 1 / 16)
const settings = runSettings.parse({})
const model = narrow(settings)
export const { layout } = model

export const good = encodeSafetensors(
  layout.entries.map(({ name, torch, size }): NamedTensor => ({
    name,
    dtype: 'F32',
    shape: torch.shape,
    data: new Float32Array(size).fill(0.5),
  })),
  { format: 'pt', epoch: '3', settings: JSON.stringify(settings), metrics: JSON.stringify(epoch(3)) },
)

export const read = (path: string) => readWeights(path, settings, narrow)
export const write = (path: string, parameters: Float32Array) =>
  writeWeights(path, parameters, layout, settings, epoch(1))
type Owner = Pick<RunFile, 'settings' | 'data' | 'stepsPerEpoch'>
export const stateOf = (path: string, layout: ParameterLayout, run: Owner) => readState(path, { ...model, layout }, run)
export const keep = (path: string, state: SavedState, run: Owner) => writeState(path, state, run, model.optimizer)
