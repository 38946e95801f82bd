/** A disk that fails, or a power cut, at every operation of a run in turn: what was finished is there, and the run goes on to the bit. */
import { createHash } from 'node:crypto'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { decodeSafetensors } from '../../main/files/safetensors'
import { readRunFile, renameRun } from '../../main/runs/folder'
import { optimizerName, resumeName, runFileName, weightsName } from '../../main/runs/names'
import type { RunFile } from '../../main/runs/run-file'
import { FaultyLayer, restoreDisk, type Fault } from '../files/faulty-layer'
import { train, type Stretch } from './small-session'

// what is drawn does not matter here, and takes long
vi.mock('../../main/training/gallery', () => {
  const picture = async (_: unknown, parameters: Float32Array) => new Uint8Array(parameters.slice().buffer)
  return { samplesPicture: picture, reconstructionsPicture: picture }
})
afterEach(restoreDisk)

const run = '/run'

async function trainOn(layer: FaultyLayer): Promise<Stretch> {
  layer.install()
  try {
    return await train(run, { resumes: layer.content(`${run}/${runFileName}`) !== undefined })
  } finally {
    restoreDisk()
  }
}

/** All files but run.json, which has times in it, what was cut off, and what was never finished. */
function filesOf(layer: FaultyLayer): Record<string, string> {
  const own = new Set([runFileName, 'metrics-before-resume.jsonl'].map((name) => `${run}/${name}`))
  const names = layer.paths().filter((path) => !own.has(path) && !path.endsWith('.tmp'))
  return Object.fromEntries(names.toSorted().map((path) => [path, hash(layer.content(path)!)]))
}

const hash = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex').slice(0, 12)

/** The last step that a session said it had saved, and the epochs that it said were done. */
function promised({ events }: Stretch): { step: number; epochs: number[] } {
  const saved = events.flatMap((event) => (event.type === 'saved' ? [event.step] : []))
  return { step: saved.at(-1) ?? -1, epochs: events.flatMap((event) => (event.type === 'epoch' ? [event.epoch] : [])) }
}

function epochsIn(layer: FaultyLayer): number[] {
  const text = Buffer.from(layer.content(`${run}/metrics.jsonl`) ?? []).toString()
  return [...text.matchAll(/"type":"epoch","epoch":(\d+)/g)].map(([, epoch]) => Number(epoch))
}

interface Whole {
  readonly files: Record<string, string>
  readonly operations: readonly string[]
}

/** A run that is left alone. */
async function undisturbed(slow = false): Promise<Whole> {
  const layer = new FaultyLayer(undefined, slow)
  const { events } = await trainOn(layer)
  expect(events.at(-2)).toMatchObject({ type: 'done', status: 'done' })
  return { files: filesOf(layer), operations: layer.operations }
}

function expectNotBegun({ events }: Stretch): void {
  expect(events).toEqual([])
}

/** What is found of a run by a new start goes on to the end as if nothing had happened. */
async function expectToGoOn(found: FaultyLayer, stretch: Stretch, files: Whole['files']): Promise<void> {
  const { step, epochs } = promised(stretch)
  if (found.content(`${run}/${runFileName}`) === undefined) return expectNotBegun(stretch)
  const { metadata } = decodeSafetensors(found.content(`${run}/${resumeName}`)!)
  expect((JSON.parse(metadata['progress']!) as { step: number }).step).toBeGreaterThanOrEqual(step)
  const before = filesOf(found)
  for (const epoch of epochs) {
    const path = `${run}/${weightsName(epoch)}`
    expect(before[path]).toBe(files[path])
  }
  // an epoch's line is nowhere before its weights are
  for (const epoch of epochsIn(found))
    expect(before[`${run}/${weightsName(epoch)}`]).toBe(files[`${run}/${weightsName(epoch)}`])
  const again = (await fileOn(found)).status === 'done' ? null : await trainOn(found)
  expect(again?.refused ?? null).toBeNull()
  expect(filesOf(found)).toEqual(files)
  expect(await fileOn(found)).toMatchObject({ status: 'done', epoch: 2, step: 6, problem: null })
  expect((await fileOn(found)).curve).toEqual([null, expect.any(Number), expect.any(Number)])
}

async function fileOn(layer: FaultyLayer): Promise<RunFile> {
  layer.install()
  return readRunFile(run).finally(restoreDisk)
}

/** What a process leaves behind when it has ended so. */
function statesLeft(layer: FaultyLayer, { code }: Fault): FaultyLayer[] {
  const left = layer.left()
  return code === 'CRASH' ? Object.values(left) : [left.kill]
}

const faults: [what: string, Omit<Fault, 'at'>][] = ['ENOSPC', 'EIO', 'EROFS', 'CRASH'].flatMap((code) => [
  [`${code}, before it is done or when half of it is`, { code }],
  [`${code}, when it is done`, { code, done: true }],
])

describe('a run on a disk that fails', () => {
  it('is one that writes what a run leaves', async () => {
    const { files, operations } = await undisturbed()
    expect(Object.keys(files)).toEqual([
      `${run}/metrics.jsonl`,
      ...[1, 2].map((epoch) => `${run}/${optimizerName(epoch)}`),
      `${run}/${resumeName}`,
      ...[0, 1, 2].map((epoch) => `${run}/sample_conditioned_epoch${epoch}.png`),
      ...[0, 1, 2].map((epoch) => `${run}/test_recon_epoch${epoch}.png`),
      ...[0, 1, 2].map((epoch) => `${run}/${weightsName(epoch)}`),
    ])
    expect(operations.length).toBeGreaterThan(100)
  })

  it('is slower than the steps that it is written beside, and what it leaves is the same', async () => {
    const layer = new FaultyLayer(undefined, true)
    const { events } = await trainOn(layer)
    const told = events.flatMap((event) => (event.type === 'step' || event.type === 'epoch' ? [event] : []))
    // of an epoch's end and the steps behind it
    const ofStep = told.map(({ step }) => step)
    expect(ofStep).not.toEqual(ofStep.toSorted((a, b) => a - b))
    expect(filesOf(layer)).toEqual((await undisturbed()).files)
  })

  const all: typeof faults = [...faults, ['ENOSPC, and the next seven', { code: 'ENOSPC', times: 8 }]]
  const onBoth = all.flatMap(([what, how]) => [
    [what, how, false] as const,
    [`${what}, slower than the steps beside it`, how, true] as const,
  ])
  it.each(onBoth)(
    'at any of its operations (%s) goes on to the same',
    async (_, { code, done, times }, slow) => {
      const { files, operations } = await undisturbed(slow)
      for (const at of operations.keys()) {
        const fault: Fault = { at, code, done, times }
        const layer = new FaultyLayer(fault, slow)
        const stretch = await trainOn(layer)
        for (const found of statesLeft(layer, fault)) await expectToGoOn(found, stretch, files)
        // what could not be removed either is removed when the run is resumed
        const rest = layer.paths().filter((path) => path.endsWith('.tmp'))
        expect(code === 'CRASH' || times !== undefined ? [] : rest).toEqual([])
      }
    },
    120_000,
  )

  it.each(faults)(
    'at any operation of being resumed (%s) goes on to the same',
    async (_, how) => {
      const { files, operations } = await undisturbed()
      // in the last save: the state is there, run.json is not; and lines of metrics are behind an earlier save
      const at = operations.length - 25
      const killed = new FaultyLayer({ at, code: 'CRASH' })
      const first = await trainOn(killed)
      const note = Buffer.from('{"type":"note"}\n{"type":"step","step":7,"loss":1}\n{"type":"st')
      const path = `${run}/metrics.jsonl`
      for (let at = 0, more = true; more; at++) {
        const fault = { at, ...how }
        const layer = killed.left(fault).kill
        layer.seed(path, Buffer.concat([layer.content(path)!, note]))
        const stretch = await trainOn(layer)
        more = layer.operations.length > at
        for (const found of statesLeft(layer, fault)) {
          const lines = Buffer.from(found.content(path)!).toString()
          expect(lines).toContain('{"type":"note"}\n')
          found.seed(path, Buffer.from(lines.replace('{"type":"note"}\n', '')))
          await expectToGoOn(found, { ...stretch, events: [...first.events, ...stretch.events] }, files)
          expect(Buffer.from(found.content(`${run}/metrics-before-resume.jsonl`)!).toString()).toContain('"step":7')
        }
      }
    },
    120_000,
  )

  it.each(faults)('at any operation of giving a run a name (%s) leaves the old one or the new one', async (_, how) => {
    const whole = new FaultyLayer()
    await trainOn(whole)
    for (let at = 0, more = true; more; at++) {
      const fault = { at, ...how }
      const layer = whole.left(fault).kill.install()
      const refused = await renameRun(run, 'another').then(
        () => false,
        () => true,
      )
      restoreDisk()
      more = layer.operations.length > at
      for (const found of statesLeft(layer, fault)) {
        const { name, ...rest } = await fileOn(found)
        expect(refused ? ['small', 'another'] : ['another']).toContain(name)
        expect(rest).toMatchObject({ status: 'done', step: 6 })
      }
    }
  })
})
