/** What goes in at once, and what waits until the last numbers have been paid for. */
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { idleTraining, type AppEvent } from '../../../preload/contract'
import { Pace } from '../../../renderer/backend/pace'
import { epochLine, span } from '../fake-backend'

let taken: AppEvent[]
let paint: (() => void) | undefined
let clock: number
let pace: Pace
beforeEach(() => {
  vi.useFakeTimers()
  taken = []
  clock = 0
  pace = new Pace((event) => taken.push(event), { now: () => clock, painted: (done) => (paint = done) })
})
afterEach(() => vi.useRealTimers())

const training = (step: number, change = {}): AppEvent => ({
  type: 'training',
  training: { ...idleTraining, run: '01', phase: 'training', step, ...change },
})
const steps = (from: number, to: number): AppEvent => ({ type: 'metrics', span: span('01', from, to) })
const epochEnd = (from: number): AppEvent => ({
  type: 'metrics',
  span: span('01', from, from + 1, [epochLine(1, from)]),
})

/** What went in is on the screen after so many milliseconds. */
function painted(milliseconds: number): void {
  clock += milliseconds
  paint?.()
  paint = undefined
}

it('lets the first news in at once, then waits a hundred times as long as showing it took', () => {
  pace.put([steps(0, 1), training(1)])
  expect(taken).toHaveLength(2)
  painted(0)
  vi.advanceTimersByTime(0)
  taken.length = 0

  pace.put([steps(1, 2), training(2)])
  expect(taken).toHaveLength(2)
  painted(10)
  taken.length = 0
  pace.put([steps(2, 4), training(4)])
  pace.put([steps(4, 6), training(6)])
  vi.advanceTimersByTime(999)
  expect(taken).toEqual([])
  vi.advanceTimersByTime(1)
  // every number, and of the states the last
  expect(taken).toEqual([steps(2, 4), steps(4, 6), training(6)])
})

it('waits two seconds at the most, and only for what has been painted', () => {
  pace.put([steps(0, 1)])
  pace.put([steps(1, 2)])
  vi.advanceTimersByTime(10_000)
  expect(taken).toHaveLength(1)
  painted(400)
  vi.advanceTimersByTime(2000)
  expect(taken).toHaveLength(2)
})

it.each([
  ['a pause', training(3, { phase: 'paused' })],
  ['another run', training(0, { run: '02' })],
  ['a test that begins', training(3, { work: { title: 'Testing', progress: 0 } })],
  ['the end of an epoch', epochEnd(3)],
  ['a setting', { type: 'settings', settings: {} } as AppEvent],
])('lets %s in at once, behind what came before it', (_, event) => {
  pace.put([training(1)])
  painted(10)
  taken.length = 0
  pace.put([steps(1, 2)])
  expect(taken).toEqual([])
  pace.put([event])
  expect(taken).toEqual([steps(1, 2), event])
})

it('forgets what waits when all is asked for anew', () => {
  pace.put([steps(0, 1)])
  pace.put([steps(1, 2)])
  pace.clear()
  painted(10)
  vi.advanceTimersByTime(2000)
  expect(taken).toEqual([steps(0, 1)])
})
