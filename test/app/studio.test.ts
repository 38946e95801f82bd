/** The studio as a page sees it: over a channel, with a trainer that does what the test says. */
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Conf from 'conf'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import * as folders from '../../main/app/folders'
import { openSettings } from '../../main/app/settings'
import { Studio, type Door } from '../../main/app/studio'
import { portChannel } from '../../preload/channels'
import type { AppEvent, TrainingState } from '../../preload/contract'
import { AppError } from '../../preload/errors'
import { connectToApp, type App } from '../../preload/seam'
import { allow, noRights, unprivileged } from '../files/unprivileged'
import { FakeTrainer, picture, stepsPerEpoch, writeRun } from './fake-trainer'

let folder: string
let trainer: FakeTrainer
let studio: Studio
const leaving: (() => void)[] = []

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'vlae-studio-'))
  trainer = new FakeTrainer()
  studio = makeStudio({ kind: 'tab' })
})
afterEach(async () => {
  for (const leave of leaving.splice(0)) leave()
  await studio.close()
  rmSync(folder, { recursive: true })
})

function makeStudio(door: Door): Studio {
  const settings = openSettings((deserialize) => new Conf({ cwd: folder, configName: 'settings', deserialize }))
  return new Studio({ trainer, settings, door, resultFolder: join(folder, 'result'), version: '1.2.3' })
}

/** A page that has come: what it can call, and every event it was sent. */
function open(): { app: App; batches: AppEvent[][]; events: () => AppEvent[]; training: () => TrainingState } {
  const { port1, port2 } = new MessageChannel()
  const leave = studio.connect(portChannel(port1))
  const batches: AppEvent[][] = []
  const app = connectToApp({ events: (batch) => void batches.push(batch) }, portChannel(port2))
  leaving.push(() => {
    leave()
    port1.close()
  })
  const events = () => batches.flat()
  const training = () => events().findLast((event) => event.type === 'training')!.training
  return { app, batches, events, training }
}

const result = () => join(folder, 'result')

describe('a first look', () => {
  it('knows the app, the settings and the runs', async () => {
    writeRun(result(), 'older', 3)
    const { app } = open()
    const { app: info, resultFolder, runs, training, tasks, notices } = await app.snapshot({})
    expect(info).toMatchObject({ name: 'VLAE Studio', version: '1.2.3', door: 'tab' })
    expect(resultFolder).toEqual({ path: result(), problem: null })
    expect(info.can).toEqual({ chooseFolder: false, reveal: false })
    expect(runs.map((run) => [run.id, run.epoch, run.best])).toEqual([['older', 3, { epoch: 3, loss: 97 }]])
    expect(training.phase).toBe('idle')
    expect([tasks, notices]).toEqual([[], []])
  })

  it('is no older than what the page was told while it waited for a disk', async () => {
    const { app } = open()
    const show = studio.shelf.show.bind(studio.shelf)
    vi.spyOn(studio.shelf, 'show').mockImplementation(async () => {
      const shown = await show()
      await app.changeSettings({ theme: 'dark' })
      await app.start({})
      return shown
    })
    expect(await app.snapshot({})).toMatchObject({ settings: { theme: 'dark' }, training: { phase: 'training' } })
  })

  it('makes ready what Start needs, with the settings that are kept', async () => {
    writeFileSync(join(folder, 'settings.json'), '{"run": {"epochs": 7}}')
    studio = makeStudio({ kind: 'tab' })
    await studio.prepare()
    expect(trainer.prepared).toMatchObject([{ epochs: 7, batch: 128 }])
  })

  it('has the last twenty notices, each with an id of its own', async () => {
    for (let i = 0; i < 30; i++) studio.notify(new AppError('training/notice', `notice ${i}`, ''))
    const { app, events } = open()
    studio.notify(new AppError('training/notice', 'the last', ''))
    const { notices } = await app.snapshot({})
    expect(notices.map(({ message }) => message)).toEqual([
      ...Array.from({ length: 19 }, (_, i) => `notice ${i + 11}`),
      'the last',
    ])
    expect(new Set(notices.map(({ id }) => id)).size).toBe(20)
    await vi.waitFor(() => expect(events()).toContainEqual({ type: 'notice', notice: notices.at(-1) }))
  })

  it('tells of a settings file that had to be put aside', async () => {
    writeFileSync(join(folder, 'settings.json'), '{"theme": "pink"}')
    studio = makeStudio({ kind: 'tab' })
    const { notices, settings } = await open().app.snapshot({})
    expect(notices[0]?.code).toBe('settings/unusable')
    expect(settings.theme).toBe('system')
  })
})

describe('training', () => {
  it('is seen from the press to the end, with the summary of the run at each epoch', async () => {
    const { app, events, training } = open()
    expect(await app.start({ name: 'mine' })).toBe('new-run')
    trainer.emitEpoch(0)
    for (let i = 1; i <= stepsPerEpoch; i++) trainer.emitStep(i)
    trainer.emitEpoch(1)
    await vi.waitFor(() => expect(training()).toMatchObject({ run: 'new-run', phase: 'training', step: 10, epoch: 1 }))
    expect(training()).toMatchObject({ epochs: 30, steps: 300, imagesPerSecond: 1000, device: 'CPU, 1 lane' })
    await app.stop({})
    await vi.waitFor(() => expect(training()).toMatchObject({ phase: 'stopped' }))
    // told apart from the phase, and on a busy machine after it
    await vi.waitFor(() =>
      expect(events().some((event) => event.type === 'runs' && event.changed[0]?.id === 'new-run')).toBe(true),
    )
    const [start] = trainer.asked
    expect(start).toMatchObject({ options: { name: 'mine', dataFolder: null, resultFolder: result() } })
    expect((await app.engines({}))[0]).toMatchObject({ name: 'onnx-cpu', imagesPerSecond: 950 })
  })

  it('sends every line once, in at most ten batches a second', async () => {
    const { app, batches } = open()
    await app.start({})
    trainer.emitEpoch(0)
    const began = performance.now()
    const arrivals: number[] = []
    for (let i = 1; i <= 120; i++) {
      trainer.emitStep(i)
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
    const seconds = (performance.now() - began) / 1000
    const spans = () => batches.flat().flatMap((event) => (event.type === 'metrics' ? [event.span] : []))
    await vi.waitFor(() => expect(spans().at(-1)?.to).toBe(121))
    expect(batches.length).toBeLessThanOrEqual(Math.ceil(seconds * 10) + 2)
    let at = 0
    for (const span of spans()) {
      expect(span.from).toBe(at)
      at = span.to
      arrivals.push(...span.steps.step)
    }
    expect(arrivals).toEqual(Array.from({ length: 120 }, (_, i) => i + 1))
  })

  it('is seen whole by a page that comes in the middle', async () => {
    const first = open()
    await first.app.start({})
    trainer.emitEpoch(0)
    for (let i = 1; i <= 25; i++) trainer.emitStep(i)
    const second = open()
    const { training } = await second.app.snapshot({})
    expect(training).toMatchObject({ run: 'new-run', step: 25 })
    const span = await second.app.history({ run: 'new-run' })
    expect([span.from, span.to, span.steps.step.length, span.epochs.length]).toEqual([0, 26, 25, 1])
    expect((await second.app.history({ run: 'new-run', since: 20 })).steps.step).toEqual(
      Int32Array.of(20, 21, 22, 23, 24, 25),
    )
  })

  it('goes on from the saved step of a resumed run: later lines of its file are forgotten', async () => {
    writeRun(result(), 'cut-off', 3)
    const { app, events } = open()
    await app.resume({ run: 'cut-off' })
    trainer.emitStep(21)
    trainer.emitStep(22)
    const span = await app.history({ run: 'cut-off' })
    expect([...span.steps.step]).toEqual(Array.from({ length: 22 }, (_, i) => i + 1))
    expect(span.epochs.map((line) => line.epoch)).toEqual([0, 1, 2])
    await vi.waitFor(() => {
      const spans = events().flatMap((event) => (event.type === 'metrics' ? [event.span] : []))
      expect(spans[0]?.from).toBe(23)
      expect(spans.flatMap(({ steps }) => Array.from(steps.step))).toEqual([21, 22])
    })
  })

  it('pauses and goes on', async () => {
    const { app, training } = open()
    await app.start({})
    await app.pause({})
    await vi.waitFor(() => expect(training().phase).toBe('paused'))
    await app.resume({})
    await vi.waitFor(() => expect(training().phase).toBe('training'))
    expect(trainer.asked.map(({ call }) => call)).toEqual(['start', 'pause', 'continue'])
  })

  it('trains one run at a time', async () => {
    writeRun(result(), 'other', 1)
    const { app } = open()
    await app.start({})
    await expect(app.start({})).rejects.toMatchObject({
      code: 'training/busy',
      message: expect.stringContaining('new-run') as string,
    })
    await expect(app.resume({ run: 'other' })).rejects.toMatchObject({ code: 'training/busy' })
    await expect(app.changeSettings({ resultFolder: folder })).rejects.toMatchObject({ code: 'training/busy' })
    await app.stop({})
    await expect(app.resume({})).rejects.toMatchObject({ code: 'training/none' })
  })

  it('says why it could not start, and is as before', async () => {
    const { app, training } = open()
    trainer.refusal = new AppError('data/not-found', 'There are no MNIST files.', 'Pick another folder.')
    await expect(app.start({})).rejects.toMatchObject({ code: 'data/not-found', remedy: 'Pick another folder.' })
    await vi.waitFor(() => expect(training()).toMatchObject({ phase: 'idle', run: null }))
  })

  it('says why it failed', async () => {
    const { app, training } = open()
    await app.start({})
    const error = { code: 'training/diverged', message: 'The loss is not a number.', remedy: 'A lower rate.' }
    trainer.emit({ type: 'failure', folder: trainer.folder, error, resumable: false, waits: false })
    trainer.enter('failed')
    await vi.waitFor(() => expect(training()).toMatchObject({ phase: 'failed', problem: error }))
  })

  it('waits for room on a full disk, and says so until it goes on', async () => {
    const { app, training } = open()
    await app.start({})
    const error = { code: 'disk/full', message: 'The disk is full.', remedy: 'Make room.' }
    trainer.emit({ type: 'failure', folder: trainer.folder, error, resumable: true, waits: true })
    trainer.enter('waiting')
    await vi.waitFor(() => expect(training()).toMatchObject({ phase: 'waiting', problem: error }))
    trainer.enter('training')
    await vi.waitFor(() => expect(training()).toMatchObject({ phase: 'training', problem: null }))
  })

  it('continues from a checkpoint as a new run, with that run’s settings and data', async () => {
    writeRun(result(), 'source', 2, {
      data: {
        name: 'fashion',
        folder: '/fashion',
        bundled: false,
        fingerprint: 'f',
        trainImages: 1,
        testImages: 1,
        classes: null,
      },
    })
    const { app } = open()
    await app.start({ from: { run: 'source', epoch: 1 } })
    expect(trainer.asked[0]?.options).toMatchObject({
      from: { runFolder: join(result(), 'source'), epoch: 1 },
      dataFolder: '/fashion',
    })
    await expect(app.start({ from: { run: 'nowhere', epoch: 1 } })).rejects.toMatchObject({ code: 'run/not-found' })
  })
})

describe('runs', () => {
  it('gives an epoch’s picture tile by tile', async () => {
    writeRun(result(), 'a', 2)
    const { app } = open()
    const tiles = await app.picture({ run: 'a', epoch: 2, kind: 'samples' })
    expect([tiles.rows, tiles.columns]).toEqual([10, 8])
    expect(tiles.pixels).toEqual(picture(2))
    expect([...tiles.labels!.subarray(0, 17)]).toEqual([...Array(8).fill(0), ...Array(8).fill(1), 2])
    await expect(app.picture({ run: 'a', epoch: 9, kind: 'samples' })).rejects.toMatchObject({ code: 'run/no-picture' })
  })

  it('gives what is drawn within the first epoch, while there is one that trains', async () => {
    writeRun(result(), 'another', 2)
    const { app } = open()
    const none = { code: 'run/no-picture' }
    await app.start({})
    expect((await app.snapshot({})).training.sketched).toBeNull()
    await expect(app.sketch({ run: 'new-run', kind: 'samples' })).rejects.toMatchObject(none)
    const reconstructions = new Uint8Array(16 * 784).fill(9)
    trainer.emit({ type: 'sketch', folder: trainer.folder!, step: 3, samples: picture(3), reconstructions })
    expect((await app.snapshot({})).training.sketched).toBe(3)
    const samples = await app.sketch({ run: 'new-run', kind: 'samples' })
    expect([samples.rows, samples.columns, samples.labels![8]]).toEqual([10, 8, 1])
    expect(samples.pixels).toEqual(picture(3))
    const pairs = await app.sketch({ run: 'new-run', kind: 'reconstructions' })
    expect([pairs.rows, pairs.columns, pairs.labels, pairs.pixels[783]]).toEqual([2, 8, null, 9])
    await expect(app.sketch({ run: 'another', kind: 'samples' })).rejects.toMatchObject(none)
    // those who come to the next epoch have its own picture; another run begins with none
    await app.stop({})
    await app.start({})
    expect((await app.snapshot({})).training.sketched).toBeNull()
  })

  it('renames, removes and takes back', async () => {
    writeRun(result(), 'a', 2)
    const { app, events } = open()
    await app.describe({ run: 'a', name: ' better ' })
    await app.describe({ run: 'a', note: 'why', tags: ['seeds', ' seeds '] })
    await app.describe({ run: 'a', archived: true })
    const notes = { note: 'why', tags: ['seeds'], archived: true }
    expect((await app.snapshot({})).runs[0]).toMatchObject({ name: 'better', notes })
    await expect(app.describe({ run: 'a', tags: ['a, b'] })).rejects.toMatchObject({ code: 'call/invalid' })
    await app.remove({ run: 'a', epoch: 1 })
    expect((await app.checkpoints({ run: 'a' })).map((checkpoint) => checkpoint.epoch)).toEqual([0, 2])
    const checkpoint = { run: 'a', epoch: 1, name: 'better' }
    expect((await app.snapshot({})).removed).toEqual([checkpoint])
    await app.restore({ run: 'a', epoch: 1 })
    expect(await app.checkpoints({ run: 'a' })).toHaveLength(3)
    await app.remove({ run: 'a' })
    expect(await app.snapshot({})).toMatchObject({ runs: [], removed: [{ run: 'a', epoch: null, name: 'better' }] })
    await vi.waitFor(() => expect(events().findLast((event) => event.type === 'runs')?.gone).toEqual(['a']))
    // what is removed can be taken back by any page, also by one that comes later, from any folder that is shown again
    await app.changeSettings({ resultFolder: join(folder, 'elsewhere') })
    expect((await app.snapshot({})).removed).toEqual([])
    await app.resetSettings({ fields: ['resultFolder'] })
    expect((await open().app.snapshot({})).removed).toHaveLength(1)
    expect(await app.restore({ run: 'a' })).toBe('a')
    expect(await app.snapshot({})).toMatchObject({ runs: [{ id: 'a' }], removed: [] })
    await vi.waitFor(() => expect(events().findLast((event) => event.type === 'removed')?.removed).toEqual([]))

    // taken away by somebody else, it is not offered any more
    await app.remove({ run: 'a', epoch: 2 })
    rmSync(join(result(), 'a'), { recursive: true })
    writeRun(result(), 'a', 2)
    rmSync(join(result(), 'a', 'vlae_condprior_epoch2.safetensors'))
    await expect(app.restore({ run: 'a', epoch: 2 })).rejects.toMatchObject({ code: 'run/not-removed' })
    expect((await app.snapshot({})).removed).toEqual([])
    await app.remove({ run: 'a' })
    await studio.close()
    expect(readdirSync(result())).toEqual([])
  })

  it('samples, reconstructs and evaluates', async () => {
    writeRun(result(), 'a', 2)
    const { app, events } = open()
    const asked = { run: 'a', epoch: 2, task: 't' }
    const grid = await app.ask({ ...asked, question: { type: 'sample', count: 3 } })
    expect([grid.rows, grid.columns, grid.pixels.length]).toEqual([10, 3, 30 * 784])
    const row = await app.ask({ ...asked, question: { type: 'sample', digit: 7, count: 5 } })
    expect([row.rows, row.columns]).toEqual([1, 5])
    const pair = await app.ask({ ...asked, question: { type: 'reconstruct', images: [3, 4] } })
    expect([pair.rows, pair.columns, pair.pixels[0], pair.pixels.at(-1)]).toEqual([2, 2, 1, 2])
    expect(await app.ask({ ...asked, question: { type: 'evaluate' } })).toMatchObject({ loss: 98, marginal: 95 })
    const wrong = app.ask({ ...asked, question: { type: 'sample', digit: 10 } })
    await expect(wrong).rejects.toMatchObject({
      code: 'call/invalid',
      message: expect.stringContaining('question.digit'),
    })
    await vi.waitFor(() =>
      expect(events().findLast((event) => event.type === 'task')?.task).toMatchObject({ id: 't', ended: true }),
    )
  })

  it('gives long work up when asked to', async () => {
    writeRun(result(), 'a', 2)
    const { app } = open()
    const asked = { run: 'a', epoch: 2, task: 'long' }
    const sampling = app.ask({ ...asked, question: { type: 'sample', digit: 1, count: 7 } })
    sampling.catch(() => undefined)
    await vi.waitFor(async () => expect((await app.snapshot({})).tasks[0]).toMatchObject({ id: 'long', progress: 0.5 }))
    const other = app.ask({ ...asked, question: { type: 'evaluate' } })
    await expect(other).rejects.toMatchObject({ code: 'task/in-use' })
    await app.cancel({ task: 'long' })
    await expect(sampling).rejects.toMatchObject({ code: 'cancelled' })
    expect((await app.snapshot({})).tasks).toEqual([])
    await app.cancel({ task: 'long' })
  })
})

describe('a run folder half deleted', () => {
  it('without run.json shows what is left, and a new run can start from its weights', async () => {
    for (const text of [null, '{"format":1,"na']) {
      const path = join(writeRun(result(), 'a', 2), 'run.json')
      if (text === null) rmSync(path)
      else writeFileSync(path, text)
      const { app } = open()
      const [run] = (await app.snapshot({})).runs
      expect(run).toMatchObject({ id: 'a', status: 'failed', resumable: false, epoch: 2 })
      expect(run!.problem).toMatchObject({ code: text === null ? 'run/incomplete' : 'run/damaged' })
      expect(run!.problem!.remedy).toContain('start a new run from one of its checkpoints')
      expect((await app.picture({ run: 'a', epoch: 1, kind: 'samples' })).pixels).toEqual(picture(1))
      expect(await app.checkpoints({ run: 'a' })).toHaveLength(3)
      await app.start({ from: { run: 'a', epoch: 2 } })
      expect(trainer.asked.at(-1)?.options).toMatchObject({ from: { epoch: 2 }, dataFolder: null })
      await app.stop({})
    }
  })

  it('says which file is gone, and shows the rest', async () => {
    const folder = writeRun(result(), 'a', 2)
    for (const name of ['metrics.jsonl', 'resume.safetensors', 'sample_conditioned_epoch1.png'])
      rmSync(join(folder, name))
    rmSync(join(folder, 'vlae_condprior_epoch2.safetensors'))
    const { app } = open()
    const [run] = (await app.snapshot({})).runs
    expect(run).toMatchObject({ resumable: false, curve: [100, 99, 98], problem: { code: 'run/no-state' } })
    expect((await app.history({ run: 'a' })).epochs).toEqual([])
    expect((await app.checkpoints({ run: 'a' })).map(({ epoch, metrics }) => [epoch, metrics])).toEqual([
      [0, null],
      [1, null],
    ])
    await expect(app.picture({ run: 'a', epoch: 1, kind: 'samples' })).rejects.toMatchObject({ code: 'run/no-picture' })
    await expect(app.remove({ run: 'a', epoch: 2 })).rejects.toMatchObject({ code: 'run/no-checkpoint' })
    rmSync(folder, { recursive: true })
    const calls = [app.describe({ run: 'a', name: 'b' }), app.checkpoints({ run: 'a' }), app.remove({ run: 'a' })]
    await Promise.all(calls.map((call) => expect(call).rejects.toMatchObject({ code: 'run/not-found' })))
  })
})

describe('a result folder that cannot be read', () => {
  it.skipIf(noRights)('leaves all else usable, and is told of when it comes and goes', async () => {
    // settings are kept in it
    allow(folder, 0o777)
    writeRun(result(), 'a', 1)
    mkdirSync(join(result(), 'lost+found'), { mode: 0o000 })
    await unprivileged(async () => {
      const { app, events } = open()
      expect(await app.snapshot({})).toMatchObject({ runs: [{ id: 'a' }], resultFolder: { problem: null } })
      const told = (wanted: object) =>
        vi.waitFor(
          () => {
            const event = events().findLast((event) => event.type === 'resultFolder')
            expect(event?.resultFolder).toMatchObject(wanted)
          },
          { timeout: 10_000 },
        )
      allow(result(), 0o000)
      await told({ problem: { code: 'disk/denied', remedy: expect.stringContaining('another folder') as string } })
      expect(events().findLast((event) => event.type === 'runs')?.gone).toContain('a')
      const snapshot = await app.snapshot({})
      expect(snapshot).toMatchObject({ runs: [], resultFolder: { path: result(), problem: { code: 'disk/denied' } } })
      expect((await app.changeSettings({ theme: 'dark' })).theme).toBe('dark')
      expect(await app.engines({})).toHaveLength(1)
      allow(result(), 0o755)
      await told({ problem: null })
      await vi.waitFor(() =>
        expect(events().findLast((event) => event.type === 'runs')?.changed).toMatchObject([{ id: 'a' }]),
      )
    })
  })

  it('is one that a person has chosen and that is not there; the app’s own is made', async () => {
    const { app } = open()
    expect(await app.snapshot({})).toMatchObject({ runs: [], resultFolder: { problem: null } })
    const chosen = join(folder, 'usb', 'runs')
    await app.changeSettings({ resultFolder: chosen })
    expect((await app.snapshot({})).resultFolder).toEqual({ path: chosen, problem: null })
    rmSync(join(folder, 'usb'), { recursive: true })
    const { resultFolder } = await app.snapshot({})
    expect(resultFolder.problem).toMatchObject({
      code: 'disk/not-found',
      remedy: expect.stringContaining('connect it again') as string,
    })
  })
})

describe('settings', () => {
  it('are changed for every page', async () => {
    const [first, second] = [open(), open()]
    expect((await first.app.changeSettings({ theme: 'dark' })).theme).toBe('dark')
    expect((await first.app.changeSettings({ theme: undefined, notify: false })).theme).toBe('dark')
    await vi.waitFor(() => {
      const event = second.events().findLast((event) => event.type === 'settings')
      expect(event?.settings.theme).toBe('dark')
    })
    expect((await second.app.resetSettings({ fields: ['theme'] })).theme).toBe('system')
    await expect(first.app.changeSettings({ run: { epochs: 0 } })).rejects.toMatchObject({
      code: 'call/invalid',
      message: expect.stringContaining('run.epochs') as string,
    })
  })

  it('where training runs is made ready when it is changed', async () => {
    const { app } = open()
    const before = trainer.prepared.length
    await app.changeSettings({ trainer: 'process' })
    expect(trainer.prepared).toHaveLength(before + 1)
    await app.changeSettings({ theme: 'dark' })
    await app.resetSettings({})
    expect(trainer.prepared).toHaveLength(before + 2)
  })

  it('the last result folder that was asked for counts, also where one before it takes longer', async () => {
    const { app } = open()
    const [slow, fast] = [join(folder, 'slow'), join(folder, 'fast')]
    const asked = vi.spyOn(folders, 'assertUsable').mockImplementation(async (wanted) => {
      if (wanted === slow) await vi.waitUntil(() => studio.settings.current.resultFolder === fast)
    })
    const answers = await Promise.all([
      app.changeSettings({ resultFolder: slow, theme: 'dark' }),
      app.changeSettings({ resultFolder: fast }),
    ])
    asked.mockRestore()
    expect(answers[0]).toMatchObject({ resultFolder: fast, theme: 'dark' })
    expect(studio.resultFolder).toBe(fast)
  })

  it('a speed is kept when the run has ended, and not at each epoch', async () => {
    const { app } = open()
    const change = vi.spyOn(studio.settings, 'change')
    await app.start({})
    change.mockClear()
    for (const number of [0, 1, 2, 3]) trainer.emitEpoch(number)
    expect(change).not.toHaveBeenCalled()
    await app.stop({})
    expect(studio.settings.current.speeds).toEqual({ 'onnx-cpu': 950 })
  })

  it('another result folder shows its runs', async () => {
    writeRun(result(), 'here', 0)
    const elsewhere = join(folder, 'elsewhere')
    writeRun(elsewhere, 'there', 0)
    const { app, events } = open()
    await app.changeSettings({ resultFolder: elsewhere })
    await vi.waitFor(() => {
      const event = events().findLast((event) => event.type === 'runs')
      expect([event?.gone, event?.changed.map((run) => run.id)]).toEqual([['here'], ['there']])
    })
    expect((await app.snapshot({})).resultFolder).toEqual({ path: elsewhere, problem: null })
    await expect(app.changeSettings({ resultFolder: 'relative' })).rejects.toMatchObject({
      code: 'folder/not-absolute',
    })
    await expect(app.changeSettings({ resultFolder: join(elsewhere, 'there', 'run.json') })).rejects.toMatchObject({
      code: 'folder/not-a-folder',
    })
    await expect(app.changeSettings({ resultFolder: join(elsewhere, 'there', 'run.json', 'x') })).rejects.toMatchObject(
      {
        code: 'disk/wrong-kind',
      },
    )
    expect((await app.snapshot({})).settings.resultFolder).toBe(elsewhere)
  })

  it.skipIf(process.platform !== 'linux')('no result folder where nothing can be written, whoever asks', async () => {
    const { app } = open()
    for (const resultFolder of ['/proc', '/proc/vlae', '/proc/self/vlae/deep'])
      await expect(app.changeSettings({ resultFolder })).rejects.toMatchObject({ code: 'folder/not-writable' })
    expect((await app.snapshot({})).settings.resultFolder).toBeNull()
  })

  it.skipIf((process.getuid?.() ?? 0) === 0)('no result folder where one may not write', async () => {
    const resultFolder = join(folder, 'denied')
    mkdirSync(resultFolder, { mode: 0o500 })
    await expect(open().app.changeSettings({ resultFolder })).rejects.toMatchObject({ code: 'disk/denied' })
  })
})

describe('the door', () => {
  it('opens a dialog and the file manager where it can', async () => {
    writeRun(result(), 'a', 1)
    const chooseFolder = vi.fn<NonNullable<Door['chooseFolder']>>(async () => '/chosen')
    const reveal = vi.fn<NonNullable<Door['reveal']>>()
    studio = makeStudio({ kind: 'window', chooseFolder, reveal })
    const { app, events } = open()
    expect((await app.snapshot({})).app.can).toEqual({ chooseFolder: true, reveal: true })
    await studio.chooseData()
    await expect.poll(events).toContainEqual({ type: 'dataChosen', folder: '/chosen' })
    expect(await app.chooseFolder({ purpose: 'data' })).toBe('/chosen')
    const weights = join(result(), 'a', 'vlae_condprior_epoch1.safetensors')
    expect(await app.reveal({ run: 'a', epoch: 1 })).toBe(weights)
    expect(reveal).toHaveBeenCalledWith(weights)
    await expect(app.reveal({ run: 'nowhere' })).rejects.toMatchObject({ code: 'run/not-found' })
  })

  it('says so where it cannot', async () => {
    writeRun(result(), 'a', 0)
    const { app } = open()
    await expect(app.chooseFolder({ purpose: 'data' })).rejects.toMatchObject({ code: 'door/no-dialog' })
    expect(await app.reveal({ run: 'a' })).toBe(join(result(), 'a'))
  })
})
