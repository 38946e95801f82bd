/** The trial of an engine: its speed, and whether it computes as the CPU does. */
import { describe, expect, it } from 'vitest'
import { measure } from '../../../main/engine/choose/calibrate'
import { assertComputesRight } from '../../../main/engine/choose/verify'
import type { Learner, LearnerState, StepInput, StepSums } from '../../../main/engine/engine'
import { OnnxEngine } from '../../../main/engine/lanes/cpu'
import { tf } from '../../../main/engine/tfjs/tfjs'
import { createModel } from '../../../main/models/create'
import type { Model } from '../../../main/models/model'

const options = { model: createModel({ condition: 'label' }), batch: 8, lanes: 1 }

/** A learner whose steps only take time. */
function idle(milliseconds: number, steps: StepInput[] = []): Learner {
  return {
    load: () => {},
    async step(input) {
      steps.push(input)
      await new Promise((resolve) => setTimeout(resolve, milliseconds))
      return { reconstruction: 0, klZ1: 0, klZ2: 0 }
    },
    state: async () => ({}) as LearnerState,
    release: async () => {},
  }
}

describe('a speed', () => {
  it('is that of the steps after the first ones', async () => {
    const steps: StepInput[] = []
    const speed = await measure(idle(20, steps), options)
    expect(speed).toBeLessThan(8 / 0.0199)
    expect(speed).toBeGreaterThan(8 / 2)
    expect(steps.map(({ step }) => step)).toEqual(steps.map((_, i) => i + 1))
    expect(steps.length).toBeLessThanOrEqual(50)
  })

  it('does not take long where steps do', async () => {
    const steps: StepInput[] = []
    await measure(idle(60, steps), options, { most: 100 })
    expect(steps.length).toBeLessThanOrEqual(2)
  })
})

describe('a step compared with the CPU’s', () => {
  /** The CPU's learner with its results changed. */
  async function compare(change: (sums: StepSums, state: LearnerState) => StepSums): Promise<void> {
    const engine = new OnnxEngine(1)
    const [inner, cpu] = [await engine.learner(options), await engine.learner(options)]
    let changed: LearnerState | undefined
    const device: Learner = {
      ...inner,
      load: (state) => inner.load(state),
      async step(input) {
        const sums = await inner.step(input)
        changed = await inner.state()
        return change(sums, changed)
      },
      state: async () => changed!,
    }
    try {
      await assertComputesRight('A card', device, cpu, options)
    } finally {
      await Promise.all([inner.release(), cpu.release()])
    }
  }
  const entry = (name: string) => options.model.layout.entries.find((entry) => entry.name === name)!
  const scale = (name: string, by: number, moments: readonly ('firstMoment' | 'secondMoment')[]) =>
    compare((sums, state) => {
      const { offset, size } = entry(name)
      for (const moment of moments) for (let i = offset; i < offset + size; i++) state[moment]![i]! *= by
      return sums
    })

  it('may differ as float32 and TF32 do', async () => {
    await expect(
      compare((sums) => ({ ...sums, reconstruction: sums['reconstruction']! * 1.001 })),
    ).resolves.not.toThrow()
    await expect(scale('decoder.fc.2.weight', 1.01, ['firstMoment', 'secondMoment'])).resolves.not.toThrow()
  })

  it('must have the same loss parts', async () => {
    await expect(compare((sums) => ({ ...sums, klZ2: sums['klZ2']! * 1.01 }))).rejects.toMatchObject({
      code: 'engine/wrong-result',
      message: expect.stringMatching(
        /^A card gives wrong results: one training step differs .* in klZ2: .* instead of/,
      ),
    })
    await expect(compare((sums) => ({ ...sums, reconstruction: NaN }))).rejects.toThrow('reconstruction: NaN')
  })

  it('may have a part that is 0, as it is before training', async () => {
    const { losses } = options.model
    const model: Model = {
      ...options.model,
      losses: (parameters, batch) => {
        const parts = losses(parameters, batch)
        return { ...parts, klZ2: tf.mul(parts['klZ2']!, 0) }
      },
    }
    const engine = new OnnxEngine(1)
    const learners = [await engine.learner({ ...options, model }), await engine.learner({ ...options, model })] as const
    await expect(assertComputesRight('A card', ...learners, { ...options, model })).resolves.not.toThrow()
    for (const learner of learners) await learner.release()
  })

  it.each(['encoder.conv.0.bias', 'prior_net.logvar2', 'decoder.deconv.3.weight'])(
    'must have the gradient of every parameter: %s',
    async (name) => {
      await expect(scale(name, 0, ['firstMoment', 'secondMoment'])).rejects.toThrow(`firstMoment of ${name}`)
      await expect(scale(name, 1.1, ['secondMoment'])).rejects.toThrow(`secondMoment of ${name}`)
    },
  )

  it('must move the parameters', async () => {
    const still = compare((sums, state) => {
      state.parameters.set(options.model.initialise(0))
      return sums
    })
    await expect(still).rejects.toThrow('the parameters')
  })
})
