import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { runSettings, type EpochMetrics } from '../../preload/contract'
import { readSafetensors } from '../../main/files/safetensors'
import {
  keepState,
  pruneStates,
  readLastState,
  readState,
  readWeights,
  writeState,
  writeWeights,
  type SavedState,
} from '../../main/training/checkpoint'
import { createModel } from '../../main/vlae/create'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vlae-run-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const { layout, initialise } = createModel({ condition: 'label' })
const settings = runSettings.parse({ seed: 9 })
const metrics: EpochMetrics = {
  type: 'epoch',
  epoch: 3,
  step: 1407,
  klWeight: 0.3,
  train: { loss: 101, reconstruction: 90, klZ1: 5, klZ2: 6 },
  test: { loss: 100.5, reconstruction: 89, klZ1: 5.25, klZ2: 6.25 },
}

function sameBits(a: Float32Array, b: Float32Array): boolean {
  return Buffer.from(a.buffer).equals(Buffer.from(b.buffer))
}

describe('weights', () => {
  it('are a PyTorch state_dict that comes back to the bit', async () => {
    const path = join(folder, 'weights.safetensors')
    const parameters = initialise(9)
    await writeWeights(path, parameters, layout, settings, metrics)
    expect(sameBits(await readWeights(path, layout), parameters)).toBe(true)
    const { tensors, metadata } = await readSafetensors(path)
    expect(tensors.get('encoder.conv.0.weight')?.shape).toEqual([32, 1, 4, 4])
    expect(tensors.get('decoder.fc.2.weight')?.shape).toEqual([3136, 256])
    expect([...tensors.values()].every(({ dtype }) => dtype === 'F32')).toBe(true)
    expect(metadata).toMatchObject({ format: 'pt', epoch: '3', step: '1407' })
    expect(JSON.parse(metadata['settings']!)).toEqual(settings)
    expect(JSON.parse(metadata['metrics']!)).toEqual(metrics)
  })

  it('are the same bytes whenever they are written', async () => {
    const [one, other] = [join(folder, 'one'), join(folder, 'other')]
    for (const path of [one, other]) await writeWeights(path, initialise(9), layout, settings, metrics)
    expect((await readFile(one)).equals(await readFile(other))).toBe(true)
  })

  it('of another network are refused', async () => {
    const path = join(folder, 'weights.safetensors')
    const none = createModel({ condition: 'none' })
    await writeWeights(path, none.initialise(0), none.layout, settings, metrics)
    await expect(readWeights(path, layout)).rejects.toMatchObject({ code: 'run/other-model' })
  })
})

describe('the state that training goes on from', () => {
  const layout = { entries: [], size: 1000 }
  function state(step: number): SavedState {
    const vector = (stream: number) => Float32Array.from({ length: layout.size }, (_, i) => Math.fround(stream + i / 3))
    const sums = { loss: 0.1 + 0.2, reconstruction: 1 / 3, klZ1: 1e-300, klZ2: 12345.678901234567, images: 640 }
    const learner = { parameters: vector(step), firstMoment: vector(-1), secondMoment: vector(2) }
    return { learner, progress: { step, epoch: 2, sums } }
  }
  const path = () => join(folder, 'resume.safetensors')

  it('comes back to the bit, sums in float64', async () => {
    await writeState(path(), state(5))
    expect(await readState(path(), layout)).toEqual(state(5))
  })

  it('of another size, or without its progress, is refused', async () => {
    await writeState(path(), state(5))
    const smaller = { entries: [], size: 999 }
    await expect(readState(path(), smaller)).rejects.toMatchObject({ code: 'run/damaged-state' })
    await writeWeights(path(), new Float32Array(layout.size), layout, settings, metrics)
    await expect(readState(path(), layout)).rejects.toMatchObject({ code: 'run/damaged-state' })
  })

  it('is kept for an epoch while the next one is saved', async () => {
    await writeState(path(), state(5))
    await keepState(folder, 1)
    await writeState(path(), state(6))
    await keepState(folder, 2)
    await keepState(folder, 2)
    const kept = await readState(join(folder, 'optimizer_epoch1.safetensors'), layout)
    expect(kept.progress.step).toBe(5)
    expect((await readLastState(folder, layout)).state.progress.step).toBe(6)
  })

  it('is replaced by the newest kept one that can be read, where it is damaged', async () => {
    await writeState(path(), state(5))
    for (const epoch of [1, 2, 10]) await keepState(folder, epoch)
    await rm(join(folder, 'optimizer_epoch10.safetensors'))
    await writeFile(join(folder, 'optimizer_epoch10.safetensors'), 'damaged too')
    await rm(path())
    const { state: found, notice } = await readLastState(folder, layout)
    expect(found).toEqual(state(5))
    expect(notice).toMatch(/end of epoch 2 instead/)
  })

  it('that is nowhere is an error', async () => {
    await expect(readLastState(folder, layout)).rejects.toMatchObject({ code: 'run/no-state' })
  })

  it('is kept for the last two epochs and the best one', async () => {
    for (let epoch = 0; epoch < 6; epoch++) await writeFile(join(folder, `optimizer_epoch${epoch}.safetensors`), '')
    await pruneStates(folder, [null, 8, 3, 4, 5, 6])
    expect((await readdir(folder)).toSorted()).toEqual([2, 4, 5].map((epoch) => `optimizer_epoch${epoch}.safetensors`))
  })
})
