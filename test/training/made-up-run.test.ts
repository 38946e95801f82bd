/** The loop with a made-up model: a schedule that goes on from what was measured is part of where a run stands. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Learner, LearnerState } from '../../main/engine/engine'
import { OnnxEngine } from '../../main/engine/lanes/cpu'
import { freshState } from '../../main/optimizers/optimizer'
import type { RunFile } from '../../main/runs/run-file'
import { Batches } from '../../main/training/batches'
import { evaluateLosses } from '../../main/training/evaluate'
import { beginning, train, type LoopEvent, type Progress } from '../../main/training/loop'
import { createPrograms } from '../../main/training/programs'
import { readState, writeState } from '../../main/training/saved-state'
import { numberIn, runSettings } from '../../preload/contract'
import { bits, stepInput } from '../engine/steps'
import { floor, toy } from '../models/toy/toy'

const settings = runSettings.parse({ batch: 8, epochs: 2, learningRate: 0.01 })
const { images, labels } = stepInput(40, 1)
const split = { images, labels, count: 40 }
const batches = () => new Batches(settings, split, toy)
const { start } = toy.schedule(settings, 5)

const engine = new OnnxEngine(1)
const programs = createPrograms(engine, toy)
let learner: Learner
let folder: string
beforeAll(async () => {
  learner = await engine.learner({ model: toy, batch: 8, lanes: 1 })
  folder = await mkdtemp(join(tmpdir(), 'vlae-run-'))
})
afterAll(async () => {
  await Promise.all([learner.release(), programs.release(), rm(folder, { recursive: true })])
})

/** Trains on, at most so many events. */
async function go(state: LearnerState, from: Progress, most = Infinity): Promise<LoopEvent[]> {
  learner.load(state)
  const evaluate = async () => evaluateLosses(programs, (await learner.state()).parameters, split)
  const events: LoopEvent[] = []
  for await (const event of train({ settings, batches: batches(), model: toy, learner, evaluate, from })) {
    events.push(event)
    if (events.length === most) break
  }
  return events
}

const first = () => freshState(toy.initialise(1), toy.optimizer)

it('steers by what the whole batch has cost, and says so in its lines', async () => {
  const events = await go(first(), beginning(toy.parts, start))
  const steps = events.flatMap(({ metrics }) => (metrics.type === 'step' ? [metrics] : []))
  expect(steps.map((line) => Object.keys(line))).toEqual(
    steps.map(() => ['type', 'step', 'epoch', 'gamma', 'loss', 'pixels', 'code', 'objective']),
  )
  for (const [i, line] of steps.entries()) {
    const [pixels, code, gamma] = ['pixels', 'code', 'gamma'].map((name) => numberIn(line, name)) as [number, number, number] // prettier-ignore
    expect(line.objective).toBeCloseTo(pixels + gamma * Math.max(floor, code), 6)
    const next = numberIn(steps[i + 1] ?? events.at(-1)!.metrics, 'gamma')
    expect(next / gamma).toBeCloseTo(code > 1.05 * floor ? 1.1 : 1 / 1.1, 6)
  }
  expect(new Set(steps.map((line) => numberIn(line, 'code') > floor)).size).toBe(2)
  const last = events.at(-1)!
  expect(numberIn(last.metrics, 'gamma')).toBe(last.progress.schedule['gamma'])
})

it('goes on from a saved state to the bit, wherever that was', async () => {
  const whole = await go(first(), beginning(toy.parts, start))
  const end = bits(await learner.state())
  const run = { settings, data: { fingerprint: 'f' } as RunFile['data'], stepsPerEpoch: 5 }
  for (const most of [1, 4, 6, 7, 11]) {
    const { progress } = (await go(first(), beginning(toy.parts, start), most)).at(-1)!
    const path = join(folder, `${most}.safetensors`)
    await writeState(path, { learner: await learner.state(), progress }, run, toy.optimizer)
    const saved = await readState(path, toy, run)
    expect(saved.progress).toEqual(progress)
    expect(await go(saved.learner, saved.progress)).toEqual(whole.slice(most))
    expect(bits(await learner.state())).toBe(end)
  }
})

it('weighs each part as its objective grows with it', () => {
  for (const means of [
    { pixels: 100, code: 0.1 },
    { pixels: 100, code: 3 },
  ]) {
    const scalars = { gamma: 0.7 }
    const slopes = toy.parts.map((part) => {
      const at = (by: number) => toy.objective({ ...means, [part]: means[part as 'code'] + by }, scalars)
      return (at(1e-4) - at(-1e-4)) / 2e-4
    })
    expect(toy.partWeights(scalars, means)).toEqual(slopes.map((slope) => expect.closeTo(slope, 6)))
  }
})
