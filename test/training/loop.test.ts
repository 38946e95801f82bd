import { describe, expect, it } from 'vitest'
import type { Learner, StepInput } from '../../main/engine/engine'
import { createModel } from '../../main/models/create'
import { Batches } from '../../main/training/batches'
import { beginning, train, type LoopEvent, type Progress } from '../../main/training/loop'
import { numberIn, runSettings, type LossParts, type StepMetrics, type TrainingParts } from '../../preload/contract'
import { AppError } from '../../preload/errors'

/** A learner whose losses are known: an image of grey level g costs g in reconstruction, 2 in KL z1, 3 in KL z2. */
class KnownLearner implements Learner {
  readonly seen: Pick<StepInput, 'step' | 'count' | 'partWeights'>[] = []

  constructor(private readonly diverges = Infinity) {}

  load(): void {}
  async step({ images, count, step, partWeights }: StepInput) {
    this.seen.push({ step, count, partWeights })
    let reconstruction = step >= this.diverges ? NaN : 0
    for (let i = 0; i < count; i++) reconstruction += images[784 * i]!
    return { reconstruction, klZ1: 2 * count, klZ2: 3 * count }
  }
  async state() {
    const empty = new Float32Array()
    return { parameters: empty, firstMoment: empty, secondMoment: empty }
  }
  async release(): Promise<void> {}
}

const settings = runSettings.parse({ batch: 4, epochs: 2, klWarmup: 1 })
const test: LossParts = { loss: 9, reconstruction: 4, klZ1: 2, klZ2: 3 }
/** Ten images of grey levels 10, 20 … 100: three steps an epoch, the last of two images. */
const images = new Uint8Array(10 * 784)
for (let i = 0; i < 10; i++) images.fill(10 * (i + 1), 784 * i, 784 * (i + 1))

const model = createModel(settings)
const start = beginning(model.parts, {})

function run(from: Progress = start, learner = new KnownLearner(), evaluate = async () => test) {
  const batches = new Batches(
    settings,
    { images, labels: new Uint8Array(10), count: 10 },
    { images: 'grey', noiseSize: 1 },
  )
  return train({ settings, batches, model, learner, evaluate, from })
}

async function all(loop: AsyncGenerator<LoopEvent>): Promise<LoopEvent[]> {
  const events: LoopEvent[] = []
  for await (const event of loop) events.push(event)
  return events
}

/** Takes note of what is begun ahead, and of the step that is then asked for. */
class EagerLearner extends KnownLearner {
  readonly begun: StepInput[] = []
  readonly same: boolean[] = []
  ahead(input: StepInput) {
    this.begun.push(input)
  }
  override async step(input: StepInput) {
    this.same.push(input === this.begun.at(-1))
    return super.step(input)
  }
}

describe('train', () => {
  it('has the next step begun before it tells of one, but not beyond the epoch', async () => {
    const [plain, eager] = [new KnownLearner(), new EagerLearner()]
    const [expected, loop] = [await all(run(start, plain)), run(start, eager)]
    const events: LoopEvent[] = []
    for await (const event of loop) {
      events.push(event)
      const { type, step } = event.metrics
      expect(eager.begun.at(-1)?.step).toBe(type === 'step' && step % 3 !== 0 ? step + 1 : step || undefined)
    }
    expect(events).toEqual(expected)
    expect(eager.seen).toEqual(plain.seen)
    expect(eager.same).toEqual([false, true, true, false, true, true])
  })

  it('looks at the state before training first, then goes step by step, epoch by epoch', async () => {
    const events = await all(run())
    expect(events.map(({ metrics: { type, epoch, step } }) => [type, epoch, step])).toEqual([
      ['epoch', 0, 0],
      ['step', 1, 1],
      ['step', 1, 2],
      ['step', 1, 3],
      ['epoch', 1, 3],
      ['step', 2, 4],
      ['step', 2, 5],
      ['step', 2, 6],
      ['epoch', 2, 6],
    ])
    expect(events[0]!.metrics).toEqual({ type: 'epoch', epoch: 0, step: 0, klWeight: 0, train: null, test: null })
  })

  it('takes a step’s means over its own images, also where there are fewer', async () => {
    const learner = new KnownLearner()
    const events = await all(run(start, learner))
    expect(learner.seen.map(({ count }) => count)).toEqual([4, 4, 2, 4, 4, 2])
    expect(learner.seen.slice(1, 3).map(({ partWeights }) => partWeights)).toEqual([
      [1, 2 / 3, 2 / 3],
      [1, 1, 1],
    ])
    const [first, , last] = events.slice(1, 4).map(({ metrics }) => metrics as StepMetrics)
    expect(last).toMatchObject({ type: 'step', klWeight: 1, klZ1: 2, klZ2: 3 })
    const [early, late] = [first!, last!].map((line) => numberIn(line, 'reconstruction')) as [number, number]
    expect([last!.loss, last!.objective]).toEqual([late + 5, late + 5])
    // the loss counts the KL terms whole whatever their weight: it stands beside the test's
    expect(first!['klWeight']).toBeCloseTo(1 / 3, 10)
    expect(first!.loss).toBe(early + 5)
    expect(first!.objective).toBeCloseTo(early + 5 / 3, 10)
  })

  it('means an epoch over its images, each counted once; the objective with the KL weight that each was seen with', async () => {
    const events = await all(run())
    const { train } = events[4]!.metrics as { train: TrainingParts }
    expect(train['reconstruction']).toBeCloseTo(55, 10)
    expect(train['klZ1']).toBe(2)
    // weights 1/3 and 2/3 for four images each, 1 for two
    expect(train.objective).toBeCloseTo(55 + 5 * ((4 / 3 + 8 / 3 + 2) / 10), 10)
    expect(train.loss).toBeCloseTo(60, 10)
    const { train: second } = events[8]!.metrics as { train: TrainingParts }
    expect([second.loss, second.objective]).toEqual([expect.closeTo(60, 10), expect.closeTo(60, 10)])
  })

  it('goes on from any event exactly as if it had not been interrupted', async () => {
    const events = await all(run())
    for (const [i, { progress }] of events.entries()) {
      const restored = JSON.parse(JSON.stringify(progress)) as Progress
      expect(await all(run(restored))).toEqual(events.slice(i + 1))
    }
  })

  it('steers the learning rate by images that are held out, with a state that goes on exactly', async () => {
    const steered: typeof model = {
      ...model,
      schedule: () => ({
        start: { halvings: 0 },
        scalars: (_step, { halvings }) => ({ klWeight: 1, halvings: halvings! }),
        next: (state) => state,
        learningRate: ({ halvings }) => 2 ** -halvings!,
        afterEpoch: ({ halvings }, { loss }) => ({ halvings: halvings! + (loss! > 5 ? 1 : 0) }),
      }),
    }
    const rates: number[] = []
    class Rates extends KnownLearner {
      override async step(input: StepInput) {
        rates.push(input.learningRate)
        return super.step(input)
      }
    }
    const begin = (from: Progress, validate?: () => Promise<LossParts>) => {
      const inputs = { images, labels: new Uint8Array(10), count: 10 }
      const batches = new Batches(settings, inputs, { images: 'grey', noiseSize: 1 })
      return train({
        settings,
        batches,
        model: steered,
        learner: new Rates(),
        evaluate: async () => test,
        validate,
        from,
      })
    }
    const held = async () => ({ ...test, loss: 6 })
    const events = await all(begin({ ...start, schedule: { halvings: 0 } }, held))
    const { learningRate } = settings
    expect(rates).toEqual([1, 1, 1, 0.5, 0.5, 0.5].map((factor) => factor * learningRate))
    const validated = events
      .filter(({ metrics: { type } }) => type === 'epoch')
      .map(({ metrics }) => metrics['validation'])
    expect(validated).toEqual([undefined, 6, 6])
    expect(events.at(-1)!.progress.schedule).toEqual({ halvings: 2 })
    for (const [i, { progress }] of events.entries()) {
      const restored = JSON.parse(JSON.stringify(progress)) as Progress
      expect(await all(begin(restored, held))).toEqual(events.slice(i + 1))
    }
    rates.length = 0
    await all(begin({ ...start, schedule: { halvings: 0 } }))
    expect(new Set(rates)).toEqual(new Set([learningRate]))
  })

  it('does nothing until it is asked for the next event', async () => {
    const learner = new KnownLearner()
    const loop = run(start, learner)
    await loop.next()
    await loop.next()
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(learner.seen).toHaveLength(1)
  })

  it('stops with a remedy when a loss is not a number any more, in training and in a test', async () => {
    const diverged = all(run(start, new KnownLearner(5)))
    await expect(diverged).rejects.toThrow(AppError)
    await expect(diverged).rejects.toMatchObject({ code: 'training/diverged', message: /step 5/ })
    const untested = all(run(start, new KnownLearner(), async () => ({ ...test, klZ1: Infinity })))
    await expect(untested).rejects.toMatchObject({ code: 'training/diverged' })
  })
})
