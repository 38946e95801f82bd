/** TensorFlow's own library, the real one, built here from its sources: the engine that trains with it. */
import { spawnSync } from 'node:child_process'
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { probe } from '../../../main/engine/choose/probe'
import { trialStep } from '../../../main/engine/choose/verify'
import type { Learner } from '../../../main/engine/engine'
import { OnnxEngine } from '../../../main/engine/lanes/cpu'
import { EagerEngine } from '../../../main/engine/tfjs/eager'
import { addonVariable, loadTensorFlow } from '../../../main/engine/tfjs/node'
import { tf } from '../../../main/engine/tfjs/tfjs'
import { createModel } from '../../../main/models/create'
import { deviations, trainingDeviations } from '../../models/ladder/reference'
import { machine, withNvidia } from '../choose/machines'
import { kernelCases, kernelDifferences } from '../conformance'
import type { KernelCase } from '../trace/kernel-case'

const root = resolve(import.meta.dirname, '../../..')
const place = join(root, 'out', 'tfjs-node')

const { status, stdout, stderr } = spawnSync('bash', [join(import.meta.dirname, 'build-tfjs-node.sh'), place], {
  encoding: 'utf8',
})
if (status === 77) console.log(`The tests with TensorFlow's library are skipped. ${stdout.trim()}`)
else if (status !== 0) throw new Error(`build-tfjs-node.sh: ${stderr}`)

/**
 * What TensorFlow's kernels answer with an error; nothing in the model needs it. Its convolutions know the padding of
 * `valid` and `same` only.
 */
function isRefused({ kernel, name, attributes }: KernelCase): boolean {
  const padding = kernel.startsWith('Conv2D') ? attributes?.['pad'] : 'same'
  const others = ['Step whole numbers', 'Sum booleans count', 'Concat one alone', 'GatherV2 axis -1']
  return typeof padding !== 'string' || others.includes(`${kernel} ${name}`)
}

describe.skipIf(status === 77)('TensorFlow', () => {
  const engine = new EagerEngine({ backend: 'tensorflow', name: 'tfjs-node', device: 'CPU' })

  beforeAll(() => {
    vi.stubEnv('TF_CPP_MIN_LOG_LEVEL', '2')
    vi.stubEnv(addonVariable, place)
    loadTensorFlow()
  })
  afterAll(() => vi.unstubAllEnvs())

  it('says that it computes on the CPU, also where there is a GPU that it does not use', async () => {
    expect(loadTensorFlow(place)).toEqual({ gpu: false, version: '2.15.1' })
    expect(await probe('tfjs-node', 1, machine())).toMatchObject({
      usable: true,
      device: 'CPU, TensorFlow 2.15.1',
      processor: 'cpu',
      problem: null,
    })
    expect(await probe('tfjs-node', 1, machine(withNvidia))).toMatchObject({
      device: 'CPU, TensorFlow 2.15.1',
      processor: 'cpu',
      problem: {
        code: 'engine/gpu-not-used',
        message: 'NVIDIA H200 is there, but TensorFlow 2.15.1 computes on the CPU.',
      },
    })
  })

  it('leaves the other backends as they were', () => {
    expect(tf.getBackend()).toBe('cpu')
  })

  it('has the kernels of tfjs', async () => {
    const cases = kernelCases.filter((example) => !isRefused(example))
    expect(cases.length).toBeGreaterThan(100)
    expect(await kernelDifferences(engine, cases, 1e-5)).toEqual([])
  })

  it.each(['label', 'none'] as const)('has the numbers of PyTorch: %s', async (condition) => {
    const { losses, marginal, pixels, gradients } = await deviations(engine, condition)
    for (const deviation of [losses, marginal, ...Object.values(pixels)]) expect(deviation).toBeLessThan(1e-5)
    expect(Object.entries(gradients).filter(([, deviation]) => !(deviation < 1e-4))).toEqual([])
    const training = await trainingDeviations(engine, condition)
    for (const deviation of training.sums) expect(deviation).toBeLessThan(1e-5)
    expect(Object.entries(training.updates).filter(([, deviation]) => !(deviation < 2e-3))).toEqual([])
  })

  it('trains as the compiled engine does, step for step, and keeps no tensors', async () => {
    const options = { model: createModel({ condition: 'label' }), batch: 32, lanes: 1 }
    const { state, input } = trialStep(options)
    const none = tf.memory().numTensors
    const train = async (learner: Learner) => {
      learner.load(state)
      const losses: number[] = []
      for (let step = 1; step <= 6; step++) {
        losses.push(...Object.values(await learner.step({ ...input, step })))
      }
      return losses
    }
    const ours = await engine.learner(options)
    const theirs = await new OnnxEngine(1).learner(options)
    const [found, expected] = [await train(ours), await train(theirs)]
    const off = found.map((loss, i) => Math.abs(loss - expected[i]!) / Math.max(1, Math.abs(expected[i]!)))
    // Rounding grows from step to step: Adam divides by small numbers
    expect(Math.max(...off)).toBeLessThan(1e-3)
    expect(found.at(-3)).toBeLessThan(0.95 * found[0]!)
    const before = tf.memory().numTensors
    await ours.step({ ...input, step: 7 })
    expect(tf.memory().numTensors).toBe(before)
    await Promise.all([ours.release(), theirs.release()])
    expect(tf.memory().numTensors).toBe(none)
  })
})

describe('without its library', () => {
  it('says how to install it', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'vlae-addon-'))
    expect(() => loadTensorFlow(folder)).toThrow(`There is no TensorFlow library in ${folder}, which ${addonVariable}`)
    await cp(join(root, 'node_modules/@tensorflow/tfjs-node-gpu/package.json'), join(folder, 'package.json'))
    expect(() => loadTensorFlow(folder)).toThrow('There is no TensorFlow library')
    await rm(folder, { recursive: true })
  })

  it('refuses one that was made for another tfjs', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'vlae-addon-'))
    const core = join(folder, 'node_modules/@tensorflow/tfjs-core')
    await cp(join(root, 'node_modules/@tensorflow/tfjs-node-gpu/package.json'), join(folder, 'package.json'))
    await cp(join(root, 'node_modules/@tensorflow/tfjs-core/package.json'), join(core, 'package.json'))
    await cp(join(root, 'package.json'), join(folder, 'lib/napi-v8/tfjs_binding.node'))
    // The right version, but no library: it cannot be loaded
    expect(() => loadTensorFlow(folder)).toThrow('could not be loaded')
    await writeFile(join(core, 'package.json'), JSON.stringify({ name: '@tensorflow/tfjs-core', version: '4.10.0' }))
    expect(() => loadTensorFlow(folder)).toThrow('is for tfjs 4.10.0; this app has 4.22.0')
    await rm(folder, { recursive: true })
  })
})
