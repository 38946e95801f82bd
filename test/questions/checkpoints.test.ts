/** Checkpoints kept open: what is read once, what is read anew, and what goes. */
import { mkdtempSync, readFileSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { OnnxEngine } from '../../main/engine/lanes/cpu'
import { createModel } from '../../main/models/create'
import { Checkpoints } from '../../main/questions/checkpoints'
import type { Checkpoint } from '../../main/questions/question'
import { runFileName, weightsName } from '../../main/runs/names'
import { readWeights, writeWeights } from '../../main/training/checkpoint'
import { Datasets } from '../../main/training/datasets'
import { PreparedEngines } from '../../main/training/prepared-engines'
import type { RunSettings } from '../../preload/contract'
import { epoch as epochLine, writeRun } from '../app/fake-trainer'

vi.mock('../../main/training/checkpoint', { spy: true })

let results: string
let folder: string
let settings: RunSettings
const engines = new PreparedEngines(async ({ lanes }) => new OnnxEngine(lanes))
const told: string[] = []

beforeEach(async () => {
  results = mkdtempSync(join(tmpdir(), 'vlae-questions-'))
  folder = await run('a')
  told.length = 0
  vi.mocked(readWeights).mockClear()
})
afterEach(() => rmSync(results, { recursive: true, force: true }))

/** A run with weights after epochs 0 to 2, each of another seed. */
async function run(id: string): Promise<string> {
  const folder = writeRun(results, id, 2)
  settings = (JSON.parse(readFileSync(join(folder, runFileName), 'utf8')) as { settings: RunSettings }).settings
  for (const epoch of [0, 1, 2]) await write(folder, epoch, epoch)
  return folder
}

/** By seed. */
const fresh = new Map<number, Float32Array>()

async function write(folder: string, epoch: number, seed: number): Promise<void> {
  const model = createModel(settings)
  const weights = fresh.get(seed) ?? model.initialise(seed)
  fresh.set(seed, weights)
  await writeWeights(join(folder, weightsName(epoch)), weights, model.layout, settings, epochLine(epoch))
}

function open(most?: number) {
  const checkpoints = new Checkpoints(engines, new Datasets(), (message) => told.push(message), most)
  return (epoch?: number, of = folder) =>
    checkpoints.open({ folder: of, bundledFolder: null, ...(epoch === undefined ? {} : { epoch }) })
}
const reads = () => vi.mocked(readWeights).mock.calls.length
/** Which seed's weights they are. */
const seedOf = ({ parameters }: Checkpoint) => [...fresh].find(([, weights]) => bytesOf(weights).equals(bytesOf(parameters)))?.[0] // prettier-ignore
const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array) => Buffer.from(buffer, byteOffset, byteLength)

describe('a checkpoint that is asked again', () => {
  it('is not read again, also when it is asked twice at once', async () => {
    const ask = open()
    const [first, second] = await Promise.all([ask(1), ask(1)])
    expect((await ask(1)).parameters === first.parameters).toBe(true)
    expect(second.parameters === first.parameters).toBe(true)
    expect([first.epoch, first.run.name]).toEqual([1, 'ladder'])
    expect(seedOf(first)).toBe(1)
    expect(reads()).toBe(1)
  })

  it('is the newest one where none is named, whichever that is then', async () => {
    const ask = open()
    expect((await ask()).epoch).toBe(2)
    rmSync(join(folder, weightsName(2)))
    expect(seedOf(await ask())).toBe(1)
    await write(folder, 3, 3)
    const newest = await ask()
    expect([newest.epoch, seedOf(newest)]).toEqual([3, 3])
  })

  it('is read anew when its file has changed', async () => {
    const ask = open()
    await ask(1)
    await write(folder, 1, 7)
    expect(seedOf(await ask(1))).toBe(7)
    // in its place, to the same size and with the same date
    const path = join(folder, weightsName(1))
    const bytes = readFileSync(join(folder, weightsName(0)))
    const at = new Date(0)
    utimesSync(path, at, at)
    await ask(1)
    writeFileSync(path, bytes)
    utimesSync(path, at, at)
    expect(seedOf(await ask(1))).toBe(0)
  })

  it('is not served when it, or its run, is gone; and is again when that is back', async () => {
    const ask = open()
    await ask(1)
    const path = join(folder, weightsName(1))
    renameSync(path, `${path}.aside`)
    await expect(ask(1)).rejects.toMatchObject({ code: 'run/no-checkpoint', remedy: 'It has those of epochs 0, 2.' })
    renameSync(`${path}.aside`, path)
    expect(seedOf(await ask(1))).toBe(1)
    renameSync(folder, `${folder}-aside`)
    await expect(ask(1)).rejects.toMatchObject({ code: 'run/not-found' })
    // another run under the same name
    await run('a')
    await write(folder, 1, 9)
    expect(seedOf(await ask(1))).toBe(9)
    expect(seedOf(await ask(1, `${folder}-aside`))).toBe(1)
  })

  it('is of the network that run.json names now', async () => {
    const ask = open()
    await ask(1)
    const path = join(folder, runFileName)
    const text = readFileSync(path, 'utf8')
    writeFileSync(path, text.replace('"label"', '"none"'))
    await expect(ask(1)).rejects.toMatchObject({ code: 'run/other-model' })
    writeFileSync(path, text.slice(0, 40))
    await expect(ask(1)).rejects.toMatchObject({ code: 'run/damaged' })
    rmSync(path)
    await expect(ask(1)).rejects.toMatchObject({ code: 'run/not-found' })
    writeFileSync(path, text)
    expect(seedOf(await ask(1))).toBe(1)
  })

  it('is tried again when it could not be read', async () => {
    const ask = open()
    const path = join(folder, weightsName(1))
    const bytes = readFileSync(path)
    writeFileSync(path, bytes.subarray(0, 1000))
    await expect(ask(1)).rejects.toMatchObject({ code: expect.stringMatching(/^safetensors/) as string })
    writeFileSync(path, bytes)
    expect(seedOf(await ask(1))).toBe(1)
  })
})

it('keeps so many bytes of weights, and lets go of what was not asked for the longest time', async () => {
  const bytes = createModel(settings).layout.size * 4
  const ask = open(2 * bytes)
  for (const epoch of [0, 1, 0, 2]) await ask(epoch)
  expect(reads()).toBe(3)
  // 1 went when 2 came
  await ask(0)
  await ask(2)
  expect(reads()).toBe(3)
  await ask(1)
  expect(reads()).toBe(4)
  await ask(2)
  expect(reads()).toBe(4)
})

it('answers also where one alone is more than is kept', async () => {
  const ask = open(1)
  for (const epoch of [0, 1, 1]) expect(seedOf(await ask(epoch))).toBe(epoch)
  expect(reads()).toBe(2)
})

it('lets go of everything when nothing was asked for five minutes', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  try {
    const ask = open()
    await ask(1)
    vi.advanceTimersByTime(299_000)
    await ask(1)
    vi.advanceTimersByTime(299_000)
    await ask(1)
    expect(reads()).toBe(1)
    vi.advanceTimersByTime(300_000)
    await ask(1)
    expect(reads()).toBe(2)
  } finally {
    vi.useRealTimers()
  }
})
