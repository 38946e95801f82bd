/** Whole small runs, in this thread, on the engine that ships. */
import { cp, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { OnnxEngine } from '../../main/engine/lanes/cpu'
import * as atomic from '../../main/files/atomic'
import { readSafetensors, writeSafetensors } from '../../main/files/safetensors'
import { importRun, packRun } from '../../main/runs/archive'
import { readRunFile } from '../../main/runs/folder'
import { metricsLine } from '../../main/runs/metrics-line'
import type { Answered } from '../../main/trainer/api'
import type { CheckpointChoice } from '../../main/trainer/calls'
import { trainerEvent } from '../../main/trainer/events'
import { PreparedEngines } from '../../main/training/prepared-engines'
import type { Question } from '../../preload/contract'
import { AppError } from '../../preload/errors'
import { listening, small, workplace } from './set-up'

vi.mock('../../main/files/atomic', { spy: true })
let place: Awaited<ReturnType<typeof workplace>>
/** A run that was left alone. */
let alone: string
let events: ReturnType<typeof listening>['events']

beforeAll(async () => {
  place = await workplace()
  const run = await place.newRun()
  const { service, idle, events: told } = listening()
  const ended = idle()
  await service.start(run)
  await ended
  alone = run.folder
  events = told
})
afterAll(() => place.remove())
afterEach(() => void vi.mocked(atomic.writeAtomic).mockReset())

const bytes = (folder: string, name: string) => readFile(join(folder, name))
const lines = async (folder: string) =>
  (await readFile(join(folder, 'metrics.jsonl'), 'utf8'))
    .trimEnd()
    .split('\n')
    .map((line) => metricsLine.parse(JSON.parse(line)))

async function expectLikeAlone(folder: string): Promise<void> {
  expect(await bytes(folder, 'metrics.jsonl')).toEqual(await bytes(alone, 'metrics.jsonl'))
  const weights = 'vlae_condprior_epoch2.safetensors'
  expect((await bytes(folder, weights)).equals(await bytes(alone, weights))).toBe(true)
}

describe('a run', () => {
  it('tells what happens, in order, as the contract says', () => {
    for (const event of events) trainerEvent.parse(event)
    const told = events.filter(({ type }) => !['progress', 'saved'].includes(type))
    const types = told.map(({ type }) => type)
    expect([types.slice(0, 3), types.slice(-2)]).toEqual([
      ['state', 'started', 'state'],
      ['done', 'state'],
    ])
    // steps go on while an epoch is saved, which is told when it is
    const steps = told.flatMap((event) => (event.type === 'step' ? [event.step] : []))
    expect(steps).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
    const ofEpochs = types.slice(3, -2).filter((type) => type !== 'step')
    expect(ofEpochs).toEqual([0, 1, 2].flatMap(() => ['gallery', 'checkpoint', 'epoch']))
    const ends = told.flatMap((event, at) => (event.type === 'epoch' ? [{ at, step: event.step }] : []))
    expect(ends.map(({ step }) => step)).toEqual([0, 4, 8])
    for (const { at, step } of ends) expect(told.slice(at).some((event) => event.type === 'step' && event.step <= step)).toBe(false) // prettier-ignore
  })

  it('writes a line for every step and every epoch, from epoch 0', async () => {
    const written = await lines(alone)
    expect(written.map(({ type, step }) => `${type} ${step}`)).toEqual([
      'epoch 0',
      ...[1, 2, 3, 4].map((step) => `step ${step}`),
      'epoch 4',
      ...[5, 6, 7, 8].map((step) => `step ${step}`),
      'epoch 8',
    ])
    expect(JSON.stringify(written)).not.toMatch(/second|time/i)
  })

  it('learns', async () => {
    const losses = (await lines(alone)).filter((line) => line.type === 'step').map((line) => line.loss)
    expect(losses[7]).toBeLessThan(losses[0]! - 20)
  })

  it('says in run.json what it is and how it stands', async () => {
    const file = await readRunFile(alone)
    expect(file).toMatchObject({ status: 'done', settings: small, epoch: 2, step: 8, stepsPerEpoch: 4, problem: null })
    expect(file.data).toMatchObject({ folder: place.dataFolder, trainImages: 30, testImages: 20 })
    expect(file.curve).toEqual([null, expect.any(Number), expect.any(Number)])
    expect(file.versions).toHaveProperty('onnxruntime')
  })

  it('has done its work: it cannot be resumed', async () => {
    await expect(listening().service.resume({ folder: alone, bundledFolder: null })).rejects.toMatchObject({
      code: 'run/finished',
    })
  })
})

describe('pausing, stopping, resuming', () => {
  it('stands still within a step, and goes on as if nothing had been', async () => {
    const run = await place.newRun()
    const { service, idle, step, events } = listening()
    const [second, ended] = [step(2), idle()]
    await service.start(run)
    await second
    await service.pause()
    const last = events.findLast((event) => event.type === 'step')!
    expect(last.step).toBeLessThanOrEqual(3)
    expect(await readRunFile(run.folder)).toMatchObject({ status: 'paused', step: last.step })
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect(events.findLast((event) => event.type === 'step')).toBe(last)
    await service.continue()
    await ended
    await expectLikeAlone(run.folder)
  })

  it('saves when it is asked to, and trains on as if nothing had been', async () => {
    const run = await place.newRun()
    const { service, idle, step, events } = listening()
    await service.save()
    const [second, ended] = [step(2), idle()]
    await service.start(run)
    await second
    const before = events.filter(({ type }) => type === 'saved').length
    await service.save()
    await ended
    const saved = events.filter((event) => event.type === 'saved')
    // without it, after the epochs only
    expect(saved[before]!.step).toBeLessThan(4)
    expect(saved.slice(before + 1).map(({ step }) => step)).toEqual([4, 8, 8])
    await expectLikeAlone(run.folder)
  })

  it('stops before the first step, and resumes', async () => {
    const run = await place.newRun()
    const { service, events } = listening()
    await service.start(run)
    await service.stop()
    expect(events.at(-1)).toMatchObject({ type: 'state', state: 'stopped' })
    const file = await readRunFile(run.folder)
    expect(file.status).toBe('stopped')
    const { service: another, idle } = listening()
    const ended = idle()
    await another.resume({ folder: run.folder, bundledFolder: null })
    await ended
    await expectLikeAlone(run.folder)
  })

  it('refuses to pause when nothing trains', async () => {
    await expect(listening().service.pause()).rejects.toMatchObject({ code: 'training/none' })
  })

  /** A run that was stopped at step 6: made once, and copied for each test. */
  let six: string
  beforeAll(async () => {
    const run = await place.newRun()
    const { service, step } = listening()
    const sixth = step(6)
    await service.start(run)
    await sixth
    await service.stop()
    six = run.folder
  })
  async function stopped(): Promise<string> {
    const { folder } = await place.newRun()
    await cp(six, folder, { recursive: true })
    return folder
  }

  async function resume(folder: string) {
    const heard = listening()
    const ended = heard.idle()
    await heard.service.resume({ folder, bundledFolder: null })
    await ended
    return heard.events
  }

  it('goes on elsewhere from the one file that it was packed as', async () => {
    const archive = join(place.results, 'packed.zip')
    await packRun(await stopped(), archive)
    const { folder, left } = await importRun(archive, join(place.results, 'elsewhere'))
    expect(left).toEqual([])
    await resume(folder)
    await expectLikeAlone(folder)
  })

  it('cuts what was written after the last save, and writes it again', async () => {
    const folder = await stopped()
    const path = join(folder, 'metrics.jsonl')
    const step7 = (await bytes(alone, 'metrics.jsonl')).toString().split('\n')[8]!
    await writeFile(path, `${step7}\n{"type":"st`, { flag: 'a' })
    const told = await resume(folder)
    expect(told.find((event) => event.type === 'started')).toMatchObject({ resumed: true, step: 6 })
    await expectLikeAlone(folder)
    expect((await bytes(folder, 'metrics-before-resume.jsonl')).toString()).toBe(`${step7}\n{"type":"st\n`)
  })

  it('keeps lines that it does not know, and values that were no numbers, where they are', async () => {
    const folder = await stopped()
    const path = join(folder, 'metrics.jsonl')
    const before = (await bytes(folder, 'metrics.jsonl')).toString().split('\n')
    const strange = [
      '{"type":"note","text":"of a later version"}',
      before[2]!.replace(/"loss":[^,]+/, '"loss": null'),
      'no JSON',
      '',
    ]
    await writeFile(path, [...before.slice(0, 2), ...strange, ...before.slice(3)].join('\n'))
    const told = await resume(folder)
    expect(told.filter((event) => event.type === 'notice')).toEqual([])
    const after = (await bytes(folder, 'metrics.jsonl')).toString().split('\n')
    expect(after.slice(2, 6)).toEqual(strange)
    const rest = after.toSpliced(2, 4, before[2]!)
    expect(rest.join('\n')).toBe((await bytes(alone, 'metrics.jsonl')).toString())
    expect(await readdir(folder)).not.toContain('metrics-before-resume.jsonl')
  })

  it('goes on from the end of an epoch where the last state is damaged, and says so', async () => {
    const folder = await stopped()
    await writeFile(join(folder, 'resume.safetensors'), 'not a state')
    const told = await resume(folder)
    expect(told.find((event) => event.type === 'notice')?.message).toMatch(/end of epoch 1 instead/)
    await expectLikeAlone(folder)
  })

  it('says so when metrics of its past are missing', async () => {
    const folder = await stopped()
    await rm(join(folder, 'metrics.jsonl'))
    const told = await resume(folder)
    expect(told.find((event) => event.type === 'notice')?.message).toMatch(/curves have a gap/)
    expect((await lines(folder)).at(-1)).toMatchObject({ type: 'epoch', epoch: 2 })
  })

  it('goes on from the end of an epoch where the last state is gone; without any, says so', async () => {
    const folder = await stopped()
    await rm(join(folder, 'resume.safetensors'))
    const told = await resume(folder)
    expect(told.find((event) => event.type === 'notice')?.message).toMatch(/end of epoch 1 instead/)
    await expectLikeAlone(folder)
    const other = await stopped()
    for (const name of await readdir(other)) if (/^(resume|optimizer)/.test(name)) await rm(join(other, name))
    await expect(resume(other)).rejects.toMatchObject({
      code: 'run/no-state',
      remedy: expect.stringMatching(/checkpoint/),
    })
  })

  it('refuses to go on with other data', async () => {
    const folder = await stopped()
    const labels = join(place.dataFolder, 'train-labels-idx1-ubyte')
    const before = await readFile(labels)
    const changed = Buffer.from(before)
    changed[8] = (changed[8]! + 1) % 10
    await writeFile(labels, changed)
    try {
      await expect(resume(folder)).rejects.toMatchObject({ code: 'run/data-changed' })
    } finally {
      await writeFile(labels, before)
    }
  })

  it('says so when it goes on with another engine', async () => {
    const folder = await stopped()
    const file = await readRunFile(folder)
    await writeFile(
      join(folder, 'run.json'),
      JSON.stringify({ ...file, engine: { name: 'another', device: 'somewhere' } }),
    )
    const told = await resume(folder)
    expect(told.find((event) => event.type === 'notice')?.message).toMatch(/began on another .* goes on with onnx-cpu/)
    expect((await readRunFile(folder)).engine.name).toBe('onnx-cpu')
  })

  it('removes what a killed process left unfinished', async () => {
    const folder = await stopped()
    await writeFile(join(folder, '.resume.safetensors.4711-0.tmp'), 'half')
    await resume(folder)
    expect((await readdir(folder)).filter((name) => name.endsWith('.tmp'))).toEqual([])
  })
})

describe('a full disk', () => {
  const full = () => new AppError('disk/full', 'The disk is full.', 'Free some space.')

  it('is waited for, and said; training goes on when asked to', async () => {
    const run = await place.newRun()
    const { service, idle, step, next, events } = listening()
    const [second, ended] = [step(2), idle()]
    await service.start(run)
    await second
    vi.mocked(atomic.writeAtomic).mockRejectedValue(full())
    const failure = await next((event) => event.type === 'failure')
    expect(failure).toMatchObject({ resumable: true, error: { code: 'disk/full' } })
    expect(events.at(-1)).toMatchObject({ type: 'state', state: 'waiting' })
    await expect(service.continue()).rejects.toMatchObject({ code: 'disk/full' })
    vi.mocked(atomic.writeAtomic).mockReset()
    await service.continue()
    await ended
    await expectLikeAlone(run.folder)
  })

  it('is left as soon as there is room again', async () => {
    const run = await place.newRun()
    const { service, idle, step, next } = listening()
    const [second, ended] = [step(2), idle()]
    await service.start(run)
    await second
    vi.useFakeTimers({ toFake: ['setTimeout'] })
    try {
      vi.mocked(atomic.writeAtomic).mockRejectedValueOnce(full())
      expect(await next((event) => event.type === 'failure')).toMatchObject({ error: { code: 'disk/full' } })
      const training = next((event) => event.type === 'state' && event.state === 'training')
      await vi.advanceTimersByTimeAsync(10_000)
      await training
    } finally {
      vi.useRealTimers()
    }
    await ended
    await expectLikeAlone(run.folder)
  })

  it('can be left by stopping; what was saved before is resumed', async () => {
    const run = await place.newRun()
    const { service, next } = listening()
    const saved = next((event) => event.type === 'epoch' && event.epoch === 1)
    await service.start(run)
    await saved
    vi.mocked(atomic.writeAtomic).mockRejectedValue(full())
    await next((event) => event.type === 'failure')
    await service.stop()
    vi.mocked(atomic.writeAtomic).mockReset()
    expect((await readRunFile(run.folder)).status).toBe('training')
    const again = listening()
    const ended = again.idle()
    await again.service.resume({ folder: run.folder, bundledFolder: null })
    await ended
    expect(again.events.find((event) => event.type === 'started')).toMatchObject({ resumed: true, step: 4, epoch: 1 })
    await expectLikeAlone(run.folder)
  })
})

describe('what goes wrong', () => {
  it('is mended at the next save when files of the run are deleted or cut while it trains', async () => {
    const run = await place.newRun()
    const { service, idle, step, events } = listening()
    const [second, ended] = [step(2), idle()]
    await service.start(run)
    await second
    await service.pause()
    for (const name of ['metrics.jsonl', 'resume.safetensors', 'sample_conditioned_epoch0.png'])
      await rm(join(run.folder, name))
    await writeFile(join(run.folder, 'run.json'), '{"format":')
    await service.continue()
    await ended
    expect(events.filter((event) => event.type === 'failure')).toEqual([])
    await expectLikeAlone(run.folder)
    expect(await readRunFile(run.folder)).toMatchObject({ status: 'done', epoch: 2 })
    expect(await readdir(run.folder)).toContain('resume.safetensors')
  })

  it('ends the run with a word when its folder is deleted, and leaves nothing half made', async () => {
    const run = await place.newRun()
    const { service, idle, step, next } = listening()
    const [second, failure, ended] = [step(2), next((event) => event.type === 'failure'), idle()]
    await service.start(run)
    await second
    // a file may come while the others go
    await rm(run.folder, { recursive: true, maxRetries: 10, retryDelay: 1 })
    expect(await failure).toMatchObject({ error: { code: 'disk/not-found' } })
    await ended
    await expect(readdir(run.folder)).rejects.toThrow('ENOENT')
  })

  it('ends the run where it was saved last, and is told', async () => {
    const run = await place.newRun({ settings: { ...small, learningRate: 1, epochs: 50, klWarmup: 0 } })
    const { service, next, idle } = listening()
    const [failure, ended] = [next((event) => event.type === 'failure'), idle()]
    await service.start(run)
    vi.mocked(atomic.writeAtomic).mockRejectedValueOnce(new AppError('disk/io', 'The disk failed.', 'Check it.'))
    expect(await failure).toMatchObject({ resumable: true, error: { code: 'disk/io', remedy: 'Check it.' } })
    await ended
    expect(await readRunFile(run.folder)).toMatchObject({ status: 'failed', problem: { code: 'disk/io' } })
  })

  it('is not the end of a run when an engine fails: resuming makes what has failed anew', async () => {
    const onnx = new OnnxEngine(1)
    let failing = true
    const engines = new PreparedEngines(async () => ({
      name: onnx.name,
      device: onnx.device,
      prepare: (...what) => onnx.prepare(...what),
      async learner(options) {
        const learner = await onnx.learner(options)
        const { step } = learner
        const breaks = failing
        learner.step = (input) =>
          breaks && input.step === 6 ? Promise.reject(new Error('the device is gone')) : step.call(learner, input)
        return learner
      },
    }))
    const run = await place.newRun()
    const first = listening({ engines })
    const failed = first.idle()
    await first.service.start(run)
    await failed
    expect(await readRunFile(run.folder)).toMatchObject({ status: 'failed', step: 4, problem: { code: 'internal' } })
    failing = false
    const second = listening({ engines })
    const ended = second.idle()
    await second.service.resume({ folder: run.folder, bundledFolder: null })
    await ended
    await expectLikeAlone(run.folder)
  })

  it('says what was read in place of a broken file', async () => {
    const name = 'train-labels-idx1-ubyte'
    await rename(join(place.dataFolder, name), join(place.dataFolder, `${name}.gz`))
    await writeFile(join(place.dataFolder, name), '')
    const run = await place.newRun()
    const { service, events } = listening()
    await service.start(run)
    await service.stop()
    await rename(join(place.dataFolder, `${name}.gz`), join(place.dataFolder, name))
    expect(events).toContainEqual({
      type: 'notice',
      folder: run.folder,
      message: `${name} is empty; ${name}.gz was read in its place.`,
    })
  })

  it('refuses a folder without data before anything is written', async () => {
    const run = await place.newRun({ dataFolder: place.results })
    await expect(listening().service.start(run)).rejects.toMatchObject({ code: 'data/not-found' })
    // where it is to go on with what a model knows, that is asked for
    const further = listening().service.start({ ...run, fingerprint: 'x' })
    await expect(further).rejects.toMatchObject({ code: 'run/data-gone' })
    expect(await readdir(run.folder)).toEqual([])
  })
})

describe('looking at checkpoints', () => {
  const { service, progress } = listening()
  const ask = <Q extends Question>(id: number, question: Q, choice: Partial<CheckpointChoice> = {}) =>
    service.ask(id, { folder: alone, bundledFolder: null, ...choice, question }) as Promise<Answered<Q>>

  it('evaluates as the run did, and tells how far it is', async () => {
    const { answer: evaluation } = await ask(1, { type: 'evaluate' })
    const { test } = (await lines(alone)).findLast((line) => line.type === 'epoch')!
    expect(evaluation).toMatchObject({ ...test, epoch: 2, images: 20 })
    expect(evaluation.marginal).toBeGreaterThan(evaluation.loss - Math.log(10))
    expect(evaluation.marginal).toBeLessThan(evaluation.loss + Math.log(10))
    expect(progress.at(-1)).toEqual([1, 40, 40])
  })

  it('samples what is asked for: the same for the same seed, the mean for temperature 0', async () => {
    const threes = { type: 'sample', digit: 3, count: 2, seed: 1 } as const
    const drawn = await ask(2, threes, { epoch: 1 })
    expect(drawn).toMatchObject({ epoch: 1, answer: { rows: 1, columns: 2, labels: Uint8Array.of(3, 3) } })
    expect(drawn.answer.pixels).toHaveLength(2 * 784)
    expect(await ask(3, threes, { epoch: 1 })).toEqual(drawn)
    const other = await ask(4, { ...threes, seed: 2 }, { epoch: 1 })
    expect(other.answer.pixels).not.toEqual(drawn.answer.pixels)
    const { answer } = await ask(5, { type: 'sample', count: 2, temperature: 0 }, { epoch: 1 })
    expect([answer.rows, answer.columns, ...answer.labels!.subarray(0, 4)]).toEqual([10, 2, 0, 0, 1, 1])
    expect(answer.pixels.slice(0, 784)).toEqual(answer.pixels.slice(784, 2 * 784))
    expect(answer.pixels.slice(0, 784)).not.toEqual(answer.pixels.slice(2 * 784, 3 * 784))
  })

  it('draws few at a time what it draws of many: the same pictures, but for a rounded grey', async () => {
    const draw = async (count: number) => (await ask(5, { type: 'sample', digit: 3, count, seed: 1 })).answer.pixels
    const many = await draw(9)
    for (const count of [1, 8]) {
      const apart = (await draw(count)).map((grey, i) => Math.abs(grey - many[i]!))
      expect(Math.max(...apart)).toBeLessThanOrEqual(1)
    }
  })

  it('reconstructs test images', async () => {
    const { answer } = await ask(6, { type: 'reconstruct', images: [4, 0] })
    expect([answer.rows, answer.columns, ...answer.labels!]).toEqual([2, 2, 4, 7, 4, 7])
    expect(answer.pixels).toHaveLength(4 * 784)
    expect(answer.pixels.slice(2 * 784)).not.toEqual(answer.pixels.slice(0, 2 * 784))
    const none = ask(7, { type: 'reconstruct', images: [20] })
    await expect(none).rejects.toMatchObject({ code: 'data/no-such-image' })
  })

  it('can be given up', async () => {
    const evaluation = ask(8, { type: 'evaluate' })
    service.cancel(8)
    await expect(evaluation).rejects.toMatchObject({ code: 'cancelled' })
  })

  it('names the epochs there are, when another one is asked for', async () => {
    await expect(ask(9, { type: 'evaluate' }, { epoch: 9 })).rejects.toMatchObject({
      code: 'run/no-checkpoint',
      remedy: 'It has those of epochs 0–2.',
    })
  })

  it('takes the newest weights whose file is whole, and says so; and says why there are none', async () => {
    const folder = join(place.results, 'links')
    await cp(alone, folder, { recursive: true })
    const broken = join(folder, 'vlae_condprior_epoch7.safetensors')
    await symlink(join(place.results, 'nowhere'), broken, 'junction')
    const { service, events } = listening()
    const draw = (choice: { epoch?: number }) =>
      service.ask(20, { folder, bundledFolder: null, ...choice, question: { type: 'sample', count: 1 } })
    expect((await draw({})).epoch).toBe(2)
    expect(events).toContainEqual({
      type: 'notice',
      folder: null,
      message: `${broken} could not be read: it is not there. The newest checkpoint that can be used is that of epoch 2.`,
    })
    await expect(draw({ epoch: 7 })).rejects.toMatchObject({ code: 'disk/not-found' })
    for (const epoch of [0, 1, 2]) await rm(join(folder, `vlae_condprior_epoch${epoch}.safetensors`))
    await expect(draw({})).rejects.toMatchObject({
      code: 'run/no-checkpoint',
      message: `No checkpoint of this run can be used. ${broken} could not be read: it is not there.`,
    })
    await rm(broken)
    await expect(draw({})).rejects.toMatchObject({ message: 'No weights are left in this run’s folder.' })
  })

  it('refuses damaged weights in whatever is done with them, and what overflows together', async () => {
    const folder = join(place.results, 'damaged')
    await cp(alone, folder, { recursive: true })
    const path = join(folder, 'vlae_condprior_epoch2.safetensors')
    const good = await readSafetensors(path)
    const write = async (change: (data: Float32Array) => Float32Array, only?: string) => {
      const tensors = Array.from(good.tensors, ([name, { shape, data }]) => {
        const same = only !== undefined && only !== name
        return { name, dtype: 'F32' as const, shape, data: same ? data : change(data as Float32Array) }
      })
      await writeSafetensors(path, tensors, good.metadata)
    }
    const uses = [
      () => ask(10, { type: 'sample', count: 1 }, { folder }),
      () => ask(11, { type: 'reconstruct', images: [0] }, { folder }),
      () => ask(12, { type: 'evaluate' }, { folder }),
    ]
    await write((data) => data.map(() => Number.NaN), 'decoder.fc.0.weight')
    for (const use of uses)
      await expect(use()).rejects.toMatchObject({
        code: 'run/damaged-weights',
        message: expect.stringContaining('"decoder.fc.0.weight"'),
      })
    const next = await place.newRun({ from: { folder, epoch: 2 } })
    await expect(service.start(next)).rejects.toMatchObject({ code: 'run/damaged-weights' })
    expect(await readdir(next.folder)).toEqual([])
    await write((data) => data.map((_, i) => (i % 2 === 0 ? 3e38 : -3e38)))
    for (const use of uses) await expect(use()).rejects.toMatchObject({ code: 'run/overflown' })
  })

  it('draws with the weights of the checkpoint that a run was continued from; another network’s are refused', async () => {
    const run = await place.newRun({ from: { folder: alone, epoch: 2 }, settings: { ...small, epochs: 1 } })
    const heard = listening()
    const ended = heard.idle()
    await heard.service.start(run)
    await ended
    const drawn = await bytes(run.folder, 'sample_conditioned_epoch0.png')
    expect(drawn.equals(await bytes(alone, 'sample_conditioned_epoch2.png'))).toBe(true)
    const other = await place.newRun({ from: { folder: alone, epoch: 2 }, settings: { ...small, condition: 'none' } })
    await expect(listening().service.start(other)).rejects.toMatchObject({ code: 'run/other-model' })
  })
})

it('makes ready what a run computes with, and is then as it was', async () => {
  const { service, events, idle } = listening()
  await service.prepare(small)
  await service.prepare(small)
  expect(events).toEqual([])
  const run = await place.newRun()
  const ended = idle()
  await service.start(run)
  await service.prepare(small)
  await ended
  await expectLikeAlone(run.folder)
})
