/** The queue as a page sees it: what waits is trained one after another, and outlives the app. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { defaultSettings } from '../../main/app/settings'
import { Studio } from '../../main/app/studio'
import { runSettings } from '../../preload/contract'
import { AppError } from '../../preload/errors'
import { checkRefusal } from '../files/expect-refusal'
import { FakeTrainer, writeRun } from './fake-trainer'

let folder: string
let trainer: FakeTrainer
let studio: Studio
let others: Studio[]

const result = () => join(folder, 'result')
const settings = (seed: number) => runSettings.parse({ seed })
const seeds = (...some: number[]) => some.map((seed) => ({ name: `seed ${seed}`, settings: settings(seed) }))
const enqueue = (app: Studio, runs = seeds(0, 1, 2), group: string | null = null, like?: string) =>
  app.calls.enqueue({ runs, group, like })
const queue = (app = studio) => app.queue.state
const waiting = (app = studio) => queue(app).runs.map(({ name }) => name)
const trains = () => trainer.folder && JSON.parse(readFileSync(join(trainer.folder, 'run.json'), 'utf8')).name
const started = (name: string) =>
  vi.waitFor(() => expect([trains(), queue().runs[0]?.run]).toEqual([name, basename(trainer.folder!)]))

async function refused(asked: Promise<unknown>, code: string): Promise<AppError> {
  const error = checkRefusal(
    await asked.then(
      () => null,
      (thrown: unknown) => thrown,
    ),
  )
  expect(error.code).toBe(code)
  return error
}

function open(): Studio {
  trainer = new FakeTrainer()
  studio = new Studio({
    trainer,
    settings: defaultSettings(),
    door: { kind: 'tab' },
    resultFolder: result(),
    version: '1',
  })
  others.push(studio)
  return studio
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'vlae-queue-'))
  others = []
  open()
})
afterEach(async () => {
  for (const app of others) await app.close()
  rmSync(folder, { recursive: true })
})

describe('what waits', () => {
  it('is trained one after another, in runs that can be found by their tag', async () => {
    await enqueue(studio, seeds(4, 5), 'two seeds')
    await started('seed 4')
    expect(queue()).toMatchObject({ state: 'works', current: queue().runs[0]?.id, problem: null })
    trainer.finish()
    await started('seed 5')
    expect(waiting()).toEqual(['seed 5'])
    trainer.finish()
    await vi.waitFor(() => expect(queue().runs).toEqual([]))
    const runs = await studio.runs.list()
    expect(runs.map(({ name, notes, settings: { seed } }) => [name, notes.tags[0], seed]).toSorted()).toEqual([
      ['seed 4', 'two seeds', 4],
      ['seed 5', 'two seeds', 5],
    ])
    // nothing is left of it
    await vi.waitFor(() => expect(readdirSync(result()).filter((name) => name.startsWith('queue'))).toEqual([]))
  })

  it('is worked off without a gap: what looks on between two runs finds it at work', async () => {
    await enqueue(studio, seeds(4, 5))
    await started('seed 4')
    const seen: boolean[] = []
    studio.watch(() => seen.push(studio.queue.works))
    const look = setInterval(() => seen.push(studio.queue.works))
    trainer.finish()
    await started('seed 5')
    clearInterval(look)
    expect(new Set(seen)).toEqual(new Set([true]))
    trainer.finish()
    await vi.waitFor(() => expect([queue().runs, studio.queue.works]).toEqual([[], false]))
  })

  it('waits for a run that a person has started', async () => {
    await studio.calls.start({})
    await enqueue(studio, seeds(1))
    expect(trainer.asked.filter(({ call }) => call === 'start')).toHaveLength(1)
    expect(queue()).toMatchObject({ state: 'works', current: null })
    trainer.finish()
    await started('seed 1')
  })

  it('is moved and dropped, but for what trains', async () => {
    const ids = await enqueue(studio, seeds(0, 1, 2, 3))
    await started('seed 0')
    await studio.calls.moveQueued({ id: ids[3]!, to: 0 })
    expect(waiting()).toEqual(['seed 0', 'seed 3', 'seed 1', 'seed 2'])
    await studio.calls.moveQueued({ id: ids[3]!, to: 2 })
    expect(waiting()).toEqual(['seed 0', 'seed 1', 'seed 2', 'seed 3'])
    await studio.calls.dequeue({ ids: [ids[1]!] })
    expect(waiting()).toEqual(['seed 0', 'seed 2', 'seed 3'])
    await refused(studio.calls.moveQueued({ id: ids[1]!, to: 0 }), 'queue/none')
    // what trains goes on, as a run of its own
    await studio.calls.dequeue({ ids: [ids[0]!] })
    expect([trains(), queue().current, waiting()]).toEqual(['seed 0', null, ['seed 2', 'seed 3']])
    trainer.finish()
    await started('seed 2')
  })

  it('stands still while it is paused', async () => {
    await enqueue(studio)
    await started('seed 0')
    await studio.calls.pauseQueue({})
    trainer.finish()
    await vi.waitFor(() => expect(waiting()).toEqual(['seed 1', 'seed 2']))
    expect([trainer.folder, queue().state]).toEqual([null, 'paused'])
    await enqueue(studio, seeds(9))
    expect(trainer.folder).toBeNull()
    await studio.calls.continueQueue({})
    await started('seed 1')
  })

  it('is trained on the data that was in use then', async () => {
    await studio.calls.start({})
    await enqueue(studio, seeds(1))
    await studio.calls.changeSettings({ dataFolder: '/elsewhere' })
    trainer.finish()
    await started('seed 1')
    expect(trainer.asked.at(-1)).toMatchObject({ options: { dataFolder: null } })
  })

  it('repeats a run on its data, from the checkpoint that it began with', async () => {
    const data = { folder: '/fashion', bundled: false, fingerprint: 'abc', name: 'F', trainImages: 1, testImages: 1 }
    writeRun(result(), 'parent', 3)
    const from = { run: 'parent', epoch: 2, epochs: 2, optimizerSteps: 0 }
    writeRun(result(), 'child', 1, { data: { ...data, classes: null }, from })
    await enqueue(studio, seeds(1), null, 'child')
    await started('seed 1')
    const expected = {
      dataFolder: '/fashion',
      fingerprint: 'abc',
      from: { runFolder: join(result(), 'parent'), epoch: 2 },
    }
    expect(trainer.asked.at(-1)).toMatchObject({ options: expected })
    rmSync(join(result(), 'parent'), { recursive: true })
    await refused(enqueue(studio, seeds(2), null, 'child'), 'queue/no-origin')
  })

  it('is never more than a thousand runs', async () => {
    await studio.calls.start({})
    for (let i = 0; i < 20; i++) await enqueue(studio, seeds(...Array.from({ length: 50 }, (_, k) => 50 * i + k)))
    await refused(enqueue(studio, seeds(0)), 'queue/full')
    expect(waiting()).toHaveLength(1000)
  })
})

describe('a run of it', () => {
  it('that fails is told, and the next one follows', async () => {
    await enqueue(studio)
    await started('seed 0')
    trainer.fail('The loss became infinite.')
    await started('seed 1')
    expect(studio.notices).toMatchObject([
      { code: 'queue/run-failed', message: '“seed 0” has failed. The loss became infinite.' },
    ])
  })

  it('that cannot be begun stays with its reason, until the queue is asked to go on', async () => {
    await studio.calls.start({})
    await enqueue(studio, seeds(0, 1))
    trainer.refusal = new AppError('data/not-found', 'There is no data in /elsewhere.', 'Choose another folder.')
    trainer.finish()
    await vi.waitFor(() => expect(queue().state).toBe('paused'))
    expect(queue().runs.map(({ name, run, problem }) => [name, run, problem?.code])).toEqual([
      ['seed 0', null, 'data/not-found'],
      ['seed 1', null, 'data/not-found'],
    ])
    expect(studio.notices).toHaveLength(2)
    // no folder is left behind for what was not begun
    expect(await studio.runs.ids()).toEqual(['new-run'])
    trainer.refusal = null
    await studio.calls.continueQueue({})
    await started('seed 0')
  })

  it('that a person stops is gone on with when the queue is', async () => {
    await enqueue(studio)
    await started('seed 0')
    const { folder: stopped } = trainer
    await studio.calls.stop({})
    await vi.waitFor(() => expect(queue()).toMatchObject({ state: 'paused', current: null }))
    expect(waiting()).toEqual(['seed 0', 'seed 1', 'seed 2'])
    await studio.calls.continueQueue({})
    await vi.waitFor(() => expect(trainer.asked.at(-1)).toEqual({ call: 'resume', options: stopped }))
  })

  it('that a person has finished by hand does not wait any more', async () => {
    await enqueue(studio)
    await started('seed 0')
    const run = basename(trainer.folder!)
    await studio.calls.stop({})
    await vi.waitFor(() => expect(queue().state).toBe('paused'))
    await studio.calls.resume({ run })
    trainer.finish()
    await vi.waitFor(() => expect(waiting()).toEqual(['seed 1', 'seed 2']))
  })
})

describe('after the app was closed', () => {
  it('what waits is there, paused, and goes on with the run that was stopped', async () => {
    await enqueue(studio)
    await started('seed 0')
    const { folder: stopped } = trainer
    await studio.close()
    open()
    await studio.calls.snapshot({})
    expect([queue().state, waiting()]).toEqual(['paused', ['seed 0', 'seed 1', 'seed 2']])
    await studio.calls.continueQueue({})
    await vi.waitFor(() => expect(trainer.asked).toEqual([{ call: 'resume', options: stopped }]))
  })

  it('a run that has come to its end meanwhile is not trained again', async () => {
    await enqueue(studio, seeds(0, 1))
    await started('seed 0')
    const { folder: stopped } = trainer
    await studio.close()
    writeRun(result(), basename(stopped!), 30, { status: 'done' })
    open()
    await studio.calls.continueQueue({})
    await started('seed 1')
    expect(waiting()).toEqual(['seed 1'])
  })

  it('a run is begun in its folder that was named and is empty', async () => {
    await enqueue(studio, seeds(7))
    await started('seed 7')
    const { folder: named } = trainer
    await studio.close()
    rmSync(join(named!, 'run.json'))
    open()
    await studio.calls.continueQueue({})
    await started('seed 7')
    expect(trainer.folder).toBe(named)
  })

  it('a file that is damaged is put aside, and told', async () => {
    mkdirSync(result())
    writeFileSync(join(result(), 'queue.json'), '{"format": 1, "runs": [{}')
    expect((await studio.calls.snapshot({})).queue).toMatchObject({ runs: [], problem: { code: 'queue/unusable' } })
    await enqueue(studio, seeds(3))
    await started('seed 3')
    const aside = readdirSync(result()).find((name) => name.startsWith('queue.unusable'))
    expect(readFileSync(join(result(), aside!), 'utf8')).toBe('{"format": 1, "runs": [{}')
    expect(studio.notices[0]).toMatchObject({ code: 'queue/unusable' })
    expect(queue().problem).toBeNull()
  })
})

describe('two apps on one folder', () => {
  it('one works it off, the other one shows it and refuses to change it; after that it is the other’s', async () => {
    const first = studio
    await enqueue(first)
    await started('seed 0')
    const firstTrainer = trainer
    const second = open()
    await second.calls.snapshot({})
    expect([queue(second).state, waiting(second)]).toEqual(['elsewhere', ['seed 0', 'seed 1', 'seed 2']])
    const refusal = await refused(enqueue(second, seeds(9)), 'queue/elsewhere')
    expect(refusal.message).toMatch(/^The queue of this folder is in use by process \d+/)
    firstTrainer.finish()
    await vi.waitFor(() => expect(waiting(first)).toEqual(['seed 1', 'seed 2']))
    await second.queue.show()
    expect(waiting(second)).toEqual(['seed 1', 'seed 2'])
    await first.close()
    await second.queue.show()
    expect(queue(second).state).toBe('paused')
    await second.calls.continueQueue({})
    await vi.waitFor(() => expect(trainer.asked).toMatchObject([{ call: 'resume' }]))
  })
})

describe('another result folder', () => {
  it('has a queue of its own; the first one waits until it is in use again', async () => {
    await enqueue(studio)
    await started('seed 0')
    await refused(studio.calls.changeSettings({ resultFolder: join(folder, 'other') }), 'training/busy')
    await studio.calls.stop({})
    await vi.waitFor(() => expect(queue()).toMatchObject({ state: 'paused', current: null }))
    await studio.calls.changeSettings({ resultFolder: join(folder, 'other') })
    await vi.waitFor(() => expect(queue()).toMatchObject({ state: 'works', runs: [] }))
    await studio.calls.changeSettings({ resultFolder: null })
    await studio.queue.show()
    expect([queue().state, waiting()]).toEqual(['paused', ['seed 0', 'seed 1', 'seed 2']])
  })
})

it('a queue that cannot be kept is refused, and nothing waits', async () => {
  writeFileSync(result(), 'no folder')
  await expect(enqueue(studio)).rejects.toMatchObject({ code: expect.stringMatching(/^disk\//) })
  expect([queue().runs, existsSync(join(result(), 'queue.json'))]).toEqual([[], false])
})
