/** Weights that leave the app and come back, or come from PyTorch: what goes on with them, and what is refused. */
import { createHash } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { readForeign } from '../../main/exchange/foreign'
import { encodeCheckpoint, type WrittenCheckpoint } from '../../main/exchange/python-checkpoint'
import { readSafetensors, type StoredTensor } from '../../main/files/safetensors'
import { readRunFile } from '../../main/runs/folder'
import type { NewRun } from '../../main/trainer/calls'
import type { AnswerOf, RunSettings } from '../../preload/contract'
import { listening, small, workplace } from './set-up'

// whole runs, also on a machine that is busy with others
vi.setConfig({ hookTimeout: 120_000 })

const settings = { ...small, epochs: 1, klWarmup: 1.75 }
let place: Awaited<ReturnType<typeof workplace>>
/** A run of one epoch, and its last checkpoint as a file for PyTorch. */
let whole: string
let file: string
let exported: AnswerOf<'export'>

async function trained(change: Partial<NewRun>) {
  const run = await place.newRun({ settings, ...change })
  const { service, events, idle } = listening()
  const ended = idle()
  await service.start(run)
  await ended
  const notices = events.flatMap((event) => (event.type === 'notice' ? [event.message] : []))
  return { folder: run.folder, notices, service }
}

const weightsOf = async (folder: string) =>
  bitsOf((await readSafetensors(join(folder, 'vlae_condprior_epoch1.safetensors'))).tensors)
/** Names, shapes and a hash of the numbers: comparing a million of them one by one takes its time. */
const bitsOf = (tensors: ReadonlyMap<string, StoredTensor>) =>
  Array.from(tensors, ([name, { shape, data }]) => {
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    return [name, shape, createHash('sha256').update(bytes).digest('hex')]
  })

beforeAll(async () => {
  place = await workplace()
  const { folder, service } = await trained({})
  whole = folder
  const asked = { folder, epoch: 1, bundledFolder: null, question: { type: 'export' } } as const
  exported = (await service.ask(1, asked)).answer as AnswerOf<'export'>
  file = join(place.results, exported.name)
  await writeFile(file, exported.bytes)
})

afterAll(() => place.remove())

it('weights leave the app as they are in its own checkpoint, with the settings of their run', async () => {
  expect(exported).toMatchObject({ name: 'vlae_condprior_epoch1.pt', optimizerSteps: 4 })
  const { epoch, weights, optimizer, settings: said } = await readForeign(file)
  const own = await weightsOf(whole)
  expect(epoch).toBe(1)
  expect(bitsOf(weights)).toEqual(own)
  expect(optimizer).toMatchObject({ optimizer: 'adam', step: 4, learningRate: settings.learningRate })
  expect(said).toEqual({ ...settings, engine: 'auto', lanes: 0 })
})

it('a run that goes on from the file is to the bit the one that goes on from the checkpoint', async () => {
  const { folder: fromRun } = await trained({ from: { folder: whole, epoch: 1 } })
  const { folder, notices } = await trained({ from: { file } })
  expect(notices).toEqual([])
  expect((await readRunFile(folder)).from).toEqual({ run: exported.name, epoch: 1, epochs: 1, optimizerSteps: 4 })
  expect(await weightsOf(folder)).toEqual(await weightsOf(fromRun))
  expect(await weightsOf(folder)).not.toEqual(await weightsOf(whole))
})

it('goes on from a safetensors file, too, where Adam begins anew', async () => {
  const { folder, notices } = await trained({ from: { file: join(whole, 'vlae_condprior_epoch1.safetensors') } })
  expect(notices).toEqual([])
  expect((await readRunFile(folder)).from).toMatchObject({ epoch: 1, epochs: 1, optimizerSteps: 0 })
})

describe('a file that does not fit', () => {
  /** The checkpoint after a change. */
  async function changed(
    change: (parts: { -readonly [K in keyof WrittenCheckpoint]: unknown }) => void,
  ): Promise<string> {
    const { epoch, weights, optimizer } = await readForeign(file)
    const plain = (tensors: ReadonlyMap<string, StoredTensor>) =>
      new Map([...tensors].map(([name, { shape, data }]) => [name, { shape, data }]))
    const kept = Object.entries(optimizer!.kept).map(([name, tensors]) => [name, plain(tensors)])
    const parts = { epoch, settings: {}, weights: plain(weights), optimizer: { ...optimizer!, kept: Object.fromEntries(kept) } } // prettier-ignore
    change(parts)
    const path = join(place.results, 'changed.pt')
    await writeFile(path, encodeCheckpoint(parts as unknown as WrittenCheckpoint))
    return path
  }
  const start = async (path: string, other: Partial<RunSettings> = {}) =>
    trained({ from: { file: path }, settings: { ...settings, ...other } as RunSettings })

  it.each([
    ['no tensor', (all: Map<string, object>) => all.delete('encoder.mu1.bias'), /no tensor "encoder.mu1.bias"/],
    ['one too many', (all: Map<string, object>) => all.set('extra', { shape: [1], data: new Float32Array(1) }), /"extra"/], // prettier-ignore
    [
      'another shape',
      (all: Map<string, object>) => all.set('encoder.mu1.bias', { shape: [16, 2], data: new Float32Array(32) }),
      /"encoder.mu1.bias" as \[16,2\]; this run’s network has it as \[32\]/,
    ],
    [
      'NaN',
      (all: Map<string, object>) => all.set('encoder.mu1.bias', { shape: [32], data: new Float32Array(32).fill(NaN) }),
      /"encoder.mu1.bias", 32 are NaN/,
    ],
  ])('is refused with %s, by its name', async (_, change, message) => {
    const path = await changed(({ weights, optimizer }) => {
      change(weights as Map<string, object>)
      for (const tensors of Object.values((optimizer as { kept: object }).kept)) change(tensors as Map<string, object>)
    })
    await expect(start(path)).rejects.toMatchObject({ message: expect.stringMatching(message) as string })
  })

  it('is refused where it was trained without classes and the run is with them, in these words', async () => {
    await expect(start(file, { condition: 'none' })).rejects.toMatchObject({
      code: 'run/other-model',
      message: expect.stringMatching(/with classes \(condition label\); this run’s is without/) as string,
      remedy: expect.stringMatching('Train with the settings') as string,
    })
  })

  it('goes on with a fresh Adam where its state is of another network, or says what cannot be', async () => {
    const path = await changed(({ optimizer }) => {
      const { secondMoment } = (optimizer as { kept: { secondMoment: Map<string, { data: Float32Array }> } }).kept
      secondMoment.get('encoder.mu1.bias')!.data[3] = -1
    })
    const { folder, notices } = await start(path)
    expect(notices).toEqual([expect.stringMatching(/secondMoment.*below 0.*Adam begins anew\.$/s)])
    expect((await readRunFile(folder)).from).toMatchObject({ optimizerSteps: 0 })
  })

  it('is refused where it is cut off', async () => {
    const path = join(place.results, 'cut.pt')
    await writeFile(path, (await readFile(file)).subarray(0, 100_000))
    await expect(start(path)).rejects.toMatchObject({ code: 'zip/damaged' })
  })
})
