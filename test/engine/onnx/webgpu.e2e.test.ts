/** WebGPU, on a Vulkan device that is emulated by the CPU: slow, but the same code as on a GPU. */
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Chooser } from '../../../main/engine/choose/choose'
import { probe } from '../../../main/engine/choose/probe'
import { trialStep } from '../../../main/engine/choose/verify'
import type { LearnerState } from '../../../main/engine/engine'
import { OnnxGpuEngine, tryProvider } from '../../../main/engine/onnx/gpu'
import { createModel } from '../../../main/models/create'
import { makeRunFolder, readRunFile } from '../../../main/runs/folder'
import { metricsLine } from '../../../main/runs/metrics-line'
import type { TrainerEvent } from '../../../main/trainer/events'
import { PreparedEngines } from '../../../main/training/prepared-engines'
import { createService } from '../../../main/training/service'
import { runSettings } from '../../../preload/contract'
import { isOpen } from '../../../preload/life'
import { folderWith, smallSet } from '../../mnist/small-set'
import { deviations } from '../../models/ladder/reference'
import { machine, withNvidia } from '../choose/machines'
import { kernelCases, kernelDifferences } from '../conformance'
import { bits } from '../steps'

/** SwiftShader, as browsers bring it. */
const driver = [process.env['VK_ICD_FILENAMES'], '/usr/lib/chromium/vk_swiftshader_icd.json'].find(
  (path) => path && existsSync(path),
)
// Read by the Vulkan loader when the first session is made
if (driver) process.env['VK_ICD_FILENAMES'] = driver
const problem = driver
  ? await tryProvider('webgpu').then(
      () => null,
      (error: Error) => error.message,
    )
  : 'there is no software Vulkan driver'
if (problem !== null)
  console.log(
    `The tests with WebGPU are skipped: ${problem}. On Debian: apt install libvulkan1 chromium; ` +
      'elsewhere name a driver’s JSON file in VK_ICD_FILENAMES.',
  )

describe.skipIf(problem !== null)('WebGPU', () => {
  const engine = new OnnxGpuEngine('onnx-webgpu', 'SwiftShader', 'webgpu')
  const settings = runSettings.parse({ epochs: 1, batch: 8, klWarmup: 1, lanes: 1 })
  let place: string
  let chooser: Chooser
  let engines: PreparedEngines
  beforeAll(async () => {
    place = await mkdtemp(join(tmpdir(), 'vlae-webgpu-'))
    chooser = new Chooser({ cacheFile: join(place, 'engines.json') })
    // Shared, since making anything ready takes seconds on this device
    engines = new PreparedEngines((request) => chooser.create(request))
  })
  afterAll(() => rm(place, { recursive: true, force: true }))

  it('is told as software, and never taken by itself', async () => {
    expect(await probe('onnx-webgpu', 1)).toMatchObject({ usable: true, processor: 'software' })
    // Also on a machine that has a card, whose driver is not the one that computes
    const other = new Chooser({
      system: machine(withNvidia),
      cacheFile: join(place, 'engines.json'),
      look: (name, lanes) => probe(name, lanes, machine(withNvidia)),
    })
    const chosen = await other.create({ model: createModel(settings), batch: settings.batch, lanes: 1, engine: 'auto' })
    expect(chosen.name).toBe('onnx-cpu')
  })

  it('has the kernels of tfjs', async () => {
    // Its exponentials and powers are good to about 1e-6 of their size; sums differ with the order of addition
    expect(await kernelDifferences(engine, kernelCases, 2e-5)).toEqual([])
  })

  it.each(['label', 'none'] as const)('has the numbers of PyTorch: %s', async (condition) => {
    const { losses, marginal, pixels, gradients } = await deviations(engine, condition)
    for (const deviation of [losses, marginal, ...Object.values(pixels)]) expect(deviation).toBeLessThan(1e-5)
    expect(Object.entries(gradients).filter(([, deviation]) => !(deviation < 1e-4))).toEqual([])
  })

  it('trains a whole run along the CPU’s curve', async () => {
    const dataFolder = await folderWith(await smallSet(16, 8))
    const run = async (name: 'onnx-webgpu' | 'onnx-cpu') => {
      let ended = () => {}
      const end = new Promise<void>((resolve) => (ended = resolve))
      const event = (event: TrainerEvent) => {
        if (event.type === 'state' && !isOpen(event.state)) ended()
      }
      const service = createService({ event, progress: () => {} }, { chooser, engines })
      const folder = await makeRunFolder(place, name)
      await service.start({
        folder,
        name,
        settings: { ...settings, engine: name },
        dataFolder,
        bundled: false,
        from: null,
      })
      await end
      const text = await readFile(join(folder, 'metrics.jsonl'), 'utf8')
      const lines = text
        .trimEnd()
        .split('\n')
        .map((line) => metricsLine.parse(JSON.parse(line)))
      return { file: await readRunFile(folder), lines }
    }
    const [gpu, cpu] = [await run('onnx-webgpu'), await run('onnx-cpu')]
    expect(gpu.file).toMatchObject({
      status: 'done',
      engine: { name: 'onnx-webgpu', device: expect.stringMatching(/slow/) },
    })
    expect(gpu.lines.length).toBe(cpu.lines.length)
    for (const [i, line] of gpu.lines.entries()) {
      const expected = cpu.lines[i]!
      if (line.type === 'epoch' && line.test === null) continue
      const [ours, theirs] = [line, expected].map((line) => (line.type === 'step' ? line.loss : line.test!.loss))
      // Rounding grows with each step; these are the first ones
      expect(Math.abs(ours! - theirs!) / theirs!).toBeLessThan(1e-4)
    }
    await rm(dataFolder, { recursive: true, force: true })
  })

  it('keeps the state on the device, gives it back, and takes it again', async () => {
    const learner = await (await engines.get({ ...settings, engine: 'onnx-webgpu' })).learner(settings.batch)
    const { state, input } = trialStep({ model: createModel(settings), batch: settings.batch, lanes: 1 })
    const train = async (from: LearnerState, first: number, last: number) => {
      learner.load(from)
      for (let step = first; step <= last; step++) await learner.step({ ...input, step })
      return learner.state()
    }
    const whole = await train(state, 1, 2)
    const parts = await train(await train(state, 1, 1), 2, 2)
    expect(bits(parts)).toBe(bits(whole))
  })
})
