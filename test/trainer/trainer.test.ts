/** The trainer with threads that misbehave: whatever a thread does, a person is told, and the run's folder is let go. */
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { isHeld } from '../../main/files/lock'
import { makeRunFolder, readRunFile, writeRunFile } from '../../main/runs/folder'
import { lockName } from '../../main/runs/names'
import type { RunFile } from '../../main/runs/run-file'
import type { TrainerEvent } from '../../main/trainer/events'
import { createTrainer, type TrainerOptions } from '../../main/trainer/trainer'
import { isOpen, type Phase } from '../../preload/life'
import { allow, noRights, unprivileged } from '../files/unprivileged'
import { small, workplace } from '../training/set-up'

let place: Awaited<ReturnType<typeof workplace>>
beforeAll(async () => {
  place = await workplace()
})
afterAll(() => place.remove())

/** A thread whose code answers every call at once, then does `then`; it says whose it is, and leaves, as others do. */
function threadThat(then: string): URL {
  const code = `
    import { parentPort } from 'node:worker_threads'
    parentPort.on('message', ({ i, m }) => {
      if (m === 'leave') process.exit()
      parentPort.postMessage({ t: 's', i })
      if (m === 'owner') return
      ${then}
    })`
  return new URL(`data:text/javascript,${encodeURIComponent(code)}`)
}

function listening(options: TrainerOptions) {
  const trainer = createTrainer(options)
  const events: TrainerEvent[] = []
  trainer.on((event) => events.push(event))
  const idle = () =>
    new Promise<void>((resolve) => {
      const off = trainer.on((event) => {
        if (event.type === 'state' && !isOpen(event.state)) resolve(off() as undefined)
      })
    })
  return { trainer, events, idle }
}

/** A run that could be resumed, as far as its run.json goes. */
async function oldRun(): Promise<string> {
  const folder = await makeRunFolder(place.results, 'old')
  const now = new Date().toISOString()
  const file: RunFile = {
    format: 1,
    name: 'old',
    status: 'stopped',
    settings: small,
    from: null,
    data: {
      name: 'small',
      folder: place.dataFolder,
      bundled: false,
      fingerprint: '00',
      trainImages: 30,
      testImages: 20,
      classes: null,
    },
    engine: { name: 'onnx-cpu', device: 'CPU, 1 lane' },
    versions: {},
    startedAt: now,
    updatedAt: now,
    epoch: 1,
    step: 4,
    stepsPerEpoch: 4,
    curve: [3, 2],
    seconds: [],
    problem: null,
  }
  await writeRunFile(folder, file)
  return folder
}

const out = 'const kept = []; for (;;) kept.push(new Array(1e6).fill(1))'

describe('a thread that dies while a run trains', () => {
  it.each([
    ['throws', 'throw new Error("a bug")', {}, 'training/crashed', /error inside the app: a bug/],
    ['ends', 'process.exit(3)', {}, 'training/crashed', /ended by itself \(exit code 3\)/],
    ['runs out of memory', out, { resourceLimits: { maxOldGenerationSizeMb: 16 } }, 'training/out-of-memory', /memory/],
  ])('because it %s', async (_, then, options, code, message) => {
    const folder = await oldRun()
    const { trainer, events, idle } = listening({ worker: threadThat(then), ...options })
    const ended = idle()
    await trainer.resume({ runFolder: folder })
    await ended
    const failure = events.find((event) => event.type === 'failure')
    expect(failure).toMatchObject({ folder, resumable: true, error: { code } })
    expect(failure?.error.message).toMatch(message)
    expect(failure?.error.remedy).toMatch(/^Resume the run/)
    expect(await readRunFile(folder)).toMatchObject({ status: 'failed', problem: { code }, step: 4 })
    expect(await isHeld(join(folder, lockName))).toBe(false)
    expect(trainer.phase).toBe('failed')
    await trainer.close()
  })

  it.each([{ page: true }, {}])('has been told whether a page looks on: %j', async ({ page }) => {
    const folder = await oldRun()
    const worker = threadThat('throw new Error(`a page: ${process.argv.includes("--page")}`)')
    const { trainer, events, idle } = listening({ worker, ...(page && { page }) })
    const ended = idle()
    await trainer.resume({ runFolder: folder })
    await ended
    const failure = events.find((event) => event.type === 'failure')
    expect(failure?.error.details).toContain(`a page: ${page === true}`)
    await trainer.close()
  })

  it('rejects the calls that wait for it, and the next call gets a new thread', async () => {
    const worker = new URL('data:text/javascript,setTimeout(() => { throw new Error("a bug") }, 50)')
    const { trainer } = listening({ worker })
    await expect(trainer.engines()).rejects.toMatchObject({ code: 'training/crashed' })
    await expect(trainer.engines()).rejects.toMatchObject({ code: 'training/crashed' })
    await trainer.close()
  })
})

describe('a run that cannot be started', () => {
  it('leaves no folder behind', async () => {
    const before = await readdir(place.results)
    const { trainer, events } = listening({ worker: new URL('data:text/javascript,process.exit(1)') })
    const { dataFolder, results: resultFolder } = place
    await expect(trainer.start({ settings: small, dataFolder, resultFolder })).rejects.toMatchObject({
      code: 'training/crashed',
    })
    expect(await readdir(place.results)).toEqual(before)
    expect(events.at(-1)).toMatchObject({ type: 'state', state: 'idle' })
    await trainer.close()
  })

  it.skipIf(noRights)('says why, also where what was made of it cannot be removed', async () => {
    const code = `
      import { chmodSync } from 'node:fs'
      import { dirname } from 'node:path'
      import { parentPort } from 'node:worker_threads'
      parentPort.on('message', ({ i, m, a }) => {
        if (m === 'start') {
          chmodSync(dirname(a[0].folder), 0o555)
          process.exit(1)
        }
        if (m === 'leave') process.exit()
        parentPort.postMessage({ t: 's', i })
      })`
    const { trainer } = listening({ worker: new URL(`data:text/javascript,${encodeURIComponent(code)}`) })
    const { dataFolder } = place
    const resultFolder = await unprivileged(() => mkdtemp(join(tmpdir(), 'vlae-closed-')))
    await unprivileged(async () => {
      const started = trainer.start({ settings: small, dataFolder, resultFolder })
      await expect(started).rejects.toMatchObject({ code: 'training/crashed' })
      await trainer.close()
    })
    expect(await readdir(resultFolder)).toHaveLength(1)
    allow(resultFolder, 0o755)
    await rm(resultFolder, { recursive: true })
  })

  it('is refused for settings out of range, naming the one', async () => {
    const { trainer } = listening({})
    const settings = { ...small, batch: 0 }
    const { dataFolder, results: resultFolder } = place
    await expect(trainer.start({ settings, dataFolder, resultFolder })).rejects.toMatchObject({
      code: 'training/settings',
      message: expect.stringContaining('batch'),
    })
  })

  it('is refused where there is no run', async () => {
    const { trainer } = listening({})
    await expect(trainer.resume({ runFolder: join(place.results, 'nowhere') })).rejects.toMatchObject({
      code: 'run/not-found',
    })
  })
})

describe('one run at a time', () => {
  it('refuses a second one, and a second trainer in the same run', async () => {
    const folder = await oldRun()
    const [one, other] = [listening({ worker: threadThat('') }), listening({ worker: threadThat('') })]
    await one.trainer.resume({ runFolder: folder })
    await expect(one.trainer.resume({ runFolder: folder })).rejects.toMatchObject({ code: 'training/busy' })
    await expect(other.trainer.resume({ runFolder: folder })).rejects.toMatchObject({ code: 'run/locked' })
    expect(other.trainer.phase).toBe('idle')
    await other.trainer.close()
  })
})

describe('the phase of its run', () => {
  /** A thread that says these phases when it has the run, and these when it is asked to stop. */
  function threadThatTells(atOnce: readonly Phase[], atStop: readonly Phase[]): URL {
    const code = `
      import { parentPort } from 'node:worker_threads'
      const tell = (states) => {
        for (const state of states)
          parentPort.postMessage({ t: 'q', m: 'events', a: [[{ type: 'state', state, folder: '/somewhere' }]] })
      }
      parentPort.on('message', ({ i, m }) => {
        if (m === 'leave') process.exit()
        if (m === 'resume') tell(${JSON.stringify(atOnce)})
        if (m === 'stop') tell(${JSON.stringify(atStop)})
        parentPort.postMessage({ t: 's', i })
        if (m === 'pause') process.exit(3)
      })`
    return new URL(`data:text/javascript,${encodeURIComponent(code)}`)
  }
  const phasesOf = (events: readonly TrainerEvent[]) =>
    events.flatMap((event) => (event.type === 'state' ? [event.state] : []))

  it('is the worker’s own, told on; its end is told when its folder is let go', async () => {
    const folder = await oldRun()
    const worker = threadThatTells(['starting', 'training'], ['stopping', 'done'])
    const { trainer, events } = listening({ worker })
    const held: Promise<boolean>[] = []
    trainer.on((event) => event.type === 'state' && held.push(isHeld(join(folder, lockName))))
    await trainer.resume({ runFolder: folder })
    await vi.waitFor(() => expect(trainer.phase).toBe('training'))
    // pressed too late: it was done
    await trainer.stop()
    expect(phasesOf(events)).toEqual(['starting', 'training', 'stopping', 'done'])
    expect((await Promise.all(held)).at(-1)).toBe(false)
    expect(trainer.phase).toBe('done')
    await trainer.close()
  })

  it('is failed when the thread dies, whatever it was asked for meanwhile', async () => {
    const folder = await oldRun()
    const { trainer, events, idle } = listening({ worker: threadThatTells(['starting', 'training'], []) })
    await trainer.resume({ runFolder: folder })
    const ended = idle()
    await trainer.pause()
    await Promise.all([trainer.stop(), ended])
    expect(phasesOf(events)).toEqual(['starting', 'training', 'failed'])
    expect(events.filter(({ type }) => type === 'failure')).toHaveLength(1)
    expect(await readRunFile(folder)).toMatchObject({ status: 'failed', problem: { code: 'training/crashed' } })
    await trainer.close()
  })

  it('is the trainer’s until the thread has the run: a stop gives it up before', async () => {
    const before = await readdir(place.results)
    const { trainer, events } = listening({ worker: threadThatTells([], []) })
    const { dataFolder, results: resultFolder } = place
    const started = trainer.start({ settings: small, dataFolder, resultFolder })
    await Promise.all([expect(started).rejects.toMatchObject({ code: 'cancelled' }), trainer.stop()])
    expect(phasesOf(events)).toEqual(['starting', 'stopping', 'idle'])
    expect(await readdir(place.results)).toEqual(before)
    await trainer.close()
  })

  it('refuses what cannot be followed, and starts no thread for it', async () => {
    const { trainer, events } = listening({ worker: new URL('data:text/javascript,throw new Error("started")') })
    await expect(trainer.pause()).rejects.toMatchObject({ code: 'training/none' })
    await expect(trainer.continue()).rejects.toMatchObject({ code: 'training/none' })
    await trainer.stop()
    expect(events).toEqual([])
    await trainer.close()
  })
})
