/** A run's metrics by sequence number: nothing lost, nothing twice, thin enough to send. */
import { expect, it } from 'vitest'
import { History } from '../../main/app/history'
import type { MetricsLine } from '../../main/runs/metrics-line'
import type { EpochMetrics, StepMetrics } from '../../preload/contract'

const stepsPerEpoch = 10

function step(number: number): StepMetrics {
  const epoch = Math.ceil(number / stepsPerEpoch)
  const parts = { loss: number, objective: 5.5, reconstruction: 2, klZ1: 3, klZ2: 4 }
  return { type: 'step', step: number, epoch, klWeight: 0.5, ...parts }
}

function epoch(number: number): EpochMetrics {
  const parts = { loss: 100 - number, reconstruction: 80, klZ1: 5, klZ2: 15 }
  return { type: 'epoch', epoch: number, step: number * stepsPerEpoch, klWeight: 1, train: null, test: parts }
}

/** As a run writes them: epoch 0, ten steps, epoch 1, … */
function lines(epochs: number): MetricsLine[] {
  return [
    epoch(0),
    ...Array.from({ length: epochs }, (_, e) => [
      ...Array.from({ length: stepsPerEpoch }, (_, i) => step(e * stepsPerEpoch + i + 1)),
      epoch(e + 1),
    ]).flat(),
  ]
}

it('gives everything from the start', () => {
  const span = History.of(lines(3), stepsPerEpoch).span('a', 0)
  expect(span).toMatchObject({ run: 'a', from: 0, to: 34 })
  expect([...span.steps.step]).toEqual(Array.from({ length: 30 }, (_, i) => i + 1))
  expect([...span.steps.values['loss']!]).toEqual([...span.steps.step])
  expect(span.steps.epoch[9]).toBe(1)
  expect(span.steps.epoch[14]).toBe(1.5)
  expect(span.epochs.map((line) => line.epoch)).toEqual([0, 1, 2, 3])
})

it('gives what came since a sequence number, so that spans join without a gap or a repetition', () => {
  const all = lines(3)
  const history = new History(stepsPerEpoch)
  const steps: number[] = []
  const epochs: number[] = []
  let since = 0
  for (const [i, line] of all.entries()) {
    history.append(line)
    if (i % 7 !== 0 && i !== all.length - 1) continue
    const span = history.span('a', since)
    expect(span.from).toBe(since)
    since = span.to
    steps.push(...span.steps.step)
    epochs.push(...span.epochs.map((line) => line.epoch))
  }
  const whole = history.span('a', 0)
  expect(steps).toEqual([...whole.steps.step])
  expect(epochs).toEqual(whole.epochs.map((line) => line.epoch))
  expect(history.span('a', since).steps.step).toHaveLength(0)
  expect(history.span('a', since + 100)).toMatchObject({ from: since, to: since })
})

it('thins a long run to means of neighbours, and keeps every epoch', () => {
  const history = History.of(lines(300), stepsPerEpoch)
  const { steps, epochs } = history.span('a', 0, 500)
  expect(steps.step).toHaveLength(500)
  expect(epochs).toHaveLength(301)
  expect(steps.step.slice(0, 2)).toEqual(Int32Array.of(6, 12))
  expect(steps.values['loss']![0]).toBe(3.5)
  expect(steps.epoch[1]).toBeCloseTo(1.2)
  expect(steps.step.at(-1)).toBe(3000)
})

it('takes the last, shorter stretch as a point of its own', () => {
  const history = History.of(
    Array.from({ length: 25 }, (_, i) => step(i + 1)),
    stepsPerEpoch,
  )
  const { steps } = history.span('a', 0, 10)
  expect([...steps.step]).toEqual([3, 6, 9, 12, 15, 18, 21, 24, 25])
  expect(steps.values['loss']!.at(-1)).toBe(25)
})

it('makes means of what was measured: a line that was no number leaves a gap only where it stands alone', () => {
  const lines = [1, NaN, 3, NaN, NaN, NaN, 8].map((loss, i) => Object.assign(step(i + 1), { loss }))
  const history = History.of(lines, stepsPerEpoch)
  expect([...history.span('a', 0).steps.values['loss']!]).toEqual([1, NaN, 3, NaN, NaN, NaN, 8])
  expect([...history.span('a', 0, 3).steps.values['loss']!]).toEqual([2, NaN, 8])
})

it('has a column for whatever number the lines hold, with a gap before it came', () => {
  const history = new History(stepsPerEpoch)
  history.append({ type: 'step', step: 1, epoch: 1, loss: 3, objective: 3, rate: 3 })
  history.append({ type: 'step', step: 2, epoch: 1, loss: 4, objective: 4, rate: 3, gamma: 1 })
  history.append({ type: 'step', step: 3, epoch: 1, loss: 4, objective: 4, gamma: 2 })
  const { values } = history.span('a', 0).steps
  expect(Object.keys(values)).toEqual(['loss', 'objective', 'rate', 'gamma'])
  expect([[...values['rate']!], [...values['gamma']!]]).toEqual([
    [3, 3, NaN],
    [NaN, 1, 2],
  ])
  expect([...history.span('a', 0, 2).steps.values['gamma']!]).toEqual([1, 2])
})
