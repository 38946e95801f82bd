/** The learner whose state stays on a device, on one that only counts. */
import { describe, expect, it } from 'vitest'
import { DeviceLearner, type DeviceStep } from '../../main/engine/device-learner'
import type { StepInput } from '../../main/engine/engine'
import { createModel } from '../../main/models/create'
import { startState, stepInput } from './steps'

const model = createModel({ condition: 'none' })
const options = { model, batch: 2, lanes: 1 }
const vectors = Object.keys(startState('none'))

/** A step adds the weight of the second part to every number; its second part costs what the first number is. */
class Counting implements DeviceStep<{ value: number }> {
  readonly there = new Set<{ value: number }>()
  steps = 0

  async run(inputs: Record<string, unknown>) {
    this.steps++
    const valueOf = (name: string) => {
      const given = inputs[name] as Float32Array | { value: number }
      return given instanceof Float32Array ? given[0]! : this.known(given).value
    }
    const weight = (inputs['partWeights'] as Float32Array)[1]!
    const state = Object.fromEntries(vectors.map((name) => [name, { value: valueOf(name) + weight }]))
    for (const held of Object.values(state)) this.there.add(held)
    return { sums: Float32Array.of(1, valueOf('parameters'), 0), state }
  }
  async read(held: Record<string, { value: number }>, into: Record<string, Float32Array>) {
    for (const [name, one] of Object.entries(held)) into[name]!.fill(this.known(one).value)
  }
  free(held: Record<string, { value: number }>) {
    for (const one of Object.values(held)) this.there.delete(this.known(one))
  }
  async release() {}

  private known(held: { value: number }) {
    if (!this.there.has(held)) throw new Error('given back before')
    return held
  }
}

describe('the state on a device', () => {
  it('goes on from where it was when a guess of weights was wrong, and nothing is left there', async () => {
    const device = new Counting()
    const learner = await DeviceLearner.create(async () => device, options)
    const start = startState('none')
    for (const vector of Object.values(start)) vector.fill(0)
    learner.load(start)
    // it goes up by 2 from 0, by 1 until it is at 4, and by 0.5 from there
    const weighed = (step: number): StepInput => ({
      ...stepInput(2, step),
      partWeights: ({ klZ1 }) => [1, klZ1 === 0 ? 2 : klZ1! < 4 ? 1 : 0.5, 0],
    })
    const found: [value: number, steps: number][] = []
    for (let step = 1; step <= 6; step++) {
      await learner.step(weighed(step))
      found.push([(await learner.state()).parameters[0]!, device.steps])
    }
    // at 2 and at 4 the weights are others than at the step before
    expect(found).toEqual([[2, 1], [3, 3], [4, 4], [4.5, 6], [5, 7], [5.5, 8]]) // prettier-ignore
    expect(device.there.size).toBe(vectors.length)
    await learner.release()
    expect(device.there.size).toBe(0)
  })
})
