/** Devices that are lost in the middle of the work. */
import { createHash } from 'node:crypto'
import { beforeEach, describe, expect, it } from 'vitest'
import { trialStep } from '../../../main/engine/choose/verify'
import { DurableEngine, type DurableOptions } from '../../../main/engine/durable/durable'
import type { LearnerState, StepInput } from '../../../main/engine/engine'
import { createModel } from '../../../main/models/create'
import { AppError } from '../../../preload/errors'
import { StandIn } from '../stand-in'

const options = { model: createModel({ condition: 'none' }), batch: 2, lanes: 1 }
const { state, input } = trialStep(options)
/** Every step sees other noise, in one buffer, as in training. */
const noise = input.noise.slice()
const inputOf = (step: number): StepInput => {
  noise.forEach((_, i) => (noise[i] = input.noise[(i + step) % noise.length]!))
  return { ...input, noise, step }
}

let told: string[]
/** Steps and runs on devices since the start of the test. */
let calls: number
beforeEach(() => {
  told = []
  calls = 0
})

/** @param lost at which calls a device is lost */
function durable(lost: (call: number) => boolean, change: Partial<DurableOptions> = {}): Promise<DurableEngine> {
  const before = () => {
    if (lost(++calls)) throw new Error('device lost')
  }
  return DurableEngine.create({
    device: async () => new StandIn('onnx-webgpu', 'A card', { before }),
    cpu: async () => new StandIn('onnx-cpu', 'CPU, 1 lane'),
    check: async () => {},
    tell: (message) => told.push(message),
    insist: false,
    ...change,
  })
}

/** Losses, and a digest of the state at the end. */
async function train(engine: DurableEngine, steps: number): Promise<{ state: string; losses: number[] }> {
  const learner = await engine.learner(options)
  try {
    learner.load(state)
    const losses: number[] = []
    for (let step = 1; step <= steps; step++) losses.push((await learner.step(inputOf(step)))['reconstruction']!)
    return { state: digest(await learner.state()), losses }
  } finally {
    await learner.release()
  }
}

function digest(state: LearnerState): string {
  const hash = createHash('sha256')
  for (const vector of Object.values(state) as Float32Array[]) hash.update(vector)
  return hash.digest('hex')
}

describe('a learner', () => {
  it('goes on from the last step on a fresh device, to the same bits', async () => {
    const expected = await train(await durable(() => false), 6)
    expect(told).toEqual([])
    calls = 0
    const engine = await durable((call) => call === 4)
    expect(await train(engine, 6)).toEqual(expected)
    expect(told).toEqual([
      'A card stopped working (device lost). Going on from the last step with the device started afresh (attempt 1 of 3).',
    ])
    expect(engine.name).toBe('onnx-webgpu')
  })

  it('says why its device trains slower than it could', async () => {
    const device = async () => Object.assign(new StandIn('onnx-cuda', 'A card, with copies'), { problem: new Error('no koffi') }) // prettier-ignore
    const learner = await (await durable(() => false, { device })).learner(options)
    await learner.release()
    expect(told).toEqual(['A card, with copies trains slower here than it could: no koffi'])
  })

  it('goes on from a state fetched on the way when the run is long', async () => {
    const expected = await train(await durable(() => false), 262)
    calls = 0
    const engine = await durable((call) => call === 260)
    expect(await train(engine, 262)).toEqual(expected)
    // 259 steps, the lost one, 3 of them again since the state after step 256, and the last 3
    expect(calls).toBe(259 + 1 + 3 + 3)
  })

  it('goes to the CPU after three attempts, and says so', async () => {
    const expected = await train(await durable(() => false), 5)
    calls = 0
    const engine = await durable((call) => call > 3)
    expect(await train(engine, 5)).toEqual(expected)
    expect(told).toHaveLength(4)
    expect(told[3]).toBe('A card stopped working (device lost). Going on from the last step on the CPU.')
    expect([engine.name, engine.device]).toEqual(['onnx-cpu', 'CPU, 1 lane'])
  })

  it('goes to the CPU when the device does not come back', async () => {
    let devices = 0
    const engine = await durable((call) => call === 2, {
      device: async () => {
        if (devices++ > 0) throw new Error('no device')
        return new StandIn('onnx-webgpu', 'A card', {
          before: () => {
            if (++calls === 2) throw new Error('device lost')
          },
        })
      },
    })
    await train(engine, 3)
    expect(told).toEqual(['A card stopped working (device lost). Going on from the last step on the CPU.'])
    expect(devices).toBe(4)
  })

  it('that computes wrong on a fresh device goes to the CPU', async () => {
    let checks = 0
    const check = async () => {
      if (++checks > 1) throw new AppError('engine/wrong-result', 'It computes wrong.', 'Do not.')
    }
    const engine = await durable((call) => call === 2, { check })
    await train(engine, 3)
    expect(told.at(-1)).toBe('It computes wrong. Going on from the last step on the CPU.')
    expect(engine.name).toBe('onnx-cpu')
  })

  it('fails with the reason when the CPU fails', async () => {
    const before = () => {
      throw new Error('broken')
    }
    const engine = await durable(() => true, { cpu: async () => new StandIn('onnx-cpu', 'CPU', { before }) })
    await expect(train(engine, 1)).rejects.toThrow('broken')
  })
})

it('a program runs again on a fresh device', async () => {
  const engine = await durable((call) => call === 2)
  const program = await engine.prepare((inputs) => inputs, { x: { shape: [2], dtype: 'float32' } })
  for (let i = 1; i <= 3; i++)
    expect(await program.run({ x: Float32Array.of(i, 2) })).toEqual({ x: Float32Array.of(i * i, 4) })
  expect(told).toHaveLength(1)
  await program.release()
})

describe('at the start', () => {
  const device = async () => {
    throw new AppError('engine/gpu-not-usable', 'No driver.', 'Install it.')
  }

  it('the CPU takes the place of a device that cannot be used', async () => {
    const engine = await durable(() => false, { device })
    expect(engine.name).toBe('onnx-cpu')
    expect(told).toEqual(['No driver. The CPU trains instead.'])
  })

  it('one that is insisted on is an error', async () => {
    await expect(durable(() => false, { device, insist: true })).rejects.toMatchObject({
      code: 'engine/gpu-not-usable',
    })
  })

  it('so is one that computes wrong; otherwise the CPU trains', async () => {
    const check = async () => {
      throw new AppError('engine/wrong-result', 'It computes wrong.', 'Do not.')
    }
    const insisted = await durable(() => false, { check, insist: true })
    await expect(insisted.learner(options)).rejects.toMatchObject({ code: 'engine/wrong-result' })
    const engine = await durable(() => false, { check })
    await train(engine, 1)
    expect(engine.name).toBe('onnx-cpu')
    expect(told).toEqual(['It computes wrong. The CPU trains instead.'])
  })
})
