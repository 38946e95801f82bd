/** What a machine's engines are found to be: usable or not, on what, why not and what to do. */
import { existsSync } from 'node:fs'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { enginesOf, probe } from '../../../main/engine/choose/probe'
import * as onnxGpu from '../../../main/engine/onnx/gpu'
import { noMemory } from '../lanes/lacking'
import { machine, pci, withNvidia } from './machines'

vi.mock('../../../main/engine/onnx/gpu', { spy: true })
vi.mock('node:fs', { spy: true })
const works = () => vi.mocked(onnxGpu.tryProvider).mockResolvedValue()
const fails = (reason: string) => vi.mocked(onnxGpu.tryProvider).mockRejectedValue(new Error(reason))
afterEach(() => {
  vi.mocked(onnxGpu.tryProvider).mockReset()
  vi.unstubAllEnvs()
})

const amd = {
  files: pci('0000:03:00.0', '0x1002', '0x744c', '0x030000', 'renderD128'),
  open: ['/dev/dri/renderD128'],
}
/** Which libraries this process has loaded. */
const loaded = (...files: string[]) => ({
  '/proc/self/maps': files.map((file) => `7f00-7f01 r-xp 00000000 08:01 42   /usr/lib/${file}`).join('\n'),
})

it('each system has its engines', () => {
  expect(enginesOf('linux')).toEqual(['onnx-cuda', 'tfjs-node', 'onnx-webgpu', 'onnx-cpu', 'tfjs-cpu'])
  expect(enginesOf('win32')).toContain('onnx-directml')
  expect(enginesOf('darwin')).not.toContain('onnx-cuda')
})

it('the CPU always works', async () => {
  expect(await probe('onnx-cpu', 2, machine())).toMatchObject({
    usable: true,
    device: 'CPU, 2 lanes, kernels',
    processor: 'cpu',
  })
  expect(await probe('tfjs-cpu', 1, machine())).toMatchObject({ usable: true, device: 'CPU, plain JavaScript' })
})

describe('the CPU trains slower, and why is said,', () => {
  afterEach(() => {
    vi.doUnmock('koffi')
    vi.restoreAllMocks()
    vi.resetModules()
  })

  /** As in a process that has looked for nothing yet. */
  const found = async () => {
    vi.resetModules()
    return (await import('../../../main/engine/choose/probe')).probe('onnx-cpu', 2, machine())
  }

  it('without koffi', async () => {
    vi.doMock('koffi', () => ({ default: { load: () => { throw new Error('no koffi here') } } })) // prettier-ignore
    expect(await found()).toMatchObject({
      usable: true,
      device: 'CPU, 2 lanes, with copies',
      problem: { code: 'engine/with-copies', message: expect.stringContaining('(no koffi here)') },
    })
  })

  it('with another version of ONNX Runtime’s API', async () => {
    const { default: koffi } = await vi.importActual<{ readonly default: object }>('koffi')
    vi.doMock('koffi', () => ({ default: { ...koffi, call: () => null } }))
    expect(await found()).toMatchObject({
      device: 'CPU, 2 lanes, with copies',
      problem: { message: expect.stringContaining('has no version 22 of its C API') },
    })
  })

  it('without vector instructions', async () => {
    vi.spyOn(WebAssembly, 'validate').mockReturnValue(false)
    expect(await found()).toMatchObject({
      device: 'CPU, 2 lanes',
      problem: { code: 'engine/slow-machine', message: expect.stringContaining('no vector instructions') },
    })
  })

  it('without memory that threads share', async () => {
    vi.spyOn(WebAssembly, 'Memory').mockImplementation(noMemory)
    expect(await found()).toMatchObject({
      device: 'CPU, 2 lanes, as one graph',
      problem: { code: 'engine/slow-machine', message: expect.stringContaining('no memory that threads share') },
    })
  })
})

describe('WebGPU', () => {
  it('is not tried where there is no graphics processor', async () => {
    vi.stubEnv('VK_ICD_FILENAMES', '')
    vi.stubEnv('VK_DRIVER_FILES', '')
    expect(await probe('onnx-webgpu', 1, machine())).toMatchObject({
      usable: false,
      problem: { code: 'engine/no-gpu' },
    })
    expect(onnxGpu.tryProvider).not.toHaveBeenCalled()
  })

  it('computes on the card whose driver is loaded', async () => {
    works()
    const files = { ...amd.files, ...loaded('libvulkan.so.1', 'libvulkan_radeon.so', 'libvulkan_lvp.so') }
    expect(await probe('onnx-webgpu', 1, machine({ ...amd, files }))).toMatchObject({
      device: 'AMD graphics (0x744c)',
      processor: 'gpu',
    })
  })

  it('is told as software where the card has no driver, or may not be opened', async () => {
    works()
    const software = { usable: true, device: 'a GPU emulated by the CPU, very slow', processor: 'software' }
    const files = { ...amd.files, ...loaded('libvulkan.so.1', 'libvulkan_lvp.so') }
    expect(await probe('onnx-webgpu', 1, machine({ ...amd, files }))).toMatchObject(software)
    const locked = { ...amd.files, ...loaded('libvulkan_radeon.so', 'libvulkan_lvp.so') }
    expect(await probe('onnx-webgpu', 1, machine({ files: locked }))).toMatchObject(software)
    vi.stubEnv('VK_ICD_FILENAMES', '/somewhere/vk_swiftshader_icd.json')
    expect(await probe('onnx-webgpu', 1, machine({ files: loaded('libvk_swiftshader.so') }))).toMatchObject(software)
    // CUDA's libraries are no driver for Vulkan
    const cuda = {
      ...withNvidia,
      files: { ...withNvidia.files, ...loaded('libcuda.so.1', 'libnvidia-ptxjitcompiler.so') },
    }
    expect(await probe('onnx-webgpu', 1, machine(cuda))).toMatchObject(software)
  })

  it('that does not work says what is there, and what to do', async () => {
    fails('No supported adapters')
    expect(await probe('onnx-webgpu', 1, machine(amd))).toMatchObject({
      usable: false,
      problem: {
        code: 'engine/gpu-not-usable',
        message: 'AMD graphics (0x744c) is there, but onnx-webgpu cannot use it.',
        remedy: expect.stringContaining('Vulkan driver'),
        details: expect.stringContaining('No supported adapters'),
      },
    })
    expect(await probe('onnx-webgpu', 1, machine({ files: amd.files }))).toMatchObject({
      problem: { message: expect.stringContaining('may not open'), remedy: expect.stringContaining('`render`') },
    })
  })
})

describe('CUDA', () => {
  it('wants a card of NVIDIA', async () => {
    expect(await probe('onnx-cuda', 1, machine(amd))).toMatchObject({
      usable: false,
      problem: { code: 'engine/no-gpu' },
    })
  })

  const library = 'node_modules/onnxruntime-node/bin/napi-v6/linux/x64/libonnxruntime_providers_cuda.so'
  it.skipIf(existsSync(library))('wants its libraries, which npm ci does not bring', async () => {
    expect(await probe('onnx-cuda', 1, machine(withNvidia))).toMatchObject({
      usable: false,
      problem: { code: 'engine/not-installed', remedy: expect.stringContaining('npm run install:cuda') },
    })
  })

  it('is usable with copies, and why it trains no faster is said', async () => {
    works()
    vi.mocked(existsSync).mockReturnValueOnce(true)
    const problem = new Error('libcuda.so.1: cannot open shared object file')
    vi.mocked(onnxGpu.howCudaTrains).mockResolvedValueOnce({ how: ', with copies', problem })
    expect(await probe('onnx-cuda', 1, machine(withNvidia))).toMatchObject({
      usable: true,
      device: expect.stringMatching(/, with copies$/),
      problem: { code: 'engine/with-copies', details: expect.stringContaining('libcuda.so.1') },
    })
  })
})

it('DirectML computes on the first card of Windows', async () => {
  const windows = machine({ platform: 'win32', output: 'PCI\\VEN_10DE&DEV_2786|NVIDIA GeForce RTX 4070' })
  works()
  expect(await probe('onnx-directml', 1, windows)).toMatchObject({
    device: 'NVIDIA GeForce RTX 4070',
    processor: 'gpu',
  })
  fails('no')
  expect(await probe('onnx-directml', 1, windows)).toMatchObject({ problem: { remedy: 'Update its driver.' } })
  expect(await probe('onnx-directml', 1, machine({ platform: 'win32' }))).toMatchObject({
    problem: { code: 'engine/no-gpu' },
  })
})
