/** Training that ended without being told to: started again in a process, counted in a thread. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Recovery } from '../../main/app/recovery'
import { acquireLock } from '../../main/files/lock'
import { lockName } from '../../main/runs/names'
import type { RunFile } from '../../main/runs/run-file'
import type { TrainerEvent } from '../../main/trainer/events'
import type { AppSettings } from '../../preload/contract'
import type { AppError } from '../../preload/errors'

let folder: string
let settings: Pick<AppSettings, 'trainer' | 'cutShort'>
let notices: string[]
const resume = vi.fn<(folder: string) => Promise<unknown>>(async () => undefined)

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'vlae-recovery-'))
  settings = { trainer: 'process', cutShort: { run: null, times: 0 } }
  notices = []
  resume.mockReset().mockResolvedValue(undefined)
})
afterEach(() => rmSync(folder, { recursive: true }))

function make(): Recovery {
  return new Recovery({
    settings: () => settings,
    keep: (cutShort) => (settings = { ...settings, cutShort }),
    resume,
    notify: ({ message }: AppError) => notices.push(message),
  })
}

const started = (folder: string): TrainerEvent => ({
  type: 'started',
  folder,
  resumed: false,
  step: 0,
  epoch: 0,
  stepsPerEpoch: 1,
  totalSteps: 1,
  file: {} as RunFile,
})
const over = (state: 'done' | 'stopped' | 'failed'): TrainerEvent => ({ type: 'state', state, folder: null })
const ended = (folder: string, status: 'done' | 'stopped'): TrainerEvent => ({
  type: 'done',
  folder,
  status,
  epoch: 1,
  step: 1,
  test: null,
  imagesPerSecond: null,
})
const failure = (code: string): TrainerEvent => ({
  type: 'failure',
  folder: '/result/a',
  error: { code, message: 'The training process has crashed (SIGSEGV).', remedy: '' },
  resumable: true,
  waits: false,
})
const settled = () => new Promise((resolve) => setImmediate(resolve))

describe('in a process of its own', () => {
  async function die(recovery: Recovery, code = 'training/crashed'): Promise<void> {
    for (const event of [started('/result/a'), failure(code), over('failed')]) recovery.take(event)
    await settled()
  }

  it('goes on from the last save by itself, three times, and says so', async () => {
    const recovery = make()
    for (let i = 1; i <= 5; i++) await die(recovery)
    expect(resume.mock.calls).toEqual([['/result/a'], ['/result/a'], ['/result/a']])
    expect(notices.slice(0, 3)).toEqual([1, 2, 3].map((i) => expect.stringContaining(`(attempt ${i} of 3)`) as string))
    expect(notices[3]).toContain('started again 3 times')
    recovery.afresh()
    await die(recovery, 'training/killed')
    expect(resume).toHaveBeenCalledTimes(4)
  })

  it('leaves alone what is the run’s own fault, and what a person has ended', async () => {
    const recovery = make()
    await die(recovery, 'training/diverged')
    await die(recovery, 'training/out-of-memory')
    for (const event of [started('/result/a'), ended('/result/a', 'stopped'), over('stopped')]) recovery.take(event)
    await settled()
    expect(resume).not.toHaveBeenCalled()
    expect(notices).toEqual([])
  })

  it('says nothing of a start that fails: that is shown where the run is', async () => {
    resume.mockRejectedValueOnce(new Error('locked'))
    await die(make())
    expect(notices).toEqual([])
  })
})

describe('in a thread of the app', () => {
  beforeEach(() => {
    settings = { ...settings, trainer: 'thread' }
  })

  it('counts how often the app ended with it, until a run comes to its end there', async () => {
    for (const times of [1, 2]) {
      make().take(started(folder))
      await make().begin()
      expect(settings.cutShort).toEqual({ run: null, times })
    }
    const recovery = make()
    for (const event of [started(folder), ended(folder, 'stopped'), over('stopped')]) recovery.take(event)
    await make().begin()
    expect(settings.cutShort.times).toBe(2)
    for (const event of [started(folder), ended(folder, 'done'), over('done')]) recovery.take(event)
    await make().begin()
    expect(settings.cutShort).toEqual({ run: null, times: 0 })
  })

  it('does not count what another app trains right now', async () => {
    const lock = await acquireLock(join(folder, lockName))
    make().take(started(folder))
    await make().begin()
    expect(settings.cutShort).toEqual({ run: folder, times: 0 })
    await lock.release()
  })

  it('starts nothing by itself', async () => {
    const recovery = make()
    for (const event of [started(folder), failure('training/crashed'), over('failed')]) recovery.take(event)
    await settled()
    expect(resume).not.toHaveBeenCalled()
  })
})
