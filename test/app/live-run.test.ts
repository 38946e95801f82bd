/** What a person is told of the run that trains: how far it is, how long it still takes, what it does meanwhile. */
import { beforeEach, describe, expect, it } from 'vitest'
import { isBusy, LiveRun } from '../../main/app/live-run'
import { runSettings, type RunFile, type TrainerEvent } from '../../preload/contract'
import { step, stepsPerEpoch } from './fake-trainer'

let now: number
let live: LiveRun
beforeEach(() => {
  now = 100
  live = new LiveRun(() => now)
})

const run = '/result/a'
const file = { settings: runSettings.parse({ epochs: 4 }), engine: { name: 'onnx-cpu', device: 'CPU' } } as RunFile

function started(): TrainerEvent {
  return { type: 'started', run, resumed: false, step: 0, epoch: -1, stepsPerEpoch, totalSteps: 40, file }
}

/** A step that took so many seconds. */
function stepAfter(seconds: number, number: number): void {
  now += seconds
  live.take({ ...step(number), run, imagesPerSecond: 500 })
}

describe('the time left', () => {
  beforeEach(() => {
    live.take({ type: 'state', state: 'starting', run: null })
    live.take(started())
    live.take({ type: 'state', state: 'training', run })
  })

  it('is said once there are two steps to tell it from', () => {
    stepAfter(50, 1)
    expect(live.state.secondsLeft).toBeNull()
    stepAfter(2, 2)
    expect(live.state.secondsLeft).toBe(2 * 38)
  })

  it('counts what comes between epochs', () => {
    for (let i = 1; i <= stepsPerEpoch; i++) stepAfter(1, i)
    stepAfter(1 + 10, 11)
    expect(live.state.secondsLeft).toBe((20 / 10) * 29)
  })

  it('does not count a pause', () => {
    stepAfter(1, 1)
    stepAfter(1, 2)
    live.take({ type: 'state', state: 'paused', run })
    expect(live.state.secondsLeft).toBeNull()
    now += 1000
    live.take({ type: 'state', state: 'training', run })
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
    live.take({ type: 'progress', run: null, task: 'data', done: 0, total: 1 })
    expect(live.state.work).toEqual({ title: 'Reading the data', progress: 0 })
    live.take({ type: 'progress', run: null, task: 'data', done: 1, total: 1 })
    expect(live.state.work).toBeNull()
    live.take({ type: 'progress', run, task: 'evaluate', done: 250, total: 1000 })
    expect(live.state.work).toEqual({ title: 'Testing', progress: 0.25 })
    stepAfter(1, 1)
    expect(live.state.work).toBeNull()
  })
})

describe('a press', () => {
  it('is shown at once, and taken back where it cannot be followed', () => {
    const before = live.state
    live.expect('starting')
    expect(live.state).toMatchObject({ phase: 'starting', run: null, step: 0 })
    live.refuse(before)
    expect(live.state.phase).toBe('idle')
  })

  it('starts from nothing, whatever the run before was', () => {
    live.take(started())
    stepAfter(1, 1)
    live.expect('starting')
    expect(live.state).toMatchObject({ phase: 'starting', step: 0, imagesPerSecond: null, engine: null })
  })
})

it('is busy exactly while ending the app would cut something short', () => {
  expect(['starting', 'training', 'pausing', 'stopping'].every((phase) => isBusy(phase as 'starting'))).toBe(true)
  expect(['idle', 'paused', 'done', 'stopped', 'failed'].some((phase) => isBusy(phase as 'idle'))).toBe(false)
})
