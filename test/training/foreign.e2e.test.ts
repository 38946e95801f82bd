/** Weights that leave the app and come back, or come from PyTorch: what goes on with them, and what is refused. */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fromBinary } from '@bufbuild/protobuf'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { InferenceSession, Tensor } from '../../main/engine/onnx/runtime'
import { ModelProtoSchema, type ValueInfoProto } from '../../main/engine/trace/onnx_pb'
import { readForeign } from '../../main/exchange/foreign'
import { encodeCheckpoint, type WrittenCheckpoint } from '../../main/exchange/python-checkpoint'
import { readSafetensors, type StoredTensor } from '../../main/files/safetensors'
import { decodeZip } from '../../main/files/zip-reader'
import { readRunFile } from '../../main/runs/folder'
import { readMetrics } from '../../main/runs/metrics'
import type { NewRun } from '../../main/trainer/calls'
import type { AnswerOf, QuestionOf, RunSettings } from '../../preload/contract'
import { listening, small, workplace } from './set-up'

const python = process.env['VLAE_PYTHON'] ?? 'python3'
const hasTorch = () => spawnSync(python, ['-c', 'import safetensors, torch']).status === 0

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
  await writeFile(file, exported.files[0]!.bytes)
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

describe('the same checkpoint for others', () => {
  const ask = async (question: Omit<QuestionOf<'export'>, 'type' | 'packed'>, packed = false) => {
    const asked = { folder: whole, epoch: 1, bundledFolder: null, question: { type: 'export', packed, ...question } } as const // prettier-ignore
    return (await listening().service.ask(1, asked)).answer as AnswerOf<'export'>
  }

  it('is three ONNX files that say what they are', async () => {
    const { name, files, about } = await ask({ format: 'onnx' })
    expect(name).toBe('onnx_epoch1')
    expect(about).toBe('The encoder, decoder, and sampler of epoch 1, for batches of any size')
    const models = files.map((file) => fromBinary(ModelProtoSchema, file.bytes))
    expect(files.map((file) => file.name)).toEqual(
      ['encoder', 'decoder', 'sampler'].map((part) => `vae_${part}/model.onnx`),
    )
    const dims = (values: readonly ValueInfoProto[]) =>
      Object.fromEntries(
        values.map(({ name, type }) => [name, type?.value.case === 'tensorType' ? type.value.value.shape?.dim.map(({ value }) => String(value.value)) : null]), // prettier-ignore
      )
    expect(models.map(({ graph }) => ({ ...dims(graph!.input), ...dims(graph!.output) }))).toEqual([
      { sample: ['batch', '1', '28', '28'], latent_parameters: ['batch', '96'] },
      { latent_sample: ['batch', '48'], sample: ['batch', '1', '28', '28'] },
      { noise: ['batch', '48'], label: ['batch'], sample: ['batch', '1', '28', '28'] },
    ])
    const [encoder] = models
    expect(encoder).toMatchObject({ producerName: 'vlae-studio', modelVersion: 1n, graph: { name: 'vae_encoder' } })
    const facts = Object.fromEntries(encoder!.metadataProps.map(({ key, value }) => [key, value]))
    expect(facts).toMatchObject({ model: 'ladder', epoch: '1', source: 'VLAE Studio' })
    expect(JSON.parse(facts['settings']!)).toEqual(settings)
  })

  it('is one archive where it is asked for as that', async () => {
    const { name, files } = await ask({ format: 'onnx' }, true)
    expect([name, files.map((file) => file.name)]).toEqual(['onnx_epoch1.zip', ['onnx_epoch1.zip']])
    const entries = decodeZip(files[0]!.bytes, name, { mostBytes: 2 ** 30, mostFiles: 9 })
    expect([...entries.keys()]).toContain('onnx_epoch1/vae_decoder/model.onnx')
  })

  it('is a folder for a model hub, whose module answers as the app does', async ({ skip }) => {
    const { files } = await ask({ format: 'hub' })
    const text = (name: string) => Buffer.from(files.find((file) => file.name === name)!.bytes).toString()
    expect(JSON.parse(text('config.json'))).toMatchObject({ model: 'ladder', epoch: 1, settings, image_size: 28 })
    const measured = (await readMetrics(whole)).findLast((line) => line.type === 'epoch')!.test!
    expect(text('README.md')).toContain(`| −ELBO | ${measured.loss.toFixed(2)} |`)
    expect(text('README.md')).toMatch(/vlae train .*--epochs 1 /)
    const folder = join(place.results, 'hub')
    for (const { name, bytes } of files) {
      await mkdir(dirname(join(folder, name)), { recursive: true })
      await writeFile(join(folder, name), bytes)
    }
    if (!hasTorch()) skip('no Python with torch and safetensors: pip install torch safetensors, and name it in VLAE_PYTHON') // prettier-ignore
    const code =
      'import json, torch; from modeling import load; m = load(); x = torch.zeros(3, 1, 28, 28); x[1] = 1; x[2, 0, 9:20] = 0.5\n' +
      'with torch.no_grad(): z = m.encode(x); print(json.dumps([z.flatten().tolist(), m.decode(z).flatten().tolist(), m.sample(torch.arange(3), torch.full((3, 48), 0.3)).flatten().tolist()]))'
    const { stdout, stderr } = spawnSync(python, ['-c', code], { cwd: folder, encoding: 'utf8', maxBuffer: 2 ** 26 })
    expect(stderr).toBe('')
    const theirs = JSON.parse(stdout) as number[][]
    const onnx = async (part: string, feeds: Record<string, Tensor>) => {
      const session = await InferenceSession.create(join(folder, 'onnx', `vae_${part}`, 'model.onnx'))
      const [output] = Object.values(await session.run(feeds))
      await session.release()
      return output!.data as Float32Array
    }
    const x = new Float32Array(3 * 784).fill(1, 784, 2 * 784).fill(0.5, 2 * 784 + 9 * 28, 2 * 784 + 20 * 28)
    const parameters = await onnx('encoder', { sample: new Tensor('float32', x, [3, 1, 28, 28]) })
    const code3 = Float32Array.from({ length: 3 * 48 }, (_, i) => parameters[Math.floor(i / 48) * 96 + (i % 48)]!)
    const own = [
      code3,
      await onnx('decoder', { latent_sample: new Tensor('float32', code3, [3, 48]) }),
      await onnx('sampler', {
        noise: new Tensor('float32', new Float32Array(3 * 48).fill(0.3), [3, 48]),
        label: new Tensor('int32', Int32Array.of(0, 1, 2), [3]),
      }),
    ]
    const worst = own.map((numbers, i) => Math.max(...Array.from(numbers, (value, j) => Math.abs(value - theirs[i]![j]!)))) // prettier-ignore
    expect(worst.every((apart) => apart <= 1e-5)).toBe(true)
  })
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
