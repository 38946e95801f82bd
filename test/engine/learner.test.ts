/** The learner that runs whole steps: against the eager reference, and against itself. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { OnnxEngine } from '../../main/engine/lanes/cpu'
import { LaneLearner } from '../../main/engine/lanes/lanes'
import { WholeStepLearner } from '../../main/engine/learner'
import { EagerEngine } from '../../main/engine/tfjs/eager'
import { createModel } from '../../main/models/create'
import {
  bits,
  changesApart,
  distance,
  startState,
  stepInput,
  sumsApart,
  train,
  type Trained,
  weighedBy,
  withoutPadding,
} from './steps'

const batch = 2
const options = { model: createModel({ condition: 'label' }), batch, lanes: 1 }
const start = startState('label')
/** The second step's batch is not full. */
const input = (step: number) => stepInput(batch, step, step === 2 ? 1 : batch)
const create = () => WholeStepLearner.create(new OnnxEngine(1), options)

let learner: WholeStepLearner
let trained: Trained
beforeAll(async () => {
  learner = await create()
  learner.load(start)
  trained = await train(learner, input, 3)
})
afterAll(() => learner.release())

describe('the compiled step', () => {
  it('trains as the eager engine does', async () => {
    const eager = await new EagerEngine().learner(options)
    eager.load(start)
    const reference = await train(eager, input, 2)
    learner.load(start)
    const { sums, state } = await train(learner, input, 2)
    // Sums of some hundred thousand products, in float32.
    expect(sumsApart(sums, reference.sums)).toBeLessThan(1e-5)
    expect(distance(state['firstMoment']!, reference.state['firstMoment']!)).toBeLessThan(1e-4)
    expect(distance(state['secondMoment']!, reference.state['secondMoment']!)).toBeLessThan(1e-4)
    // Adam's first steps are the learning rate times the gradient's sign, however small the gradient and its rounding.
    expect(changesApart(state, reference.state, start)).toBeLessThan(2e-3)
    await eager.release()
  })

  it('is what a single lane computes, with its update in vector instructions', async () => {
    const lane = await LaneLearner.create(options)
    lane.load(start)
    const { sums, state } = await train(lane, input, 3)
    await lane.release()
    // other sums: of plans, by Winograd's way, and where ONNX Runtime adds and multiplies in one rounding
    expect(sumsApart(sums, trained.sums)).toBeLessThan(1e-5)
    expect(distance(state['firstMoment']!, trained.state['firstMoment']!)).toBeLessThan(1e-4)
    expect(distance(state['secondMoment']!, trained.state['secondMoment']!)).toBeLessThan(1e-4)
    expect(changesApart(state, trained.state, start)).toBeLessThan(5e-3)
  })

  it('changes the state and lowers the loss', async () => {
    expect(distance(trained.state.parameters, start.parameters)).toBeGreaterThan(1e-3)
    learner.load(start)
    const { sums } = await train(learner, (step) => ({ ...stepInput(batch, 1), step }), 8)
    expect(sums.at(-1)!['reconstruction']!).toBeLessThan(0.9 * sums[0]!['reconstruction']!)
  })

  it('gives the same bits again, and in another session', async () => {
    learner.load(start)
    expect(exactly(await train(learner, input, 3))).toEqual(exactly(trained))
    const other = await create()
    other.load(start)
    expect(exactly(await train(other, input, 3))).toEqual(exactly(trained))
    await other.release()
  })

  it('goes on from a state as if it had never stopped', async () => {
    learner.load(start)
    const { state } = await train(learner, input, 2)
    const other = await create()
    other.load(state)
    const { sums, state: end } = await train(other, input, 3, 3)
    expect(sums).toEqual([trained.sums[2]])
    expect(bits(end)).toBe(bits(trained.state))
    await other.release()
  })

  it('puts right what it guessed of weights that hang on the batch', async () => {
    learner.load(start)
    const found = await train(learner, weighedBy(input, trained.sums), 3)
    expect(exactly(found)).toEqual(exactly(trained))
  })

  it('counts padding for nothing', async () => {
    const padded = await create()
    padded.load(start)
    const small = await WholeStepLearner.create(new OnnxEngine(1), { ...options, batch: 1 })
    small.load(start)
    const [a, b] = [await train(padded, () => input(2), 1), await train(small, () => withoutPadding(input(2)), 1)]
    // The same numbers, but matrices of another size are multiplied in another order.
    expect(sumsApart(a.sums, b.sums)).toBeLessThan(1e-5)
    expect(distance(a.state['firstMoment']!, b.state['firstMoment']!)).toBeLessThan(1e-5)
    await padded.release()
    await small.release()
  })
})

describe('the state', () => {
  it('comes back as it was loaded, as a copy both ways', async () => {
    const given = {
      ...start,
      parameters: start.parameters.slice(),
      firstMoment: start['firstMoment']!.slice().fill(0.5),
    }
    const kept = bits(given)
    learner.load(given)
    given.parameters.fill(0)
    const state = await learner.state()
    expect(bits(state)).toBe(kept)
    state['secondMoment']!.fill(7)
    expect(bits(await learner.state())).toBe(kept)
  })

  it('is not touched by a later step once it was taken', async () => {
    learner.load(start)
    const { state } = await train(learner, input, 1)
    const kept = bits(state)
    const later = await train(learner, input, 3, 2)
    expect(bits(state)).toBe(kept)
    expect(bits(later.state)).toBe(bits(trained.state))
  })
})

/** All that training gives, its state as its bits. */
function exactly({ sums, state }: Trained) {
  return { sums, state: bits(state) }
}
