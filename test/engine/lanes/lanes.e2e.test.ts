/** Lanes in real threads, built as they ship: the same training as one lane, to the bit again, and ends to everything. */
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Worker } from 'node:worker_threads'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { BatchInput, Learner, StepInput, StepSums } from '../../../main/engine/engine'
import type { OnnxEngine } from '../../../main/engine/lanes/cpu'
import type * as Create from '../../../main/models/create'
import type { Model } from '../../../main/models/model'
import { drawRows } from '../../../main/models/noise'
import type * as Adam from '../../../main/optimizers/adam/tensors'
import { freshState } from '../../../main/optimizers/optimizer'
import { type Built, buildModules } from '../../build'
import type * as Toy from '../../models/toy/toy'
import { bits, changesApart, distance, startState, stepInput, sumsApart, train, type Trained } from '../steps'

const start = startState('label')

let built: Built
let engine: OnnxEngine
let model: Model
/** One that decides over its batch, updated in place by the lanes. */
let clipped: Model
beforeAll(async () => {
  built = await buildModules({
    onnx: 'main/engine/lanes/cpu.ts',
    create: 'main/models/create.ts',
    toy: 'test/models/toy/toy.ts',
    adam: 'main/optimizers/adam/tensors.ts',
    lane: 'test/engine/lanes/lane-with-errands.ts',
  })
  const module = (await import(pathToFileURL(join(built.folder, 'onnx.js')).href)) as { OnnxEngine: typeof OnnxEngine }
  engine = new module.OnnxEngine(1)
  // the copy of tfjs that the engine traces with is the one that the model computes with
  const models = (await import(pathToFileURL(join(built.folder, 'create.js')).href)) as typeof Create
  model = models.createModel({ condition: 'label' })
  const load = (name: string) => import(pathToFileURL(join(built.folder, `${name}.js`)).href)
  const [{ toy }, { adam }] = (await Promise.all([load('toy'), load('adam')])) as [typeof Toy, typeof Adam]
  clipped = { ...toy, optimizer: adam }
})
afterAll(() => built.remove())

const started: Learner[] = []
async function create(lanes: number, batch: number): Promise<Learner> {
  const learner = await engine.learner({ model, batch, lanes })
  learner.load(start)
  started.push(learner)
  return learner
}
afterEach(async () => {
  delete process.env['LANE_ERRAND']
  for (const learner of started.splice(0)) await learner.release()
})

const threadsOf = (learner: Learner) => (learner as unknown as { threads: { worker: Worker }[] }).threads

/** All that training gives, its state as its bits. */
const exactly = ({ sums, state }: Trained) => ({ sums, state: bits(state) })

/** Rejects when a promise takes longer than anyone waits: a hang is a failure, not a wait. */
function inTime<T>(promise: Promise<T>): Promise<T> {
  return Promise.race([
    promise,
    new Promise<never>((_, reject) => setTimeout(() => reject(new Error('it hangs')), 60_000).unref()),
  ])
}

describe('the training', () => {
  let one: Trained
  const batch = 5
  /** The second step's batch is not full: with three lanes, the last has nothing to do. */
  const input = (step: number): StepInput => stepInput(batch, step, step === 2 ? 2 : batch)
  beforeAll(async () => {
    one = await train(await create(1, batch), input, 3)
  })

  // Of five images, 2 lanes take 3 and 2; 3 lanes 2, 2 and 1; 4 lanes 2, 2, 1 and none; 7 lanes have two without.
  it.each([2, 3, 4, 7])('is that of one lane: %d lanes, a batch of five', async (count) => {
    const many = await train(await create(count, batch), input, 3)
    // The same numbers, added up in another order.
    expect(sumsApart(many.sums, one.sums)).toBeLessThan(1e-5)
    expect(distance(many.state['firstMoment']!, one.state['firstMoment']!)).toBeLessThan(1e-4)
    expect(distance(many.state['secondMoment']!, one.state['secondMoment']!)).toBeLessThan(1e-4)
    expect(changesApart(many.state, one.state, start)).toBeLessThan(2e-3)
  })

  it('gives the same bits again, also with other threads, and when it goes on from a state', async () => {
    const first = await create(2, batch)
    const once = exactly(await train(first, input, 3))
    first.load(start)
    expect(exactly(await train(first, input, 3))).toEqual(once)
    const second = await create(2, batch)
    const { state } = await train(second, input, 2)
    const third = await create(2, batch)
    third.load(state)
    const { sums, state: end } = await train(third, input, 3, 3)
    expect({ sums, state: bits(end) }).toEqual({ sums: once.sums.slice(2), state: once.state })
  })

  it('loads and gives a state as a copy', async () => {
    const learner = await create(2, batch)
    const state = await learner.state()
    expect(bits(state)).toBe(bits(start))
    state.parameters.fill(0)
    expect(bits(await learner.state())).toBe(bits(start))
  })
})

describe('the end', () => {
  const failed = expect.objectContaining({ code: 'engine/lane-failed' })
  const input = (step: number) => stepInput(4, step)

  it('comes to all threads with release, ten times over', async () => {
    for (let round = 0; round < 10; round++) {
      const learner = await create(2, 2)
      const exits = threadsOf(learner).map(({ worker }) => new Promise<number>((resolve) => worker.on('exit', resolve)))
      if (round % 3 === 0) await learner.step(stepInput(2, 1))
      await inTime(learner.release())
      expect(await inTime(Promise.all(exits)), 'they end by themselves').toEqual([0])
      await inTime(learner.release())
    }
  })

  it('comes after the step under way, and what is asked for then is refused', async () => {
    const [learner, other] = [await create(2, 4), await create(2, 4)]
    const step = learner.step(input(1))
    const released = learner.release()
    await expect(learner.step(input(2))).rejects.toThrow('released')
    expect(await inTime(step)).toEqual(await other.step(input(1)))
    await inTime(released)
  })

  it.each(['before a step', 'in a step'])(
    'of a thread that is killed %s is an error, soon, and release ends the others',
    async (when) => {
      const learner = await create(3, 4)
      await learner.step(input(1))
      const { worker } = threadsOf(learner)[1]!
      if (when === 'before a step') await worker.terminate()
      else void worker.terminate()
      // Killed while it computes, or between two steps: one of the next must notice.
      await expect(inTime(train(learner, input, 100, 2))).rejects.toEqual(failed)
      await expect(learner.step(input(3))).rejects.toEqual(failed)
      await inTime(learner.release())
    },
  )

  it('of a lane whose step fails is an error in that very step, and the state stays that of the step before', async () => {
    process.env['LANE_ERRAND'] = 'fail'
    const learner = await create(3, 4)
    const { state } = await train(learner, input, 1)
    await expect(inTime(learner.step(input(2)))).rejects.toEqual(
      expect.objectContaining({ code: 'engine/lane-failed', details: expect.stringContaining('the injected failure') }),
    )
    expect(bits(await learner.state())).toBe(bits(state))
    await expect(learner.step(input(2))).rejects.toEqual(failed)
    await inTime(learner.release())
  })

  it('of a thread by itself is an error', async () => {
    process.env['LANE_ERRAND'] = 'exit'
    const learner = await create(2, 4)
    await learner.step(input(1))
    await expect(inTime(learner.step(input(2)))).rejects.toEqual(
      expect.objectContaining({ details: expect.stringContaining('exit code 3') }),
    )
    await inTime(learner.release())
  })

  it('of a thread before its first step is an error of its making, and leaves no threads', async () => {
    process.env['LANE_ERRAND'] = 'unborn'
    const ports = () => process.getActiveResourcesInfo().filter((name) => name === 'MessagePort').length
    const before = ports()
    await expect(inTime(create(3, 4))).rejects.toEqual(
      expect.objectContaining({
        code: 'engine/lane-failed',
        details: expect.stringContaining('the injected failure at birth'),
      }),
    )
    expect(ports()).toBe(before)
  })
})

describe('what is decided over a batch', () => {
  const batch = 12
  /** Half of the digits are blank, and cost another code than the others: shares would decide otherwise. */
  const input = (step: number) => {
    const { noise, partWeights: _, ...rest } = stepInput(batch, step)
    return {
      ...rest,
      images: rest.images.map((grey, i) => (i < 784 * 6 ? 0 : grey)),
      noise: noise.slice(0, batch * clipped.noiseSize),
    }
  }
  const over = (sums: StepSums, count: number) =>
    Object.fromEntries(Object.entries(sums).map(([part, sum]) => [part, sum / count]))

  /** As the loop takes its steps, the code pressed where it costs more than so much. */
  async function taken(learner: Learner, floor: number, from: number, to: number) {
    const sums: StepSums[] = []
    const weights: number[][] = []
    for (let step = from; step <= to; step++) {
      const partWeights = (sums: StepSums) => {
        weights[step - from] = [1, over(sums, batch)['code']! > floor ? 0.7 : 0]
        return weights[step - from]!
      }
      sums.push(await learner.step({ ...input(step), partWeights }))
    }
    return { sums, weights, state: await learner.state() }
  }

  async function fresh(lanes: number) {
    const learner = await engine.learner({ model: clipped, batch, lanes })
    started.push(learner)
    learner.load(freshState(clipped.initialise(3), clipped.optimizer))
    return learner
  }

  it('is the same over 1, 2 and 3 lanes, and to the bit when it goes on from a state', async () => {
    const start = freshState(clipped.initialise(3), clipped.optimizer)
    const alone = await fresh(1)
    // each batch costs another code: with the middle of them for the floor some are clipped
    const costs = (await taken(alone, 0, 1, 6)).sums.map(({ code }) => code! / batch).toSorted((a, b) => a - b)
    const floor = (costs[2]! + costs[3]!) / 2
    alone.load(start)
    const one = await taken(alone, floor, 1, 6)
    expect(new Set(one.weights.map(([, code]) => code)).size).toBe(2)
    for (const lanes of [2, 3]) {
      const learner = await fresh(lanes)
      const many = await taken(learner, floor, 1, 6)
      expect(many.weights).toEqual(one.weights)
      expect(sumsApart(many.sums, one.sums)).toBeLessThan(1e-4)
      expect(changesApart(many.state, one.state, start)).toBeLessThan(1e-3)
      learner.load(start)
      learner.load((await taken(learner, floor, 1, 3)).state)
      expect(bits((await taken(learner, floor, 4, 6)).state)).toBe(bits(many.state))
    }
  })

  it('goes on from what was measured, to the bits of a step whose weights are known', async () => {
    const learner = await fresh(2)
    const start = freshState(clipped.initialise(3), clipped.optimizer)
    async function after(taken: (batch: StepInput) => Promise<StepSums>) {
      learner.load(start)
      const sums: StepSums[] = []
      for (let step = 1; step <= 3; step++) sums.push(await taken({ ...input(step), partWeights: [1, 0.7] }))
      return { sums, bits: bits(await learner.state()) }
    }
    const anew = await after((batch) => learner.step(batch))
    const measured: StepSums[] = []
    const on = await after((batch) =>
      learner.step({ ...batch, partWeights: (sums) => (measured.push(sums), [1, 0.7]) }),
    )
    expect(on).toEqual(anew)
    expect(measured).toEqual(anew.sums.map(({ code }) => ({ code })))
  })

  it.each([1, 2, 3])(
    'is drawn by the lanes: %d of them give the bits of a batch that was drawn before',
    async (lanes) => {
      const learner = await fresh(lanes)
      const start = freshState(clipped.initialise(3), clipped.optimizer)
      const count = (step: number) => (step === 2 ? 7 : batch)
      async function after(batchOf: (step: number) => BatchInput) {
        learner.load(start)
        const sums: StepSums[] = []
        for (let step = 1; step <= 3; step++) {
          const given = batchOf(step)
          // with measuring and without
          const partWeights = step > 1 ? (measured: StepSums) => (sums.push(measured), [1, 0.7]) : [1, 0.7]
          sums.push(await learner.step({ ...given, partWeights }))
        }
        return { sums, bits: bits(await learner.state()) }
      }
      const undrawn = (step: number): BatchInput => {
        const { images, noise, ...rest } = input(step)
        const grey = images.fill(0, 784 * count(step))
        for (let i = 0; i < 784 * count(step); i++) grey[i] = (i * 2_654_435_761) % 256
        return { ...rest, images: grey, noise: noise.fill(0), count: count(step), undrawn: { seed: 5, step } }
      }
      const drawn = (step: number): BatchInput => {
        const { undrawn: key, ...given } = undrawn(step)
        drawRows(given, clipped, key!, count(step))
        return given
      }
      const expected = await after(drawn)
      expect(await after(undrawn)).toEqual(expected)
      expect(await after((step) => ({ ...undrawn(step), undrawn: { seed: 6, step } }))).not.toEqual(expected)
    },
  )

  it('would be another decision in a lane’s share', async () => {
    const learner = await fresh(2)
    const costs = async (count: number) => {
      learner.load(freshState(clipped.initialise(3), clipped.optimizer))
      let code = 0
      const partWeights = (sums: StepSums) => ((code = over(sums, count)['code']!), [1, 1])
      await learner.step({ ...input(1), count, partWeights })
      return code
    }
    // the first six are the first lane's share
    expect(Math.abs((await costs(6)) / (await costs(12)) - 1)).toBeGreaterThan(0.1)
  })
})
