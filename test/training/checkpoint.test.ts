/** Weights on disk: what comes back to the bit, and what is refused, by the tensor's name. */
import { execFileSync } from 'node:child_process'
import { chmod, mkdir, mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { encodeSafetensors, readSafetensors, type StoredTensor } from '../../main/files/safetensors'
import { createModel } from '../../main/models/create'
import { readWeights, writeWeights } from '../../main/training/checkpoint'
import { runSettings, type EpochMetrics } from '../../preload/contract'
import { checkRefusal } from '../files/expect-refusal'

/** Rights do not keep this user from anything. */
const mayReadAll = process.platform === 'win32' || process.getuid?.() === 0

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
  train: { loss: 101, objective: 93.3, reconstruction: 90, klZ1: 5, klZ2: 6 },
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
    expect(sameBits(await readWeights(path, settings), parameters)).toBe(true)
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

  /** A file of good weights after a change to its tensors. */
  async function changed(change: (tensors: Map<string, StoredTensor>) => void): Promise<string> {
    const path = join(folder, 'changed.safetensors')
    await writeWeights(path, initialise(9), layout, settings, metrics)
    const { tensors, metadata } = await readSafetensors(path)
    change(tensors)
    const named = Array.from(tensors, ([name, tensor]) => ({ name, ...tensor }))
    await writeFile(path, encodeSafetensors(named, metadata))
    return path
  }
  const name = 'decoder.fc.0.weight'
  const put = (change: Partial<StoredTensor>) => (tensors: Map<string, StoredTensor>) =>
    void tensors.set(name, { ...tensors.get(name)!, ...change })
  const number = (at: number, value: number) => (tensors: Map<string, StoredTensor>) =>
    void ((tensors.get(name)!.data as Float32Array)[at] = value)

  it.each([
    [
      'NaN',
      number(7, Number.NaN),
      'damaged-weights',
      `of the 12,288 numbers of tensor "${name}", 1 is NaN or infinite`,
    ],
    ['infinity', number(0, -Infinity), 'damaged-weights', `tensor "${name}", 1 is NaN or infinite`],
    [
      'what is infinite as float32',
      put({ dtype: 'F64', data: new Float64Array(12_288).fill(1e300) }),
      'damaged-weights',
      `12,288 are NaN or infinite`,
    ],
    [
      'another shape of the same size',
      put({ shape: [48, 256] }),
      'other-model',
      `"${name}" as [48,256]; this run’s network has it as [256,48]`,
    ],
    ['another shape', put({ shape: [0, 48], data: new Float32Array(0) }), 'other-model', `"${name}" as [0,48]`],
    ['more dimensions', put({ shape: [256, 48, 1] }), 'other-model', `"${name}" as [256,48,1]`],
    [
      'whole numbers',
      put({ dtype: 'I32', data: new Int32Array(12_288) }),
      'other-model',
      `"${name}" as whole numbers (I32)`,
    ],
    [
      'nothing',
      (tensors: Map<string, StoredTensor>) => void tensors.delete(name),
      'other-model',
      `has no tensor "${name}"`,
    ],
    [
      'something more',
      (tensors: Map<string, StoredTensor>) =>
        void tensors.set('num_batches_tracked', { dtype: 'I64', shape: [], data: BigInt64Array.of(3n) }),
      'other-model',
      'holds a tensor "num_batches_tracked", which this run’s network does not have',
    ],
  ])('with %s are refused by the tensor’s name', async (_, change, code, words) => {
    const error = await readWeights(await changed(change), settings).catch((error: unknown) => error)
    expect(checkRefusal(error)).toMatchObject({ code: `run/${code}`, message: expect.stringContaining(words) })
  })

  it('of a network with other classes are told as such, whatever their number type', async () => {
    const path = join(folder, 'weights.safetensors')
    const none = createModel({ condition: 'none' })
    await writeWeights(path, none.initialise(0), none.layout, settings, metrics)
    await expect(readWeights(path, settings)).rejects.toMatchObject({
      code: 'run/other-model',
      message: expect.stringContaining(
        'weights of a network without classes (condition none); this run’s is with classes (condition label)',
      ),
    })
    await writeWeights(path, initialise(0), layout, settings, metrics)
    await expect(readWeights(path, { condition: 'none' })).rejects.toMatchObject({
      message: expect.stringContaining(
        'with classes (condition label); this run’s is without classes (condition none)',
      ),
    })
  })

  it('of 64 bits are read, and rounded to 32', async () => {
    const parameters = initialise(9)
    const wide = (tensors: Map<string, StoredTensor>) => {
      for (const [name, tensor] of tensors)
        tensors.set(name, { ...tensor, dtype: 'F64', data: Float64Array.from(tensor.data as Float32Array) })
    }
    expect(sameBits(await readWeights(await changed(wide), settings), parameters)).toBe(true)
  })

  it.skipIf(process.platform === 'win32')('that are a pipe are refused without waiting', async () => {
    const path = join(folder, 'weights.safetensors')
    execFileSync('mkfifo', [path])
    await expect(readWeights(path, settings)).rejects.toMatchObject({ message: `${path} is not a file.` })
  })

  it('that are no file, cut, or far too large are refused', async () => {
    const path = join(folder, 'weights.safetensors')
    await mkdir(path)
    await expect(readWeights(path, settings)).rejects.toMatchObject({ message: `${path} is not a file.` })
    await rm(path, { recursive: true })
    await writeWeights(path, initialise(9), layout, settings, metrics)
    await truncate(path, 5_000_000)
    await expect(readWeights(path, settings)).rejects.toMatchObject({
      code: 'safetensors/damaged',
      remedy: expect.stringContaining('still being copied'),
    })
    await truncate(path, 2 ** 40)
    await expect(readWeights(path, settings)).rejects.toMatchObject({ message: expect.stringContaining('far more') })
  })

  it.skipIf(mayReadAll)('that may not be read are told as such', async () => {
    const path = join(folder, 'weights.safetensors')
    await writeWeights(path, initialise(9), layout, settings, metrics)
    await chmod(path, 0)
    await expect(readWeights(path, settings)).rejects.toMatchObject({ code: 'disk/denied' })
  })
})
