/** The trainer with threads that misbehave: whatever a thread does, a person is told, and the run's folder is let go. */
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { isHeld } from '../../main/files/lock'
import { makeRunFolder, readRunFile, writeRunFile } from '../../main/runs/folder'
import { lockName } from '../../main/runs/names'
import { createTrainer, type TrainerOptions } from '../../main/trainer/trainer'
import type { RunFile, TrainerEvent } from '../../preload/contract'
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
        if (event.type === 'state' && event.state === 'idle') resolve(off() as undefined)
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
    },
    engine: { name: 'onnx-cpu', device: 'CPU, 1 lane' },
    versions: {},
    startedAt: now,
    updatedAt: now,
    epoch: 1,
    step: 4,
    stepsPerEpoch: 4,
    curve: [3, 2],
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
    expect(failure).toMatchObject({ run: folder, resumable: true, error: { code } })
    expect(failure?.error.message).toMatch(message)
    expect(failure?.error.remedy).toMatch(/^Resume the run/)
    expect(await readRunFile(folder)).toMatchObject({ status: 'failed', problem: { code }, step: 4 })
    expect(await isHeld(join(folder, lockName))).toBe(false)
    expect(trainer.state).toBe('idle')
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
    expect(other.trainer.state).toBe('idle')
    await other.trainer.close()
  })
})
