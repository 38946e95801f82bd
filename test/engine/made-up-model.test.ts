/** Engines with a model and an optimizer that they have never heard of: nothing in them is made for `ladder` or Adam. */
import { describe, expect, it } from 'vitest'
import { assertComputesRight, trialStep } from '../../main/engine/choose/verify'
import type { Engine, StepInput } from '../../main/engine/engine'
import { OnnxEngine } from '../../main/engine/lanes/cpu'
import { WholeStepLearner } from '../../main/engine/learner'
import { EagerEngine } from '../../main/engine/tfjs/eager'
import { fillNoise } from '../../main/models/noise'
import { stream } from '../../main/models/random'
import { freshState } from '../../main/optimizers/optimizer'
import { averagedAdamax, toy } from '../models/toy/toy'
import { bits, changesApart, sumsApart, stepInput, train, weighedBy } from './steps'

const batch = 8
const options = { model: toy, batch, lanes: 2 }
const input = (step: number): StepInput => {
  const { noiseSize: size, noiseUniforms: uniforms } = toy
  const key = { seed: 1, stream: stream.noise, counter: step }
  return {
    ...stepInput(batch, step),
    learningRate: 0.01,
    noise: fillNoise(new Float32Array(batch * size), { size, uniforms }, key),
    partWeights: [1, 0.5],
  }
}
const start = freshState(toy.initialise(3), averagedAdamax)

async function trained(engine: Engine, steps: number) {
  const learner = await engine.learner(options)
  learner.load(start)
  const result = await train(learner, input, steps)
  await learner.release()
  return result
}

describe('a made-up model', () => {
  it('learns, and is told by its own parts', async () => {
    const { sums, state } = await trained(new OnnxEngine(2), 60)
    expect(Object.keys(sums[0]!)).toEqual(['pixels', 'code'])
    expect(sums.at(-1)!['pixels']!).toBeLessThan(0.7 * sums[0]!['pixels']!)
    expect(Object.keys(state)).toEqual(['parameters', 'mean', 'largest', 'average'])
  })

  it('trains compiled as it does eagerly', async () => {
    const [compiled, eager] = [await trained(new OnnxEngine(2), 3), await trained(new EagerEngine(), 3)]
    expect(sumsApart(compiled.sums, eager.sums)).toBeLessThan(1e-4)
    expect(changesApart(compiled.state, eager.state, start)).toBeLessThan(1e-2)
  })

  it('weighs a step by what its batch costs, compiled as it does eagerly, and padding costs nothing', async () => {
    const learners = [await new OnnxEngine(2).learner(options), await new EagerEngine().learner(options)]
    const seen = []
    for (const learner of learners) {
      learner.load(start)
      const known = await train(learner, input, 3)
      learner.load(start)
      const { sums, state } = await train(learner, weighedBy(input, known.sums), 3)
      expect([sums, bits(state)]).toEqual([known.sums, bits(known.state)])
      learner.load(start)
      seen.push(sums[0]!, await learner.step({ ...input(1), count: 5 }))
      await learner.release()
    }
    expect(sumsApart(seen.slice(0, 2), seen.slice(2))).toBeLessThan(1e-4)
    expect(seen[1]!['code']!).toBeLessThan(0.9 * seen[0]!['code']!)
  })

  it('goes on to the bit from a state that was taken out and put in again', async () => {
    const learner = await new OnnxEngine(2).learner(options)
    expect(learner).toBeInstanceOf(WholeStepLearner)
    learner.load(start)
    const whole = await train(learner, input, 4)
    learner.load(start)
    const half = await train(learner, input, 2)
    learner.load(freshState(toy.initialise(9), averagedAdamax))
    learner.load(half.state)
    expect(bits((await train(learner, input, 4, 3)).state)).toBe(bits(whole.state))
    await learner.release()
  })

  it('is compared with the CPU by its own parts and vectors before a device trains it', async () => {
    const [device, cpu] = [await new OnnxEngine(1).learner(options), await new OnnxEngine(1).learner(options)]
    await expect(assertComputesRight('A card', device, cpu, options)).resolves.not.toThrow()
    const wrong = {
      load: device.load.bind(device),
      step: device.step.bind(device),
      release: device.release.bind(device),
      state: async () => {
        const state = await device.state()
        state['largest']!.fill(1)
        return state
      },
    }
    await expect(assertComputesRight('A card', wrong, cpu, options)).rejects.toThrow('largest of see.weight')
    expect(Object.keys(trialStep(options).state)).toEqual(['parameters', 'mean', 'largest', 'average'])
    await Promise.all([device.release(), cpu.release()])
  })
})
