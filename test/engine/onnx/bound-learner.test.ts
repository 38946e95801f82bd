/** The learner whose tensors are bound where they are computed, in this thread's place: the same code as on a GPU. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { trialStep } from '../../../main/engine/choose/verify'
import type { LearnerOptions, LearnerState, StepSums } from '../../../main/engine/engine'
import { OnnxEngine } from '../../../main/engine/lanes/cpu'
import { WholeStepLearner } from '../../../main/engine/learner'
import { BoundLearner } from '../../../main/engine/onnx/bound-learner'
import { openApi } from '../../../main/engine/onnx/bound-session'
import { cpuPlace, type Place } from '../../../main/engine/onnx/place'
import { createModel } from '../../../main/models/create'
import { copyOf } from '../../../main/optimizers/optimizer'
import { toy } from '../../models/toy/toy'
import { bits, startState, stepInput, train, type Trained, weighedBy } from '../steps'

const batch = 2
const options: LearnerOptions = { model: createModel({ condition: 'label' }), batch, lanes: 1 }
const start = startState('label')
/** The second step's batch is not full. */
const input = (step: number) => stepInput(batch, step, step === 2 ? 1 : batch)

const create = async (change: (place: Place) => Place = (place) => place) => {
  const api = await openApi()
  return BoundLearner.create(api, change(cpuPlace(api)), options)
}

let learner: BoundLearner
let trained: Trained
beforeAll(async () => {
  learner = await create()
  learner.load(start)
  trained = await train(learner, input, 3)
})
afterAll(() => learner.release())

describe('a bound learner', () => {
  it('has the bits of the whole step in one graph, with results of its own', async () => {
    const whole = await WholeStepLearner.create(new OnnxEngine(1), options)
    whole.load(start)
    const { sums, state } = await train(whole, input, 3)
    await whole.release()
    expect(trained.sums).toEqual(sums)
    expect(bits(trained.state)).toBe(bits(state))
  })

  it('goes on from a state as if it had never stopped', async () => {
    learner.load(start)
    const { state } = await train(learner, input, 2)
    const other = await create()
    other.load(state)
    const { sums, state: end } = await train(other, input, 3, 3)
    await other.release()
    expect(sums).toEqual([trained.sums[2]])
    expect(bits(end)).toBe(bits(trained.state))
  })

  it('is as if nothing were begun ahead, until the step is asked for', async () => {
    learner.load(start)
    const inputs = [1, 2, 3].map(input)
    const sums = []
    let half: LearnerState | undefined
    for (const [i, one] of inputs.entries()) {
      sums.push(await learner.step(one))
      if (inputs[i + 1]) learner.ahead(inputs[i + 1]!)
      if (i === 1) half = await learner.state()
    }
    expect(sums).toEqual(trained.sums)
    expect(bits(await learner.state())).toBe(bits(trained.state))
    // another step than the one begun, and another state
    learner.load(start)
    learner.ahead(input(3))
    const first = await train(learner, input, 2)
    expect(bits(first.state)).toBe(bits(half!))
    learner.ahead(input(1))
    learner.load(half!)
    expect(bits((await train(learner, input, 3, 3)).state)).toBe(bits(trained.state))
  })

  it('puts right what it guessed of weights that hang on the batch, also of a step begun ahead', async () => {
    const weighed = [1, 2, 3].map(weighedBy(input, trained.sums))
    for (const isAhead of [false, true]) {
      learner.load(start)
      const sums = []
      for (const [i, one] of weighed.entries()) {
        sums.push(await learner.step(one))
        if (isAhead && weighed[i + 1]) learner.ahead(weighed[i + 1]!)
      }
      expect(sums).toEqual(trained.sums)
      expect(bits(await learner.state())).toBe(bits(trained.state))
    }
  })

  it('takes a step once where its guess was right', async () => {
    let begun = 0
    const counting = await create((place) => ({
      ...place,
      record: (work) => ({ ...place.record(work), begin: () => (begun++, work()) }),
    }))
    const byCode = (bound: number) => (step: number) => ({
      ...input(step),
      partWeights: ({ klZ1 }: StepSums) => [1, klZ1! > bound ? 0.6 : 0, 0.6],
    })
    counting.load(start)
    // the first one is guessed of a batch that costs nothing
    await train(counting, byCode(0), 3)
    expect(begun).toBe(1 + 3)
    await train(counting, byCode(Infinity), 2)
    expect(begun).toBe(1 + 3 + 2)
    await counting.release()
  })

  it('gives its state as it was loaded, as a copy both ways', async () => {
    const given = copyOf(start)
    learner.load(given)
    given.parameters.fill(7)
    const state = await learner.state()
    expect(bits(state)).toBe(bits(start))
    state.parameters.fill(7)
    expect(bits(await learner.state())).toBe(bits(start))
  })

  it('does its work through what the place has made of it, and says what went wrong there', async () => {
    let [begun, waits] = [0, 0]
    const order: string[] = []
    const faulty = await create((place) => ({
      ...place,
      record: (work) => {
        work() // as a place does that records it
        return {
          begin: () => {
            begun++
            work()
          },
          release: () => order.push('recorded'),
        }
      },
      release: () => order.push('place'),
      wait: () => {
        if (++waits > 3) throw new Error('the card is gone')
      },
    }))
    faulty.load(start)
    const { sums } = await train(faulty, input, 1)
    expect([begun, sums[0]]).toEqual([1, trained.sums[0]])
    await expect(faulty.step(input(2))).rejects.toThrow('the card is gone')
    await faulty.release()
    expect(order).toEqual(['recorded', 'recorded', 'place'])
  })

  it('gives all back though something fails at that, and says what', async () => {
    const order: string[] = []
    const faulty = await create((place) => ({
      ...place,
      record: (work) => ({
        begin: work,
        release: () => {
          order.push('recorded')
          throw new Error(`number ${order.length} stays`)
        },
      }),
      release: () => order.push('place'),
    }))
    await expect(faulty.release()).rejects.toThrow('number 1 stays')
    expect(order).toEqual(['recorded', 'recorded', 'place'])
  })

  it('trains a model that it has never heard of, to the same bits', async () => {
    const options = { model: toy, batch: 4, lanes: 1 }
    const { state, input } = trialStep(options)
    const api = await openApi()
    const learners = [
      await BoundLearner.create(api, cpuPlace(api), options),
      await WholeStepLearner.create(new OnnxEngine(1), options),
    ]
    const seen = []
    for (const learner of learners) {
      learner.load(state)
      const { sums, state: after } = await train(learner, (step) => ({ ...input, step }), 3)
      seen.push({ sums, after: bits(after) })
      await learner.release()
    }
    expect(seen[0]).toEqual(seen[1])
  })
})
