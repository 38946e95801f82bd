/** An NVIDIA card as a bound learner's place: ONNX Runtime's CUDA provider on a stream of ours, which can be recorded. */
import type { DataArray } from '../engine'
import { type CApi, defaultMemory, deviceAllocator, type Pointer } from './c-api'
import { card, CudaDriver } from './cuda-driver'
import { type Block, type Place, plain, type Recorded } from './place'

/** `CU_STREAM_NON_BLOCKING`; `CU_STREAM_CAPTURE_MODE_RELAXED`. */
const [besideOthers, relaxed] = [1, 2]
/** cuDNN's fixed algorithms, which give the same bits each time: the fastest ones may not. */
const sameEachTime = { cudnn_conv_algo_search: 'DEFAULT' }
/** Runs after which ONNX Runtime takes no memory any more. */
const warmUp = 3

export interface CudaOptions {
  /** Work is recorded, where it can be. */
  readonly recording?: boolean
  /** The provider's own options, beside those that are set here. */
  readonly provider?: Readonly<Record<string, string>>
}

export class CudaPlace implements Place {
  readonly target = 'gpu'
  readonly memory: Pointer
  /** Each run is waited for, as ONNX Runtime does: it gives back then what it needed. Not so while work is recorded. */
  runOptions: Pointer | null = null
  /** Why nothing could be recorded, if so: each kernel is then started by ONNX Runtime. */
  problem: Error | null = null
  private readonly stream: Pointer
  private readonly unawaited: Pointer
  /** In the order of their making. */
  private readonly undo: (() => void)[] = []

  private constructor(
    private readonly api: CApi,
    private readonly driver: CudaDriver,
    private readonly options: CudaOptions,
  ) {
    try {
      this.stream = this.made('cuStreamDestroy_v2', driver.create('cuStreamCreate', besideOthers))
      this.memory = api.create('CreateMemoryInfo', 'Cuda', deviceAllocator, card, defaultMemory)
      this.undo.push(() => api.call('ReleaseMemoryInfo', this.memory))
      this.unawaited = api.create('CreateRunOptions')
      this.undo.push(() => api.call('ReleaseRunOptions', this.unawaited))
      api.check('AddRunConfigEntry', this.unawaited, 'disable_synchronize_execution_providers', '1')
    } catch (error) {
      this.release()
      throw error
    }
  }

  /** @throws Error why it cannot be used */
  static async open(api: CApi, options: CudaOptions = {}): Promise<CudaPlace> {
    return new CudaPlace(api, await CudaDriver.open(), options)
  }

  configure(options: Pointer): void {
    const { api } = this
    // what cannot be computed on the card could not be recorded
    api.check('AddSessionConfigEntry', options, 'session.disable_cpu_ep_fallback', '1')
    api.check('SetDeterministicCompute', options, true)
    const settings = { ...sameEachTime, ...this.options.provider }
    const [names, given] = [api.texts(Object.keys(settings)), api.texts(Object.values(settings))]
    const cuda = api.create('CreateCUDAProviderOptions')
    try {
      api.check('UpdateCUDAProviderOptions', cuda, names.list, given.list, names.texts.length)
      api.check('UpdateCUDAProviderOptionsWithValue', cuda, 'user_compute_stream', this.stream)
      api.check('SessionOptionsAppendExecutionProvider_CUDA_V2', options, cuda)
    } finally {
      api.call('ReleaseCUDAProviderOptions', cuda)
    }
  }

  /** The card's memory needs none of it. */
  prepare(): void {}

  block(bytes: number): Block {
    const { driver } = this
    const there = this.made('cuMemFree_v2', driver.create('cuMemAlloc_v2', bytes))
    const here = new SharedArrayBuffer(bytes)
    const address = driver.address(here)
    // copies are faster from memory that stays where it is; where it cannot be asked to, they are slower
    if (driver.try('cuMemHostRegister_v2', address, bytes, 0))
      // holds what lies there, too, as the driver reads it
      this.undo.push(() => driver.check('cuMemHostUnregister', driver.address(here)))
    driver.check('cuMemsetD8Async', there, 0, bytes, this.stream)
    return {
      here,
      at: ({ byteOffset, byteLength }: DataArray) => ({ address: there + BigInt(byteOffset), byteLength }),
      upload: () => driver.check('cuMemcpyHtoDAsync_v2', there, address, bytes, this.stream),
      download: () => driver.check('cuMemcpyDtoHAsync_v2', address, there, bytes, this.stream),
    }
  }

  /** As a CUDA graph: a step is hundreds of kernels, which the card then starts by itself. */
  record(work: () => void): Recorded {
    if (this.options.recording === false) return plain(work)
    for (let i = 0; i < warmUp; i++) work()
    this.wait()
    try {
      const graph = this.capture(work)
      return {
        begin: () => this.driver.check('cuGraphLaunch', graph, this.stream),
        release: () => void this.driver.try('cuGraphExecDestroy', graph),
      }
    } catch (error) {
      this.problem = error as Error
      return plain(work)
    }
  }

  private capture(work: () => void): Pointer {
    const { driver } = this
    driver.check('cuStreamBeginCapture_v2', this.stream, relaxed)
    let failure: unknown
    this.runOptions = this.unawaited
    try {
      work()
    } catch (error) {
      failure = error
    }
    this.runOptions = null
    // ended in any case: until then nothing is computed on the stream
    const given: [Pointer | null] = [null]
    const ended = driver.try('cuStreamEndCapture', this.stream, given)
    const [graph] = given
    try {
      if (failure !== undefined) throw failure
      if (!ended || !graph) throw new Error('CUDA could not record the work.')
      return driver.create('cuGraphInstantiateWithFlags', graph, 0)
    } finally {
      if (graph) driver.check('cuGraphDestroy', graph)
    }
  }

  wait(): void {
    this.driver.check('cuStreamSynchronize', this.stream)
  }

  /** Sessions that compute here are to be released before. */
  release(): void {
    for (const undo of this.undo.splice(0).toReversed())
      try {
        undo()
      } catch {
        // of a card that is lost nothing can be given back
      }
  }

  /** @param end the function that gives it back */
  private made(end: Parameters<CudaDriver['check']>[0], made: Pointer): Pointer {
    this.undo.push(() => this.driver.check(end, made))
    return made
  }
}
