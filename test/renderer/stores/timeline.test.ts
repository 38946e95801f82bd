/** The timeline: one playhead for every view. */
import { createPinia, setActivePinia } from 'pinia'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { useTimeline } from '../../../renderer/stores/timeline'

let timeline: ReturnType<typeof useTimeline>

beforeEach(() => {
  vi.useFakeTimers()
  setActivePinia(createPinia())
  timeline = useTimeline()
})
afterEach(() => {
  timeline.stop()
  vi.useRealTimers()
})

describe('the playhead', () => {
  it('is nowhere before epoch 0', () => {
    timeline.show('a', -1, 30)
    timeline.move(1)
    timeline.togglePin()
    expect([timeline.epoch, timeline.live, timeline.compared]).toEqual([-1, true, null])
  })

  it('follows the newest epoch until it is moved, and again when asked to', () => {
    timeline.show('a', 3, 30)
    timeline.grow(4, 30)
    expect([timeline.epoch, timeline.live]).toEqual([4, true])
    timeline.move(-1)
    timeline.grow(5, 30)
    expect([timeline.epoch, timeline.live]).toEqual([3, false])
    timeline.follow()
    expect([timeline.epoch, timeline.live]).toEqual([5, true])
  })

  it('stays inside what there is', () => {
    timeline.show('a', 12, 30)
    timeline.move(10)
    expect(timeline.epoch).toBe(12)
    timeline.move(-100)
    expect(timeline.epoch).toBe(0)
    timeline.seek(7.6)
    expect(timeline.epoch).toBe(8)
  })

  it('goes back with a run that has gone back', () => {
    timeline.show('a', 12, 30)
    timeline.seek(11)
    timeline.grow(9, 30)
    expect(timeline.epoch).toBe(9)
  })
})

describe('the pin', () => {
  it('holds an epoch to compare with, and lets go', () => {
    timeline.show('a', 12, 30)
    timeline.seek(3)
    timeline.togglePin()
    timeline.move(9)
    expect([timeline.epoch, timeline.compared]).toEqual([12, 3])
    timeline.togglePin()
    expect(timeline.compared).toBeNull()
  })

  it('stays when another run is shown, goes with its run, and does not compare with an epoch that is gone', () => {
    timeline.show('a', 12, 30)
    timeline.togglePin()
    timeline.grow(5, 30)
    expect([timeline.compared, timeline.reference]).toEqual([null, null])
    timeline.grow(12, 30)
    timeline.show('b', 8, 20)
    expect([timeline.compared, timeline.epoch, timeline.total]).toEqual([null, 8, 20])
    expect(timeline.reference).toEqual({ run: 'a', epoch: 12 })
    timeline.forget(['c'])
    expect(timeline.pin).not.toBeNull()
    timeline.forget(['a'])
    expect(timeline.reference).toBeNull()
  })
})

describe('the time-lapse', () => {
  it('plays from the beginning when the playhead stands at the end, then follows again', () => {
    timeline.show('a', 4, 30)
    timeline.togglePlay()
    expect([timeline.playing, timeline.epoch]).toEqual([true, 0])
    vi.advanceTimersByTime(125 * 2)
    expect(timeline.epoch).toBe(2)
    vi.advanceTimersByTime(125 * 3)
    expect([timeline.playing, timeline.live, timeline.epoch]).toEqual([false, true, 4])
  })

  it('ends where a person takes the playhead', () => {
    timeline.show('a', 20, 30)
    timeline.seek(5)
    timeline.play()
    vi.advanceTimersByTime(125 * 3)
    timeline.move(1)
    vi.advanceTimersByTime(1000)
    expect([timeline.playing, timeline.epoch]).toEqual([false, 9])
  })
})
