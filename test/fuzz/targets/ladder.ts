/** What takes long to load, with tfjs in it: the app's own network, so narrow that it is written in a millisecond. */
import { runSettings } from '../../../preload/contract'
import { encodeSafetensors, type NamedTensor } from '../../../main/files/safetensors'
import { readWeights, writeWeights } from '../../../main/training/checkpoint'
import { readState, writeState } from '../../../main/training/saved-state'
import { createModel } from '../../../main/vlae/create'
import { epoch } from '../../app/fake-trainer'

const network = { condition: 'label', width: 1 / 16 } as const
const settings = runSettings.parse({})
export const { layout } = createModel(network)

export const good = encodeSafetensors(
  layout.entries.map(({ name, torch, size }): NamedTensor => ({
    name,
    dtype: 'F32',
    shape: torch.shape,
    data: new Float32Array(size).fill(0.5),
  })),
  { format: 'pt', epoch: '3', settings: JSON.stringify(settings), metrics: JSON.stringify(epoch(3)) },
)

export const read = (path: string) => readWeights(path, network)
export const write = (path: string, parameters: Float32Array) =>
  writeWeights(path, parameters, layout, settings, epoch(1))
export { readState, writeState }
