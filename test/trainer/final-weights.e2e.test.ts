/** A regression test: the same settings come to the same weights as in earlier versions, bit for bit. */
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { TrainerEvent } from '../../main/trainer/events'
import { runSettings } from '../../preload/contract'
import known from '../fixtures/final-weights.json'
import { folderWith, realPart, smallSet } from '../mnist/small-set'
import { program } from './built'
import type { Order } from './train-process'

const { version } = createRequire(import.meta.url)('onnxruntime-node/package.json') as { version: string }

/** What decides which kernels compute. */
function machine(): string {
  const text = existsSync('/proc/cpuinfo') ? readFileSync('/proc/cpuinfo', 'utf8') : ''
  const field = (name: string) => new RegExp(`^${name}\\s*: (.*)$`, 'm').exec(text)?.[1]
  return `${field('vendor_id')} ${field('cpu family')}-${field('model')}, ONNX Runtime ${version}`
}

const here = machine()
const expected = (known as Record<string, unknown>)[here] as Record<string, string> | undefined
if (expected === undefined)
  console.info(`Final weights are not compared: none are known of ${here} (test/fixtures/final-weights.json).`)

describe.skipIf(expected === undefined)('the final weights', () => {
  let results: string
  /** 30 images to train on and 20 to test. */
  let few: string
  /** 2560 images to train on, and again 20: a test of all images would take longer than what is compared. */
  let many: string
  beforeAll(async () => {
    results = await mkdtemp(join(tmpdir(), 'vlae-weights-'))
    const set = await smallSet()
    few = await folderWith(set)
    const { images, labels } = await realPart('train', 2560)
    many = await folderWith({ ...set, 'train-images-idx3-ubyte': images, 'train-labels-idx1-ubyte': labels })
  })
  afterAll(async () => {
    for (const folder of [results, few, many]) await rm(folder, { recursive: true, force: true })
  })

  it.each([
    ['label, 1 lane', { condition: 'label', lanes: 1, limit: 2560 }],
    ['label, 2 lanes', { condition: 'label', lanes: 2, limit: 2560 }],
    ['none, 1 lane', { condition: 'none', lanes: 1, limit: 2560 }],
    ['none, 2 lanes', { condition: 'none', lanes: 2, limit: 2560 }],
    ['vlae, 2 lanes', { model: 'vlae', lanes: 2, batch: 5, epochs: 3 }],
  ])('of %s are those of earlier versions', async (name, chosen) => {
    const dataFolder = 'model' in chosen ? few : many
    const settings = runSettings.parse({ engine: 'onnx-cpu', epochs: 1, ...chosen })
    const start = { settings, dataFolder, resultFolder: results, name }
    const order: Order = { start, saveEvery: 1e9 }
    const { stdout } = await promisify(execFile)(process.execPath, [program, JSON.stringify(order)])
    const events = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as TrainerEvent)
    const started = events.find((event) => event.type === 'started')
    const file = await readFile(join(started!.folder, `vlae_condprior_epoch${settings.epochs}.safetensors`))
    expect(hashOf(file)).toBe(expected![name])
  })
})

/** Of all tensors of a safetensors file: its metadata has the app's version in it. */
function hashOf(file: Buffer): string {
  const length = Number(file.readBigUInt64LE())
  const header = JSON.parse(file.subarray(8, 8 + length).toString()) as Record<
    string,
    { data_offsets: [number, number] }
  >
  const hash = createHash('sha256')
  for (const name of Object.keys(header).toSorted()) {
    if (name === '__metadata__') continue
    const [from, to] = header[name]!.data_offsets
    hash.update(file.subarray(8 + length + from, 8 + length + to))
  }
  return hash.digest('hex')
}
