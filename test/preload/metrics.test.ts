/** Lines of metrics, of this version and of the first one: a loss is −ELBO everywhere. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { metricsLine, objectiveOf, runFile, withLoss, type MetricsLine } from '../../preload/contract'

const costs = { reconstruction: 70, klZ1: 5, klZ2: 11 }

it('adds up the loss at KL weight 1, and the objective at the weight of the moment', () => {
  expect(withLoss(costs)).toEqual({ loss: 86, ...costs })
  expect(objectiveOf(costs, 0.25)).toBe(74)
  expect(objectiveOf(costs, 1)).toBe(86)
})

it('takes this version’s lines as they are, and refuses what is none', () => {
  const step = { type: 'step', step: 3, epoch: 1, klWeight: 0.25, loss: 86, objective: 74, ...costs }
  expect(metricsLine.parse(step)).toEqual(step)
  for (const bad of [
    null,
    'step',
    { ...step, loss: 'much' },
    { ...step, klZ1: undefined },
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
describe.each(['label', 'none'])('a run of version 0.1, condition %s', (condition) => {
  const folder = join(import.meta.dirname, '../fixtures/runs-0.1', condition)
  const text = readFileSync(join(folder, 'metrics.jsonl'), 'utf8').trimEnd().split('\n')
  const written = text.map((line) => JSON.parse(line) as MetricsLine)
  const lines = text.map((line) => metricsLine.parse(JSON.parse(line)))
  const steps = (of: MetricsLine[]) => of.filter((line) => line.type === 'step')
  const epochs = (of: MetricsLine[]) => of.filter((line) => line.type === 'epoch')

  it('has the loss computed from its parts, and what it called loss as its objective', () => {
    const older = steps(written)
    expect(steps(lines)).toEqual(older.map((line) => ({ ...line, ...withLoss(line), objective: line.loss })))
    expect(older.length).toBe(8)
    for (const line of steps(lines)) expect(line.objective).toBeCloseTo(objectiveOf(line, line.klWeight), 9)
  })

  it('has epochs whose training and test are the same sum', () => {
    const [, ...older] = epochs(written).map(({ train }) => train!)
    const [before, ...later] = epochs(lines)
    expect(before).toMatchObject({ train: null, test: null })
    expect(later.map(({ train }) => train)).toEqual(
      older.map((train) => Object.assign(withLoss(train), { objective: train.loss })),
    )
    expect(later.map(({ test }) => test)).toEqual(later.map(({ test }) => withLoss(test!)))
    for (const { train } of later) expect(train!.loss).toBeGreaterThan(train!.objective)
  })

  it('stays valid', () => {
    expect(runFile.parse(JSON.parse(readFileSync(join(folder, 'run.json'), 'utf8')))).toMatchObject({ status: 'done' })
  })
})
