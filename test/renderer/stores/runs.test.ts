/** The store of runs: what is shown, and metrics that arrive whole, late, twice, or again after going back. */
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { idleTraining, type Calls, type MetricsSpan } from '../../../preload/contract'
import { AppError } from '../../../preload/errors'
import { next, phases } from '../../../preload/life'
import { StepSeries } from '../../../renderer/lib/step-series'
import { useConnection } from '../../../renderer/stores/connection'
import { useRuns } from '../../../renderer/stores/runs'
import { useTimeline } from '../../../renderer/stores/timeline'
import { epochLine, span, stage, summary } from '../fake-backend'

const settled = () => new Promise((resolve) => setTimeout(resolve, 5))
let history: ReturnType<typeof vi.fn<Calls['history']>>

beforeEach(() => {
  history = vi.fn<Calls['history']>(async ({ run, since = 0 }) => span(run, since, 20))
})

describe('which run is shown', () => {
  it('is the newest, or the one that trains; it comes with its own timeline', () => {
    stage({ history })
    const runs = useRuns()
    runs.reset([summary('01', { epoch: 3 }), summary('02', { epoch: 7 })], idleTraining)
    expect([runs.shownId, useTimeline().newest]).toEqual(['02', 7])
    runs.setTraining({ ...idleTraining, run: '01', phase: 'training' })
    expect([runs.shownId, useTimeline().newest]).toEqual(['01', 3])
  })

  it('is none that cannot be read, as long as another can; of such a one nothing is asked', async () => {
    stage({ history })
    const runs = useRuns()
    const unreadable = summary('03', { engine: null, problem: { code: 'disk/denied', message: 'No.', remedy: '' } })
    runs.reset([summary('01'), summary('02'), unreadable], idleTraining)
    expect(runs.shownId).toBe('02')
    runs.change([], ['01', '02'])
    expect(runs.shownId).toBe('03')
    await settled()
    expect(history.mock.calls.map(([{ run }]) => run)).toEqual(['02'])
    expect(useConnection().notices).toEqual([])
  })

  it('stays when others change, and moves on when it is deleted', () => {
    stage({ history })
    const runs = useRuns()
    runs.reset([summary('01'), summary('02')], idleTraining)
    runs.show('01')
    runs.change([summary('03')], [])
    expect([runs.shownId, runs.list.map(({ id }) => id)]).toEqual(['01', ['03', '02', '01']])
    runs.change([], ['01'])
    expect(runs.shownId).toBe('03')
  })
})

describe('metrics', () => {
  async function shown() {
    stage({ history })
    const runs = useRuns()
    runs.reset([summary('01', { epoch: 2 })], idleTraining)
    await settled()
    return runs
  }

  it('that a lost connection has cut off are fetched when it is back', async () => {
    history.mockRejectedValueOnce(new AppError('link/lost', 'Lost.', ''))
    const runs = await shown()
    expect(runs.historyOf('01')).toBeNull()
    runs.reset([summary('01', { epoch: 2 })], idleTraining)
    await settled()
    expect(runs.historyOf('01')!.steps.length).toBe(20)
  })

  it('are fetched once and then grow', async () => {
    const runs = await shown()
    expect(runs.historyOf('01')!.steps.length).toBe(20)
    runs.grow(span('01', 20, 25, [epochLine(2, 20)]))
    const held = runs.historyOf('01')!
    expect([held.to, held.steps.length, held.epochs[2]?.step]).toEqual([25, 25, 20])
    expect(history).toHaveBeenCalledTimes(1)
  })

  it('that overlap are not counted twice', async () => {
    const runs = await shown()
    runs.grow(span('01', 15, 30))
    const { steps, to } = runs.historyOf('01')!
    expect([steps.length, to]).toEqual([30, 30])
    expect([...steps.step.subarray(0, 30)]).toEqual(Array.from({ length: 30 }, (_, i) => i + 1))
  })

  it('with a gap are fetched from where they end', async () => {
    const runs = await shown()
    history.mockImplementation(async ({ run, since = 0 }) => span(run, since, 40))
    runs.grow(span('01', 35, 40))
    await settled()
    expect(history).toHaveBeenLastCalledWith({ run: '01', since: 20 })
    expect(runs.historyOf('01')!.steps.length).toBe(40)
  })

  it('of a resumed run replace what it does again', async () => {
    const runs = await shown()
    runs.grow(span('01', 20, 21, [epochLine(1, 10), epochLine(2, 20, 111)]))
    runs.grow(span('01', 12, 22, [epochLine(2, 20, 99)], 5))
    const held = runs.historyOf('01')!
    expect(held.steps.length).toBe(22)
    expect(held.steps.values('loss').slice(11, 13)).toEqual(Float32Array.of(12, 5))
    expect([held.epochs[1]?.step, held.epochs[2]?.test?.loss]).toEqual([10, 99])
  })

  it('that arrive while they are being fetched are fetched behind it', async () => {
    let answer!: (value: MetricsSpan) => void
    history.mockImplementationOnce(() => new Promise((resolve) => (answer = resolve)))
    stage({ history })
    const runs = useRuns()
    runs.reset([summary('01')], idleTraining)
    runs.grow(span('01', 10, 20))
    answer(span('01', 0, 10))
    await settled()
    expect(runs.historyOf('01')!.steps.length).toBe(20)
  })

  it('of the epoch shown and the pinned one are at hand', async () => {
    const runs = await shown()
    runs.grow(span('01', 20, 21, [epochLine(0, 0, 543), epochLine(1, 10, 120), epochLine(2, 20, 100)]))
    const timeline = useTimeline()
    timeline.seek(1)
    timeline.togglePin()
    timeline.follow()
    expect([runs.at?.test?.loss, runs.atPin?.test?.loss]).toEqual([100, 120])
  })
})

describe('what a person asks for', () => {
  it('shows at once, and is taken back when it fails', async () => {
    const failure = new AppError('run/busy', 'Another run is being trained.', 'Stop it first.')
    stage({ history, pause: () => Promise.reject(failure) })
    const runs = useRuns()
    runs.reset([summary('01')], { ...idleTraining, run: '01', phase: 'training' })
    const done = runs.pause()
    expect(runs.training.phase).toBe('pausing')
    expect(await done).toBe(false)
    expect(runs.training.phase).toBe('training')
    expect(useConnection().notices).toMatchObject([{ message: failure.message, remedy: failure.remedy }])
  })

  it('is shown until the app has told what has come of it, whatever it tells meanwhile', async () => {
    let answer!: () => void
    stage({ history, pause: () => new Promise((resolve) => (answer = resolve)) })
    const runs = useRuns()
    const trains = { ...idleTraining, run: '01', phase: 'training' } as const
    runs.reset([summary('01')], trains)
    const done = runs.pause()
    runs.setTraining({ ...trains, step: 7 })
    expect(runs.training).toMatchObject({ phase: 'pausing', step: 7 })
    runs.setTraining({ ...trains, phase: 'paused', step: 8 })
    expect(runs.training).toMatchObject({ phase: 'paused', step: 8 })
    answer()
    expect(await done).toBe(true)
    runs.setTraining({ ...trains, step: 9 })
    // followed, and undone by another page before this one was told
    const again = runs.pause()
    answer()
    await again
    expect(runs.training.phase).toBe('pausing')
    runs.setTraining({ ...trains, step: 10 })
    expect(runs.training.phase).toBe('training')
  })

  it('is shown as the table has it, and not at all where that refuses it', async () => {
    const never = () => new Promise<never>(() => undefined)
    stage({ history, pause: never, resume: never, stop: never, start: never, changeSettings: never })
    const runs = useRuns()
    for (const phase of phases)
      for (const [press, act] of [
        ['pause', () => runs.pause()],
        ['continue', () => runs.resume()],
        ['stop', () => runs.stop()],
        ['start', () => runs.resume('01')],
      ] as const) {
        runs.reset([summary('01')], { ...idleTraining, run: '01', phase })
        void act()
        expect([phase, press, runs.training.phase]).toEqual([phase, press, next(phase, press) ?? phase])
      }
  })

  it('can be undone when it was a deletion', async () => {
    const remove = vi.fn<Calls['remove']>(async () => undefined)
    const restore = vi.fn<Calls['restore']>(async ({ run }) => run)
    stage({ history, remove, restore })
    const runs = useRuns()
    runs.reset([summary('01')], idleTraining)
    await runs.remove('01', 4)
    const [notice] = useConnection().notices
    expect(notice?.action?.label).toBe('Undo')
    notice?.action?.run()
    expect(restore).toHaveBeenCalledWith({ run: '01', epoch: 4 })
  })

  it('says nothing of work that the person has stopped', async () => {
    stage({ history, stop: () => Promise.reject(new AppError('cancelled', 'Stopped.', '')) })
    await useRuns().stop()
    expect(useConnection().notices).toEqual([])
  })
})

describe('StepSeries', () => {
  it('stays within its bounds over any length, and keeps its shape', () => {
    const series = new StepSeries(2048)
    for (let from = 0; from < 50_000; from += 500) series.append(span('x', from, from + 500).steps)
    expect(series.length).toBeLessThanOrEqual(2048)
    expect(series.length).toBeGreaterThan(512)
    const { step, length } = series
    const loss = series.values('loss')
    for (let i = 1; i < length; i++) expect(step[i]!).toBeGreaterThan(step[i - 1]!)
    // the mean of a stretch of numbers lies within it
    for (let i = 1; i < length; i++) expect(loss[i]!).toBeGreaterThan(step[i - 1]! - 64)
    expect(step[length - 1]).toBe(50_000)
  })

  it('smooths without lagging at the start', () => {
    const series = new StepSeries()
    series.append(span('x', 0, 1, [], 543).steps)
    expect(series.smooth('loss', 20)[0]).toBe(543)
    series.append(span('x', 1, 200, [], 100).steps)
    expect(series.smooth('loss', 20)[199]).toBeCloseTo(100, 1)
  })

  it('smooths over as many steps as asked, however many a point stands for, and what is new alone as all at once', () => {
    const last = (stride: number, over: number, pieces = 1): number => {
      const series = new StepSeries()
      let length = 0
      for (let piece = 0; piece < pieces; piece++) {
        const { steps } = span('x', (piece * 1000) / pieces, ((piece + 1) * 1000) / pieces)
        const thin = (column: Float32Array) => column.filter((_, i) => (i + 1) % stride === 0)
        series.append({
          ...steps,
          step: steps.step.filter((step) => step % stride === 0),
          values: { loss: thin(steps.values['loss']!) },
        })
        length = series.length
        series.smooth('loss', over)
      }
      return series.smooth('loss', over)[length - 1]!
    }
    // the mean of a line that rises by 1 a step lags by the steps that it is over
    expect(1000 - last(1, 80)).toBeCloseTo(80, -1)
    expect(1000 - last(10, 80)).toBeCloseTo(80, -1)
    expect(last(1, 100, 10)).toBe(last(1, 100))
    expect(last(1, 0)).toBe(1000)
  })

  it('smooths anew where points were taken back or averaged', () => {
    const series = new StepSeries(2048)
    series.append(span('x', 0, 100, [], 543).steps)
    series.smooth('loss', 20)
    series.rewind(51)
    series.append(span('x', 50, 100, [], 100).steps)
    const [at50, at51] = [...series.smooth('loss', 20)].slice(49, 51)
    expect(at50).toBeCloseTo(543, 1)
    expect(at51).toBeLessThan(543)
    series.append(span('x', 100, 5000, [], 100).steps)
    expect(series.smooth('loss', 20)[series.length - 1]).toBeCloseTo(100, 1)
    expect(series.smooth('loss', 20)[0]).toBe(series.values('loss')[0])
  })

  it('has a gap where a value was no number, and goes on smoothing behind it', () => {
    const series = new StepSeries()
    series.append(span('x', 0, 100, [], 100).steps)
    series.append(span('x', 100, 101, [], NaN).steps)
    series.append(span('x', 101, 102, [], 100).steps)
    expect([99, 100, 101].map((at) => series.smooth('loss', 20)[at])).toEqual([100, NaN, 100])
  })

  it('holds whatever numbers come, each from where it came on', () => {
    const series = new StepSeries(2048)
    const points = (step: number, values: Record<string, number>) =>
      series.append({
        step: Int32Array.of(step),
        epoch: Float32Array.of(step / 10),
        values: Object.fromEntries(Object.entries(values).map(([name, value]) => [name, Float32Array.of(value)])),
      })
    points(1, { loss: 5 })
    points(2, { loss: 4, gamma: 0.5 })
    points(3, { gamma: 0.25 })
    expect(series.values('gamma').slice(0, 3)).toEqual(Float32Array.of(NaN, 0.5, 0.25))
    expect(series.values('loss').slice(0, 3)).toEqual(Float32Array.of(5, 4, NaN))
    for (let step = 4; step < 3000; step++) points(step, { loss: 1, gamma: 2 })
    expect([series.values('gamma')[series.length - 1], series.values('loss')[series.length - 1]]).toEqual([2, 1])
    expect(Number.isNaN(series.values('unheard')[0])).toBe(true)
  })

  it('rewinds to before a step', () => {
    const series = new StepSeries()
    series.append(span('x', 0, 10).steps)
    series.rewind(6)
    expect(series.length).toBe(5)
  })
})
