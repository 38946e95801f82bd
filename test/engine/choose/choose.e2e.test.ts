/** Which engine trains, and why. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Chooser, type EngineRequest } from '../../../main/engine/choose/choose'
import { ask } from '../../../main/engine/tfjs/node'
import { thisProcess, type Owner } from '../../../main/files/owner'
import { createModel } from '../../../main/models/create'
import { found, lookAt, StandIn } from '../stand-in'
import { machine, type MachineOptions, withNvidia } from './machines'

const options = { model: createModel({ condition: 'none' }), batch: 4, lanes: 1 }
const request: EngineRequest = { engine: 'auto', ...options }

let folder: string
let cacheFile: string
let told: string[]
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vlae-engines-'))
  cacheFile = join(folder, 'sub', 'engines.json')
  told = []
})
afterEach(() => rm(folder, { recursive: true, force: true }))

/** @param engines what is there besides the CPU */
function chooser(engines: Parameters<typeof lookAt>, on: MachineOptions = withNvidia) {
  const looked: string[] = []
  const look = lookAt(...engines)
  const chooser = new Chooser({
    system: machine(on),
    cacheFile,
    tell: (message) => told.push(message),
    look: async (name, ...rest) => {
      looked.push(name)
      return (look as (...args: unknown[]) => ReturnType<typeof look>)(name, ...rest)
    },
  })
  return { chooser, looked }
}

const cached = async () => JSON.parse(await readFile(cacheFile, 'utf8'))
const cuda = (fault = {}) => found(new StandIn('onnx-cuda', 'NVIDIA H200', fault))
const webGpu = (fault = {}) => found(new StandIn('onnx-webgpu', 'NVIDIA H200', fault))
/** Slower than any CPU that runs these tests. */
const slow = { slow: 150 }

describe('auto', () => {
  it('takes the CPU where there is no graphics processor, without a trial', async () => {
    const { chooser: choose, looked } = chooser([cuda()], {})
    expect((await choose.create(request)).name).toBe('onnx-cpu')
    expect(looked).not.toContain('onnx-cuda')
    await expect(cached()).rejects.toThrow('ENOENT')
    expect(told).toEqual([])
  })

  it('takes the fastest after a trial of each, says so, and remembers the figures', async () => {
    const first = chooser([cuda(slow), webGpu()])
    // Two that are equally fast: either may win
    expect(['onnx-cpu', 'onnx-webgpu']).toContain((await first.chooser.create(request)).name)
    expect(told[0]).toMatch(/^onnx-(cpu|webgpu) is the fastest engine here\. Images per second: .*, onnx-cuda \d+\.$/)
    const { speeds, trying } = await cached()
    expect(Object.keys(speeds).toSorted()).toEqual([
      'onnx-cpu ladder none 4 1',
      'onnx-cuda ladder none 4',
      'onnx-webgpu ladder none 4',
    ])
    expect(speeds['onnx-cuda ladder none 4']).toBeLessThan(27)
    expect(trying).toBeNull()

    const again = chooser([cuda(slow), webGpu()])
    await again.chooser.create(request)
    expect(told[1]).toBe(told[0])
    expect(again.looked).not.toContain('onnx-cuda')
  })

  it('takes a fast GPU', async () => {
    const engine = await chooser([
      { ...cuda() },
      found(new StandIn('onnx-cpu', 'CPU, slow', slow), 'cpu'),
    ]).chooser.create(request)
    expect([engine.name, engine.device]).toEqual(['onnx-cuda', 'NVIDIA H200'])
  })

  it('never takes a software GPU, nor a library for GPUs that computes on the CPU', async () => {
    const software = found(new StandIn('onnx-webgpu', 'a GPU emulated by the CPU'), 'software')
    const library = found(new StandIn('tfjs-node', 'CPU, TensorFlow 2.9.1'), 'cpu')
    const slowCpu = found(new StandIn('onnx-cpu', 'CPU, slow', slow), 'cpu')
    expect((await chooser([software, library, slowCpu]).chooser.create(request)).device).toBe('CPU, slow')
    expect(told).toEqual([])
  })

  it('refuses a device that computes wrong, by name, now and later', async () => {
    const { chooser: choose } = chooser([cuda({ wrong: true })])
    expect((await choose.create(request)).name).toBe('onnx-cpu')
    expect(told[0]).toMatch(/^onnx-cuda gives wrong results: one training step differs from the CPU’s in .* not used/)
    expect((await cached()).refused['onnx-cuda'].code).toBe('engine/wrong-result')
    const later = chooser([cuda()])
    expect((await later.chooser.create(request)).name).toBe('onnx-cpu')
    expect(later.looked).not.toContain('onnx-cuda')
    const [, listed] = (await later.chooser.list(request, 'none')).filter(({ name }) => /cpu$|cuda/.test(name))
    expect(listed).toMatchObject({ name: 'onnx-cuda', usable: false, problem: { code: 'engine/wrong-result' } })
  })

  it('leaves an engine alone that ended the app twice', async () => {
    const { chooser: choose } = chooser([cuda(), found(new StandIn('onnx-cpu', 'CPU, slow', slow), 'cpu')])
    await choose.create(request)
    const trying = async (owner: Owner) =>
      writeFile(cacheFile, JSON.stringify({ ...(await cached()), trying: { engine: 'onnx-cuda', owner } }))
    const me = await thisProcess()
    const gone = { ...me, pid: 2 ** 30 }
    for (const owner of [me, { ...me, space: 'another container' }, gone]) {
      await trying(owner)
      expect((await choose.create(request)).name).toBe('onnx-cuda')
    }
    await trying(gone)
    expect((await choose.create(request)).name).toBe('onnx-cpu')
    expect((await cached()).refused['onnx-cuda'].message).toMatch(/ended twice while it tried onnx-cuda/)
    // by its name, a person may try it again
    expect((await choose.create({ ...request, engine: 'onnx-cuda' })).name).toBe('onnx-cuda')
  })

  it('measures anew on another machine, and where the file is damaged', async () => {
    await chooser([cuda()]).chooser.create(request)
    const before = (await cached()).machine
    await chooser([cuda()], { ...withNvidia, processor: 'Another processor' }).chooser.create(request)
    expect((await cached()).machine).not.toBe(before)
    await writeFile(cacheFile, '{"speeds": ')
    const { chooser: choose, looked } = chooser([cuda()])
    await choose.create(request)
    expect(looked).toContain('onnx-cuda')
  })
})

describe('by its name', () => {
  it('an engine that is not there is an error, with what to do', async () => {
    await expect(chooser([]).chooser.create({ ...request, engine: 'onnx-cuda' })).rejects.toMatchObject({
      code: 'engine/not-installed',
      message: 'The engine onnx-cuda cannot be used: It is not installed.',
      remedy: 'Install it.',
    })
  })

  it('an engine that computes wrong is an error before it trains', async () => {
    const engine = await chooser([cuda({ wrong: true })]).chooser.create({ ...request, engine: 'onnx-cuda' })
    await expect(engine.learner(options)).rejects.toMatchObject({ code: 'engine/wrong-result' })
  })

  it('a software GPU may train', async () => {
    const software = found(new StandIn('onnx-webgpu', 'a GPU emulated by the CPU'), 'software')
    expect((await chooser([software]).chooser.create({ ...request, engine: 'onnx-webgpu' })).device).toMatch(/emulated/)
  })
})

describe('the list', () => {
  it('has every engine: what it computes on, how fast, why not; the fastest first', async () => {
    const software = found(new StandIn('onnx-webgpu', 'a GPU emulated by the CPU'), 'software')
    const list = await chooser([software, cuda(slow)]).chooser.list(request, 'all')
    expect(list.map(({ name }) => name)).toEqual(['onnx-cpu', 'onnx-cuda', 'onnx-webgpu', 'tfjs-node', 'tfjs-cpu'])
    expect(list[0]).toMatchObject({ usable: true, automatic: true, device: 'CPU, 1 lane', problem: null })
    expect(list[0]!.imagesPerSecond).toBeGreaterThan(4)
    expect(list[1]).toMatchObject({ usable: true, automatic: true, device: 'NVIDIA H200' })
    expect(list[2]).toMatchObject({ usable: true, automatic: false, imagesPerSecond: null })
    expect(list[3]).toEqual({
      name: 'tfjs-node',
      usable: false,
      device: null,
      automatic: false,
      problem: { code: 'engine/not-installed', message: 'It is not installed.', remedy: 'Install it.' },
      imagesPerSecond: null,
    })
  })

  it('tries nothing when it is not to', async () => {
    const list = await chooser([cuda()]).chooser.list(request, 'none')
    expect(list.map(({ imagesPerSecond }) => imagesPerSecond)).toEqual([null, null, null, null, null])
  })
})

it('asks TensorFlow itself whether a GPU computes', () => {
  const binding = { isUsingGpuDevice: () => false, TF_Version: '2.9.1' }
  expect(ask(binding)).toEqual({ gpu: false, version: '2.9.1' })
  expect(ask({ ...binding, isUsingGpuDevice: () => true })).toEqual({ gpu: true, version: '2.9.1' })
})
