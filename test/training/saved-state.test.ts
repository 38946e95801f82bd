/** The state that a run goes on from: to the bit, kept at epochs' ends, and refused where it cannot be this run's. */
import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  encodeSafetensors,
  readSafetensors,
  writeSafetensors,
  type Safetensors,
  type StoredTensor,
} from '../../main/files/safetensors'
import { createModel } from '../../main/models/create'
import { adam } from '../../main/optimizers/adam/tensors'
import type { RunFile } from '../../main/runs/run-file'
import {
  keepState,
  pruneStates,
  readLastState,
  readState,
  writeState,
  type SavedState,
} from '../../main/training/saved-state'
import { runSettings } from '../../preload/contract'
import { checkRefusal } from '../files/expect-refusal'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vlae-run-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const path = () => join(folder, 'resume.safetensors')
const kept = (epoch: number) => join(folder, `optimizer_epoch${epoch}.safetensors`)
const layout = { entries: [], size: 1000 }
const model = { ...createModel({ condition: 'label' }), layout }
const stepsPerEpoch = 4
const run = {
  settings: runSettings.parse({ epochs: 20, batch: 8, lanes: 2 }),
  data: { fingerprint: 'abc' } as RunFile['data'],
  stepsPerEpoch,
}

/** Two steps into the epoch after this one. */
function state(epoch: number): SavedState {
  const step = Math.max(epoch, 0) * stepsPerEpoch + 2
  const vector = (stream: number) => Float32Array.from({ length: layout.size }, (_, i) => Math.fround(stream + i / 3))
  const sums = { objective: 0.1 + 0.2, reconstruction: 1 / 3, klZ1: 1e-300, klZ2: 12345.678901234567, images: 16 }
  const learner = { parameters: vector(step), firstMoment: vector(-1), secondMoment: vector(2) }
  return { learner, progress: { step, epoch, sums, schedule: {} } }
}

/** A good state after a change to its file. */
async function changed(change: (file: Safetensors & { tensors: Map<string, StoredTensor> }) => void): Promise<unknown> {
  await writeState(path(), state(2), run, adam)
  const file = await readSafetensors(path())
  change(file)
  const tensors = Array.from(file.tensors, ([name, tensor]) => ({ name, ...tensor }))
  await writeFile(path(), encodeSafetensors(tensors, file.metadata))
  return readState(path(), model, run).catch((error: unknown) => error)
}

describe('a saved state', () => {
  it('comes back to the bit, sums in float64', async () => {
    await writeState(path(), state(2), run, adam)
    expect(await readState(path(), model, run)).toEqual(state(2))
  })

  it('says which optimizer it is of, and is refused by another; one that does not say it is Adam’s', async () => {
    const other = { ...model, optimizer: { ...adam, name: 'adamax', title: 'Adamax' } }
    await writeState(path(), state(2), run, adam)
    await expect(readState(path(), other, run)).rejects.toMatchObject({
      code: 'run/damaged-state',
      message: expect.stringContaining('that "adam" trained, where this one has Adamax'),
    })
    expect(await changed(({ metadata }) => void delete metadata['optimizer'])).toEqual(state(2))
  })

  it('of version 0.1, which called the objective its loss, comes back, too', async () => {
    const { objective, ...costs } = state(2).progress.sums
    const progress = { ...state(2).progress, sums: { loss: objective, ...costs } }
    expect(await changed((file) => void (file.metadata['progress'] = JSON.stringify(progress)))).toEqual(state(2))
  })

  const number = (name: string, value: number) => (file: Safetensors) =>
    void ((file.tensors.get(name)!.data as Float32Array)[17] = value)
  const progress = (change: object) => (file: Safetensors) =>
    void (file.metadata['progress'] = JSON.stringify({ ...state(2).progress, ...change }))
  const sums = (change: object) => progress({ sums: { ...state(2).progress.sums, ...change } })
  it.each([
    ['a parameter that is no number', number('parameters', Number.NaN), 'says NaN for number 18 of parameters'],
    ['a moment that is no number', number('firstMoment', Number.NaN), 'says NaN for number 18 of firstMoment'],
    ['an infinite moment', number('secondMoment', Infinity), 'says Infinity for number 18 of secondMoment'],
    ['a mean of squares below 0', number('secondMoment', -1e-20), 'of secondMoment'],
    ['a vector less', (file) => void file.tensors.delete('firstMoment'), 'has no numbers as firstMoment'],
    [
      'a vector more',
      (file) => void file.tensors.set('average', file.tensors.get('parameters')!),
      'holds "average", which this version of the app does not know',
    ],
    [
      'a shorter vector',
      (file) => void file.tensors.set('firstMoment', { dtype: 'F32', shape: [2], data: new Float32Array(2) }),
      'has 2 numbers as firstMoment, where the run’s network has 1000',
    ],
    [
      'numbers of another type',
      (file) => void file.tensors.set('firstMoment', { dtype: 'F64', shape: [1000], data: new Float64Array(1000) }),
      'as firstMoment',
    ],
    ['no progress', (file) => void delete file.metadata['progress'], 'does not say how far the run had come'],
    ['progress that is cut', (file) => void (file.metadata['progress'] = '{"step":'), 'how far the run had come'],
    ['progress without its sums', progress({ sums: undefined }), 'how far the run had come'],
    ['sums that are no numbers', sums({ objective: null }), 'how far the run had come'],
    ['a step before its epoch', progress({ step: 7 }), 'says that 7 steps and 2 epochs were done'],
    ['a step after its epoch', progress({ step: 13 }), 'this run has 20 epochs of 4 steps of 8 images'],
    [
      'an epoch after the last one',
      progress({ epoch: 21, step: 84, sums: { ...state(2).progress.sums, images: 0 } }),
      '21 epochs',
    ],
    ['a step after the last one', progress({ epoch: 20, step: 81 }), 'says that 81 steps'],
    ['more images than its steps have', sums({ images: 17 }), '17 images of the next one'],
    [
      'other settings',
      (file) => void (file.metadata['settings'] = JSON.stringify({ ...run.settings, seed: 1 })),
      '(seed)',
    ],
    ['settings that are none', (file) => void (file.metadata['settings'] = '7'), 'of a run with other settings'],
    ['other data', (file) => void (file.metadata['data'] = 'abd'), 'is of a run that was trained on other data'],
  ] as [string, (file: Safetensors) => void, string][])(
    'with %s is refused, and why is said',
    async (_, change, words) => {
      const error = checkRefusal(await changed(change))
      expect(error).toMatchObject({ code: 'run/damaged-state', message: expect.stringContaining(words) })
    },
  )

  it('may be of a run that goes on for longer or elsewhere, or of a version that did not say whose it is', async () => {
    const settings = { ...run.settings, epochs: 15, engine: 'onnx-cuda' }
    expect(await changed((file) => void (file.metadata['settings'] = JSON.stringify(settings)))).toEqual(state(2))
    await writeSafetensors(
      path(),
      Object.entries(state(2).learner).map(([name, data]) => ({ name, dtype: 'F32', shape: [1000], data }) as const),
      { progress: JSON.stringify(state(2).progress) },
    )
    expect(await readState(path(), model, run)).toEqual(state(2))
  })

  it('may be that of any moment of a run', async () => {
    const none = { objective: 0, reconstruction: 0, klZ1: 0, klZ2: 0, images: 0 }
    for (const [epoch, step] of [
      [-1, 0],
      [0, 0],
      [0, 4],
      [1, 4],
      [19, 80],
      [20, 80],
    ] as const) {
      const moment = { ...state(2), progress: { epoch, step, sums: none, schedule: {} } }
      await writeState(path(), moment, run, adam)
      expect((await readState(path(), model, run)).progress).toEqual(moment.progress)
    }
  })
})

describe('the last state', () => {
  it('is kept for an epoch while the next one is saved', async () => {
    await writeState(path(), state(1), run, adam)
    await keepState(folder, 1)
    await writeState(path(), state(2), run, adam)
    await keepState(folder, 2)
    await keepState(folder, 2)
    expect((await readState(kept(1), model, run)).progress.epoch).toBe(1)
    expect((await readLastState(folder, model, run)).state.progress.epoch).toBe(2)
  })

  it('is the newest kept one that can be gone on from, where resume.safetensors cannot', async () => {
    await writeState(path(), state(2), run, adam)
    for (const epoch of [1, 2, 3, 10]) await keepState(folder, epoch)
    await rm(kept(10))
    await writeFile(kept(10), 'damaged too')
    await rm(path())
    for (const [damage, words] of [
      ['', 'is empty'],
      [(await readFile(kept(2))).subarray(0, 5000), 'ends inside tensor'],
    ] as const) {
      await writeFile(path(), damage)
      const { state: found, notice } = await readLastState(folder, model, run)
      // that of epoch 3 says that it is of epoch 2
      expect(found).toEqual(state(2))
      expect(notice).toContain(words)
      expect(notice).toContain('end of epoch 2 instead')
    }
  })

  it('of another run is not gone on from, whichever file it is in', async () => {
    const other = { ...run, settings: { ...run.settings, seed: 7 } }
    await writeState(path(), state(2), other, adam)
    await keepState(folder, 2)
    await expect(readLastState(folder, model, run)).rejects.toMatchObject({ code: 'run/damaged-state' })
    await writeState(path(), state(1), run, adam)
    await keepState(folder, 1)
    await writeState(path(), state(3), other, adam)
    expect((await readLastState(folder, model, run)).notice).toMatch(
      /other settings \(seed\)\. Training goes on from the end of epoch 1 /,
    )
  })

  it.skipIf(process.platform === 'win32' || process.getuid?.() === 0)(
    'is not given up because it may not be read',
    async () => {
      await writeState(path(), state(2), run, adam)
      await keepState(folder, 1)
      await rm(path())
      await writeState(path(), state(3), run, adam)
      await chmod(path(), 0)
      await expect(readLastState(folder, model, run)).rejects.toMatchObject({ code: 'disk/denied' })
    },
  )

  it('that is nowhere is an error', async () => {
    await expect(readLastState(folder, model, run)).rejects.toMatchObject({ code: 'run/no-state' })
  })

  it('is kept for the last two epochs and the best one', async () => {
    for (let epoch = 0; epoch < 6; epoch++) await writeFile(kept(epoch), '')
    await pruneStates(folder, [null, 8, 3, 4, 5, 6])
    expect((await readdir(folder)).toSorted()).toEqual([2, 4, 5].map((epoch) => `optimizer_epoch${epoch}.safetensors`))
  })
})
