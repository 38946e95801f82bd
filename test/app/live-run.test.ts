/** What a person is told of the run that trains: how far it is, how long it still takes, what it does meanwhile. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { LiveRun } from '../../main/app/live-run'
import { metricsName } from '../../main/runs/names'
import type { RunFile } from '../../main/runs/run-file'
import type { TrainerEvent } from '../../main/trainer/events'
import { runSettings } from '../../preload/contract'
import type { AppError } from '../../preload/errors'
import { isOpen, phases, type Phase } from '../../preload/life'
import { step, stepsPerEpoch } from './fake-trainer'

let now: number
let live: LiveRun
let notices: AppError[]
beforeEach(() => {
  now = 100
  notices = []
  live = new LiveRun({ now: () => now, notify: (notice) => notices.push(notice) })
})

const run = '/result/a'
const file = { settings: runSettings.parse({ epochs: 4 }), engine: { name: 'onnx-cpu', device: 'CPU' } } as RunFile

function started(): TrainerEvent {
  return { type: 'started', folder: run, resumed: false, step: 0, epoch: -1, stepsPerEpoch, totalSteps: 40, file }
}

/** A step that took so many seconds. */
function stepAfter(seconds: number, number: number): void {
  now += seconds
  live.take({ ...step(number), folder: run, imagesPerSecond: 500 })
}

describe('the time left', () => {
  beforeEach(() => {
    live.take({ type: 'state', state: 'starting', folder: null })
    live.take(started())
    live.take({ type: 'state', state: 'training', folder: run })
  })

  it('is said once there are two steps to tell it from', () => {
    stepAfter(50, 1)
    expect(live.state.secondsLeft).toBeNull()
    stepAfter(2, 2)
    expect(live.state.secondsLeft).toBe(2 * 38)
  })

  it('is no less where steps are told several at a time', () => {
    for (const step of [1, 2, 3]) stepAfter(0.001, step)
    expect(live.state.secondsLeft).toBeNull()
    for (const step of [4, 5]) stepAfter(2, step)
    expect(live.state.secondsLeft).toBeCloseTo(2 * 35, 1)
  })

  it('counts what comes between epochs', () => {
    for (let i = 1; i <= stepsPerEpoch; i++) stepAfter(1, i)
    stepAfter(1 + 10, 11)
    expect(live.state.secondsLeft).toBe((20 / 10) * 29)
  })

  it('does not count a pause', () => {
    stepAfter(1, 1)
    stepAfter(1, 2)
    live.take({ type: 'state', state: 'paused', folder: run })
    expect(live.state.secondsLeft).toBeNull()
    now += 1000
    live.take({ type: 'state', state: 'training', folder: run })
    stepAfter(1, 3)
    stepAfter(1, 4)
    expect(live.state.secondsLeft).toBe(36)
  })

  it('does not count what the machine has slept', () => {
    stepAfter(1, 1)
    stepAfter(1, 2)
    now += 30_000
    live.woke()
    stepAfter(1, 3)
    expect(live.state.secondsLeft).toBeNull()
    stepAfter(1, 4)
    expect(live.state.secondsLeft).toBe(36)
  })
})

describe('its work', () => {
  it('is named while it lasts', () => {
    live.take(started())
    live.take({ type: 'progress', folder: null, task: 'data', done: 0, total: 1 })
    expect(live.state.work).toEqual({ title: 'Reading the data', progress: 0 })
    live.take({ type: 'progress', folder: null, task: 'data', done: 1, total: 1 })
    expect(live.state.work).toBeNull()
    live.take({ type: 'progress', folder: run, task: 'evaluate', done: 250, total: 1000 })
    expect(live.state.work).toEqual({ title: 'Testing', progress: 0.25 })
    stepAfter(1, 1)
    expect(live.state.work).toBeNull()
  })
})

describe('its metrics', () => {
  it('begin where it is resumed if what was measured before cannot be read, and a person is told why', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'vlae-live-'))
    mkdirSync(join(folder, metricsName))
    live.take({ ...started(), folder, resumed: true, step: 20, epoch: 2 } as TrainerEvent)
    live.take({ ...step(21), folder, imagesPerSecond: 500 })
    const span = (await live.history!).span('a', 0, 100)
    rmSync(folder, { recursive: true })
    expect([...span.steps.step]).toEqual([21])
    expect(notices).toMatchObject([
      { code: 'training/no-curves', message: expect.stringContaining('step 20') as string },
    ])
    expect(notices[0]!.message).toContain(metricsName)
  })
})

describe('its phase', () => {
  const enter = (state: Phase) => live.take({ type: 'state', state, folder: isOpen(state) ? run : null })

  it('is the trainer’s own, whatever else is told', () => {
    for (const phase of phases) {
      enter(phase)
      expect(live.state.phase).toBe(phase)
      live.take({ type: 'done', folder: run, status: 'done', epoch: 4, step: 40, test: null, imagesPerSecond: 500 })
      live.take({ type: 'progress', folder: run, task: 'evaluate', done: 1, total: 2 })
      stepAfter(1, 1)
      expect(live.state.phase).toBe(phase)
    }
  })

  it('starts from nothing, whatever the run before was; where nothing comes of it, that is what was trained last', () => {
    enter('starting')
    live.take(started())
    enter('training')
    stepAfter(1, 1)
    enter('stopped')
    const before = live.state
    enter('starting')
    expect(live.state).toMatchObject({ phase: 'starting', run: 'a', step: 0, imagesPerSecond: null, engine: null })
    enter('idle')
    expect(live.state).toEqual({ ...before, phase: 'idle' })
  })

  it('has its problem until it goes on', () => {
    const error = { code: 'disk/full', message: 'The disk is full.', remedy: 'Make room.' }
    live.take({ type: 'failure', folder: run, error, resumable: true, waits: true })
    for (const phase of ['waiting', 'resuming', 'waiting', 'paused', 'resuming'] as const) {
      enter(phase)
      expect(live.state.problem).toEqual(error)
    }
    enter('training')
    expect(live.state.problem).toBeNull()
  })
})
