/** How a lane computes, by what there is: plans of kernels and products; as graphs, to the bits of what was before them; on copies. */
import { afterEach, describe, expect, it, vi } from 'vitest'
import { type Computing, otherBits, type StepInput, type StepSums } from '../../../main/engine/engine'
import { OnnxEngine, wayHere } from '../../../main/engine/lanes/cpu'
import { adam } from '../../../main/optimizers/adam/tensors'
import { freshState } from '../../../main/optimizers/optimizer'
import { toy } from '../../models/toy/toy'
import { bits, changesApart, stepInput, sumsApart, train } from '../steps'
import { lacking, lackNothing, noMemory } from './lacking'

/** One that measures a batch first: a gradient in two parts. */
const model = { ...toy, optimizer: adam }
const batch = 6
const start = freshState(model.initialise(3), adam)
const input = (step: number): StepInput => ({
  ...stepInput(batch, step),
  noise: stepInput(batch, step).noise.slice(0, batch * model.noiseSize).map((x) => Math.abs(x) % 1), // prettier-ignore
  partWeights: [1, 0.5],
})

afterEach(lackNothing)
vi.mock('../../../main/engine/kernels/kernels', async (original) => {
  const { lackingKernels } = await import('./lacking')
  return lackingKernels(await original())
})
vi.mock('../../../main/engine/onnx/bound-session', async (original) => {
  const { lackingKoffi } = await import('./lacking')
  return lackingKoffi(await original())
})
vi.mock('../../../main/engine/plan/plan', async (original) => {
  const { lackingPlans } = await import('./lacking')
  return lackingPlans(await original())
})

/** Three steps of an engine that finds what there is, one weighed by what is measured of its batch, and what it is called. */
async function trained() {
  const engine = new OnnxEngine(1, (await wayHere()).way)
  const learner = await engine.learner({ model, batch, lanes: 1 })
  try {
    learner.load(start)
    const result = await train(learner, input, 3)
    let measured: StepSums = {}
    // who guesses the weights is told of all parts
    await learner.step({ ...input(4), partWeights: ({ code = NaN }) => ((measured = { code }), [1, 0.5]) })
    return { ...result, measured, device: engine.device }
  } finally {
    await learner.release()
  }
}

describe('a lane', () => {
  it('follows plans, to the same bits each time; without kernels, or the C API, it computes graphs', async () => {
    const planned = await trained()
    expect(planned.device).toBe('CPU, 1 lane, kernels')
    expect(bits((await trained()).state)).toBe(bits(planned.state))
    lacking.kernels = true
    const graphs = await trained()
    expect(graphs.device).toBe('CPU, 1 lane')
    Object.assign(lacking, { kernels: false, koffi: true })
    const copies = await trained()
    expect(copies.device).toBe('CPU, 1 lane, with copies')
    expect([bits(copies.state), copies.sums, copies.measured]).toEqual([bits(graphs.state), graphs.sums, graphs.measured]) // prettier-ignore
    expect(sumsApart(planned.sums, graphs.sums)).toBeLessThan(1e-5)
    expect(sumsApart([planned.measured], [graphs.measured])).toBeLessThan(1e-5)
    expect(changesApart(planned.state, graphs.state, start)).toBeLessThan(1e-2)
  })

  it('is none where threads share no memory: each step is one graph', async () => {
    const lanes = await trained()
    const memory = vi.spyOn(WebAssembly, 'Memory').mockImplementation(noMemory)
    const whole = await trained().finally(() => memory.mockRestore())
    expect(whole.device).toBe('CPU, 1 lane, as one graph')
    expect(sumsApart(whole.sums, lanes.sums)).toBeLessThan(1e-5)
    expect(sumsApart([whole.measured], [lanes.measured])).toBeLessThan(1e-5)
    expect(changesApart(whole.state, lanes.state, start)).toBeLessThan(1e-2)
  })

  it.each(['rightPlans', 'room'] as const)('without %s it computes graphs, and says so', async (what) => {
    lacking.kernels = true
    const graphs = await trained()
    Object.assign(lacking, { kernels: false, [what]: true })
    const found = await trained()
    expect(found.device).toBe('CPU, 1 lane')
    expect(bits(found.state)).toBe(bits(graphs.state))
  })

  it('follows plans that compute right after others that did not', async () => {
    const engine = new OnnxEngine(1, (await wayHere()).way)
    const called = async () => {
      const learner = await engine.learner({ model, batch, lanes: 1 })
      await learner.release()
      return engine.device
    }
    lacking.rightPlans = true
    expect(await called()).toBe('CPU, 1 lane')
    lacking.rightPlans = false
    expect(await called()).toBe('CPU, 1 lane, kernels')
  })
})

describe('a run that goes on', () => {
  const here = { app: '2', onnxruntime: '1.30.0', tfjs: '4.22.0', arithmetic: '7' }
  const cpu = (device: string, versions: Computing['versions'] = here) => ({ name: 'onnx-cpu', device, versions })

  it('to the same bits is said to do nothing else, whatever version the app has', () => {
    expect(otherBits(cpu('CPU, 2 lanes, kernels', { ...here, app: '1' }), cpu('CPU, 2 lanes, kernels'))).toBeNull()
    expect(otherBits(cpu('CPU, 2 lanes, with copies'), cpu('CPU, 2 lanes'))).toBeNull()
    const cuda = (versions: Computing['versions']) => ({ name: 'onnx-cuda', device: 'A card', versions })
    expect(otherBits(cuda({ ...here, arithmetic: '6' }), cuda(here))).toBeNull()
  })

  it.each<[string, Computing, Computing, string, string]>([
    [
      'by plans',
      cpu('CPU, 2 lanes'),
      cpu('CPU, 2 lanes, kernels'),
      'onnx-cpu (CPU, 2 lanes)',
      'onnx-cpu (CPU, 2 lanes, kernels)',
    ],
    [
      'where threads share no memory any more',
      cpu('CPU, 2 lanes'),
      cpu('CPU, 2 lanes, as one graph'),
      'onnx-cpu (CPU, 2 lanes)',
      'onnx-cpu (CPU, 2 lanes, as one graph)',
    ],
    [
      'on another device',
      cpu('CPU, 2 lanes'),
      { ...cpu('A card'), name: 'onnx-cuda' },
      'onnx-cpu (CPU, 2 lanes)',
      'onnx-cuda (A card)',
    ],
    [
      'with another library',
      cpu('CPU, 1 lane', { ...here, onnxruntime: '1.29.0' }),
      cpu('CPU, 1 lane'),
      'onnx-cpu (CPU, 1 lane, ONNX Runtime 1.29.0)',
      'onnx-cpu (CPU, 1 lane, ONNX Runtime 1.30.0)',
    ],
    [
      'with sums in another order',
      cpu('CPU, 1 lane', { ...here, arithmetic: '6' }),
      cpu('CPU, 1 lane'),
      'onnx-cpu (CPU, 1 lane, arithmetic 6)',
      'onnx-cpu (CPU, 1 lane, arithmetic 7)',
    ],
    [
      'from a version that did not say',
      cpu('CPU, 1 lane', { onnxruntime: '1.30.0' }),
      cpu('CPU, 1 lane'),
      'onnx-cpu (CPU, 1 lane, arithmetic of before)',
      'onnx-cpu (CPU, 1 lane, arithmetic 7)',
    ],
  ])('%s is said to, in words for before and now', (_how, one, other, before, now) => {
    // prettier-ignore
    expect(otherBits(one, other)).toEqual({ before, now })
  })
})
