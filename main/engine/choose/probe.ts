/** Which engines this machine can use, on what they would really compute, and what to do about the others. */
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, dirname, join } from 'node:path'
import type { EngineName } from '../../../preload/contract'
import { AppError } from '../../../preload/errors'
import { installed } from '../../installed'
import type { Engine } from '../engine'
import type { Provider } from '../onnx/session'
import { type GraphicsDevice, graphicsDevices, type System, thisSystem } from './graphics'

export interface Usable {
  readonly name: EngineName
  readonly usable: true
  /** What really computes, for a person: `CPU, 2 lanes`, `NVIDIA H200`. */
  readonly device: string
  /** `software`: a processor that plays a GPU. It works, slowly. */
  readonly processor: 'cpu' | 'gpu' | 'software'
  /** What a person could do to get more out of it. */
  readonly problem: AppError | null
  make(): Promise<Engine>
}

export interface Unusable {
  readonly name: EngineName
  readonly usable: false
  readonly problem: AppError
}

export type Probe = Usable | Unusable

/** The engines that there can be on a system, the most promising first. */
export function enginesOf(platform: NodeJS.Platform): EngineName[] {
  if (platform === 'win32') return ['tfjs-node', 'onnx-webgpu', 'onnx-directml', 'onnx-cpu', 'tfjs-cpu']
  if (platform === 'linux') return ['onnx-cuda', 'tfjs-node', 'onnx-webgpu', 'onnx-cpu', 'tfjs-cpu']
  return ['onnx-webgpu', 'tfjs-node', 'onnx-cpu', 'tfjs-cpu']
}

/** Looks whether an engine works, by making it compute something. @param lanes of the CPU's engine */
export async function probe(name: EngineName, lanes: number, system: System = thisSystem): Promise<Probe> {
  try {
    return await probes[name](lanes, system)
  } catch (error) {
    return { name, usable: false, problem: AppError.from(error) }
  }
}

const probes: Record<EngineName, (lanes: number, system: System) => Promise<Usable>> = {
  async 'onnx-cpu'(lanes) {
    const { OnnxEngine, wayHere } = await onnxRuntime(() => import('../lanes/cpu'))
    const { way, problem } = await wayHere()
    const engine = new OnnxEngine(lanes, way)
    const found = usable('onnx-cpu', engine.device, 'cpu', async () => engine)
    return { ...found, problem: problem && (way === 'copied' ? copying(problem) : slowMachine(problem)) }
  },

  async 'tfjs-cpu'() {
    const { EagerEngine } = await import('../tfjs/eager')
    const engine = new EagerEngine()
    return usable('tfjs-cpu', engine.device, 'cpu', async () => engine)
  },

  async 'onnx-webgpu'(_, system) {
    const devices = await graphicsDevices(system)
    // Looking for a driver where there is nothing to drive makes some drivers complain on the terminal
    if (devices.length === 0 && !driverNamed()) throw noGpu()
    await tryGpu('webgpu', 'onnx-webgpu', devices)
    const hardware = await withDriver(devices, system)
    const device = namesOf(hardware)
    return hardware.length === 0
      ? onGpu('onnx-webgpu', 'webgpu', 'a GPU emulated by the CPU, very slow', 'software')
      : onGpu('onnx-webgpu', 'webgpu', device, 'gpu')
  },

  async 'onnx-directml'(_, system) {
    const devices = await graphicsDevices(system)
    if (devices.length === 0) throw noGpu()
    await tryGpu('dml', 'onnx-directml', devices)
    return onGpu('onnx-directml', 'dml', namesOf(devices), 'gpu')
  },

  async 'onnx-cuda'(_, system) {
    const devices = nvidia(await graphicsDevices(system))
    if (devices.length === 0) throw noNvidia()
    if (!cudaInstalled())
      throw new AppError(
        'engine/not-installed',
        'ONNX Runtime’s part for CUDA is not installed.',
        installed
          ? 'It can be added where the app runs from its sources. Here, WebGPU computes on this card.'
          : 'Run `npm run install:cuda`, which downloads it, and start the app again. It needs CUDA 12 and cuDNN 9.',
      )
    await tryGpu('cuda', 'onnx-cuda', devices)
    const { howCudaTrains } = await import('../onnx/gpu')
    const { how, problem } = await howCudaTrains()
    const found = onGpu('onnx-cuda', 'cuda', namesOf(devices), 'gpu', how)
    return { ...found, problem: problem && slowedBy(problem, namesOf(devices)) }
  },

  async 'tfjs-node'(_, system) {
    const [{ loadTensorFlow }, { EagerEngine }] = await Promise.all([import('../tfjs/node'), import('../tfjs/eager')])
    const library = loadTensorFlow()
    const cards = nvidia(await graphicsDevices(system))
    const device = library.gpu
      ? `${namesOf(cards) || 'CUDA GPU'}, TensorFlow ${library.version}`
      : `CPU, TensorFlow ${library.version}`
    const make = async () => new EagerEngine({ backend: 'tensorflow', name: 'tfjs-node', device })
    const problem = library.gpu || cards.length === 0 ? null : gpuNotUsed(cards, library.version)
    return { ...usable('tfjs-node', device, library.gpu ? 'gpu' : 'cpu', make), problem }
  },
}

function usable(name: EngineName, device: string, processor: Usable['processor'], make: () => Promise<Engine>): Usable {
  return { name, usable: true, device, processor, problem: null, make }
}

function onGpu(
  name: EngineName,
  provider: Exclude<Provider, 'cpu'>,
  device: string,
  processor: Usable['processor'],
  how = '',
): Usable {
  return usable(name, `${device}${how}`, processor, async () => {
    const { OnnxGpuEngine } = await import('../onnx/gpu')
    return new OnnxGpuEngine(name, device, provider)
  })
}

/** ONNX Runtime's library is loaded with the module that needs it: there is none for some systems. */
async function onnxRuntime<T>(load: () => Promise<T>): Promise<T> {
  try {
    return await load()
  } catch (cause) {
    throw new AppError(
      'engine/no-library',
      `ONNX Runtime has no library for this system (${process.platform} ${process.arch}).`,
      installed
        ? 'Training is slow here.'
        : 'TensorFlow can train here: `npm run install:gpu` installs it. Without it, training is slow.',
      { cause },
    )
  }
}

async function tryGpu(provider: Provider, name: string, devices: readonly GraphicsDevice[]): Promise<void> {
  const { tryProvider } = await onnxRuntime(() => import('../onnx/gpu'))
  try {
    await tryProvider(provider)
  } catch (cause) {
    if (devices.length === 0) throw noGpu()
    const locked = devices.find(({ accessible }) => !accessible)
    throw new AppError(
      'engine/gpu-not-usable',
      locked
        ? `${locked.name} is there, but this app may not open it.`
        : `${namesOf(devices)} is there, but ${name} cannot use it.`,
      locked ? 'Let this user open it (on Linux: add them to the group `render`).' : remedies[provider],
      { cause },
    )
  }
}

const remedies: Record<Provider, string> = {
  cpu: 'Install the app again.',
  cuda: 'Install CUDA 12 and cuDNN 9, where the system looks for libraries. The details name what is missing.',
  webgpu: 'Install or update its driver; on Linux its Vulkan driver (`mesa-vulkan-drivers`, or NVIDIA’s own).',
  dml: 'Update its driver.',
}

/**
 * The devices whose Vulkan driver this process has loaded: a card without one is not what computes.
 * Elsewhere than on Linux the system's own driver is the only one.
 */
async function withDriver(devices: readonly GraphicsDevice[], system: System): Promise<readonly GraphicsDevice[]> {
  if (system.platform !== 'linux') return devices
  const loaded = (await system.read('/proc/self/maps'))?.split('\n').map((line) => basename(line)) ?? []
  return devices.filter(({ accessible, driver }) => accessible && loaded.some((file) => driver.test(file)))
}

/** A person has named Vulkan's driver: a software one, say, to try something out. */
function driverNamed(): boolean {
  return ['VK_ICD_FILENAMES', 'VK_DRIVER_FILES'].some((name) => process.env[name])
}

function cudaInstalled(): boolean {
  const root = dirname(createRequire(import.meta.url).resolve('onnxruntime-node/package.json'))
  const file = 'libonnxruntime_providers_cuda.so'
  return existsSync(join(root, 'bin', 'napi-v6', process.platform, process.arch, file))
}

function nvidia(devices: readonly GraphicsDevice[]): GraphicsDevice[] {
  return devices.filter(({ vendor }) => vendor === 'NVIDIA')
}

function namesOf(devices: readonly GraphicsDevice[]): string {
  return [...new Set(devices.map(({ name }) => name))].join(' or ')
}

function noGpu(): AppError {
  return new AppError(
    'engine/no-gpu',
    'This machine has no graphics processor that programs can compute on.',
    'Nothing is missing: training runs on the CPU.',
  )
}

function noNvidia(): AppError {
  return new AppError(
    'engine/no-gpu',
    'CUDA computes on NVIDIA’s graphics cards, and this machine has none.',
    'Nothing is missing: another engine trains here.',
  )
}

function copying(cause: Error): AppError {
  return new AppError(
    'engine/with-copies',
    `The CPU trains slower than it could: ONNX Runtime’s library cannot be called directly (${cause.message.split('\n', 1)[0]}).`,
    'Nothing else is wrong. Install the app again to train faster.',
    { cause },
  )
}

function slowMachine(cause: Error): AppError {
  return new AppError(
    'engine/slow-machine',
    `This machine trains slower than others do. ${cause.message}`,
    'Nothing is missing: what it has is used.',
    { cause },
  )
}

function slowedBy(cause: Error, device: string): AppError {
  return new AppError(
    'engine/with-copies',
    `${device} trains several times slower than it could: all that a step changes crosses the bus twice, for want of a library.`,
    'Update its driver, or install the app again. The details name what is missing.',
    { cause },
  )
}

function gpuNotUsed(cards: readonly GraphicsDevice[], version: string): AppError {
  return new AppError(
    'engine/gpu-not-used',
    `${namesOf(cards)} is there, but TensorFlow ${version} computes on the CPU.`,
    `It looks for the CUDA and cuDNN that it was built for${installed ? '.' : ' (the 2.9 that `npm run install:gpu` brings: 11.2 and 8.1).'}`,
  )
}
