/** Lines of metrics, of this version and of the first one: a loss is −ELBO everywhere. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createModel } from '../../main/models/create'
import { metricsLine, type MetricsLine } from '../../main/runs/metrics-line'
import { runFile } from '../../main/runs/run-file'
import { numberIn, withLoss, type Costs, type StepMetrics } from '../../preload/contract'
import { ladder } from '../../preload/models/ladder'

const costs = { reconstruction: 70, klZ1: 5, klZ2: 11 }

it('adds up the loss, whatever its parts are', () => {
  expect(withLoss(costs)).toEqual({ loss: 86, ...costs })
  expect(withLoss({ pixels: 3, code: 0.5 })).toEqual({ loss: 3.5, pixels: 3, code: 0.5 })
})

it('takes this version’s lines as they are, and refuses what is none', () => {
  const step = { type: 'step' as const, step: 3, epoch: 1, klWeight: 0.25, loss: 86, objective: 74, ...costs }
  expect(metricsLine.parse(step)).toEqual(step)
  expect(['klZ2', 'klWeight', 'type', 'unheard'].map((name) => numberIn(step, name))).toEqual([11, 0.25, NaN, NaN])
  const other = { type: 'step', step: 3, epoch: 1, gamma: 0.5, loss: 3.5, objective: 3, pixels: 3, code: 0.5 }
  expect(metricsLine.parse(other)).toEqual(other)
  expect(metricsLine.parse({ ...other, note: 'of a later version' })).toEqual({ ...other, note: NaN })
  for (const bad of [
    null,
    'step',
    { ...step, loss: 'much' },
    { type: 'step', step: 3, epoch: 1, loss: 86 },
    { type: 'epoch', train: 3 },
  ])
    expect(metricsLine.safeParse(bad).success).toBe(false)
})

it('takes what was no number as NaN, and computes what it can', () => {
  const older = { type: 'step', step: 3, epoch: 1, klWeight: 0.25, ...costs }
  expect(metricsLine.parse({ ...older, loss: null })).toEqual({ ...older, loss: 86, objective: NaN })
  expect(metricsLine.parse({ ...older, loss: 74, klZ2: null })).toMatchObject({ loss: NaN, objective: 74, klZ2: NaN })
})

// what the first version wrote, as it wrote it: two epochs of four steps, a warm-up of two epochs
describe.each(['label', 'none'] as const)('a run of version 0.1, condition %s', (condition) => {
  const folder = join(import.meta.dirname, '../fixtures/runs-0.1', condition)
  const text = readFileSync(join(folder, 'metrics.jsonl'), 'utf8').trimEnd().split('\n')
  const written = text.map((line) => JSON.parse(line) as MetricsLine)
  const lines = text.map((line) => metricsLine.parse(JSON.parse(line)))
  const { parts, objective } = createModel({ condition })
  /** What a line or a part of it says of the loss's parts. */
  const costsOf = (of: object): Costs => Object.fromEntries(parts.map((part) => [part, (of as Costs)[part]!]))
  const steps = (of: MetricsLine[]) => of.filter((line) => line.type === 'step')
  const epochs = (of: MetricsLine[]) => of.filter((line) => line.type === 'epoch')

  it('has the loss computed from its parts, and what it called loss as its objective', () => {
    const older = steps(written)
    expect(steps(lines)).toEqual(older.map((line) => ({ ...line, ...withLoss(costsOf(line)), objective: line.loss })))
    expect(older.length).toBe(8)
    for (const line of steps(lines))
      expect(line.objective).toBeCloseTo(objective(costsOf(line), { klWeight: numberIn(line, 'klWeight') }), 9)
  })

  it('has epochs whose training and test are the same sum', () => {
    const [, ...older] = epochs(written).map(({ train }) => train!)
    const [before, ...later] = epochs(lines)
    expect(before).toMatchObject({ train: null, test: null })
    expect(later.map(({ train }) => train)).toEqual(
      older.map((train) => Object.assign(withLoss(costsOf(train)), { objective: train.loss })),
    )
    expect(later.map(({ test }) => test)).toEqual(later.map(({ test }) => withLoss(costsOf(test!))))
    for (const { train } of later) expect(train!.loss).toBeGreaterThan(train!.objective)
  })

  it('stays valid', () => {
    expect(runFile.parse(JSON.parse(readFileSync(join(folder, 'run.json'), 'utf8')))).toMatchObject({ status: 'done' })
  })
})

// two epochs of four steps, as they were written when the parts of a loss were still fields of a line
describe.each(['label', 'none'] as const)('a run from before models had cards, condition %s', (condition) => {
  const folder = join(import.meta.dirname, '../fixtures/runs-0.2', condition)
  const written = readFileSync(join(folder, 'metrics.jsonl'), 'utf8').trimEnd().split('\n')

  it('is read as it was written, and would be written so again', () => {
    expect(written.length).toBe(11)
    for (const line of written) expect(metricsLine.parse(JSON.parse(line))).toEqual(JSON.parse(line))
    expect(runFile.parse(JSON.parse(readFileSync(join(folder, 'run.json'), 'utf8')))).toMatchObject({ status: 'done' })
  })

  it('has the parts and the scalars that its model’s card names', () => {
    const { parts, scalars } = ladder
    const line = metricsLine.parse(JSON.parse(written[3]!)) as StepMetrics
    const costs = Object.fromEntries(parts.map(({ name }) => [name, numberIn(line, name)]))
    expect(withLoss(costs)).toEqual({ loss: line.loss, ...costs })
    expect(scalars.map(({ name }) => numberIn(line, name))).toEqual([3 / 8])
  })
})
