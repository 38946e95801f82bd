/** The compiled engine on a graphics processor: the same graphs, run by another of ONNX Runtime's providers. */
import { DeviceLearner } from '../device-learner'
import type { Engine, Learner, LearnerOptions, Program, TensorFunction, TensorSpec } from '../engine'
import { WholeStepLearner } from '../learner'
import { compile } from '../trace/compile'
import { GraphBuilder } from '../trace/graph'
import { encodeModel } from '../trace/onnx-model'
import { BoundLearner } from './bound-learner'
import { openApi } from './bound-session'
import { CudaDriver } from './cuda-driver'
import { CudaPlace } from './cuda-place'
import { InferenceSession } from './runtime'
import { type Provider, SessionProgram } from './session'
import { WebGpuStep } from './webgpu-step'

export class OnnxGpuEngine implements Engine {
  /** How it trains, where that is not the fastest way. */
  private how = ''
  /** Why it is that. */
  problem: Error | null = null

  constructor(
    readonly name: string,
    private readonly processor: string,
    private readonly provider: Exclude<Provider, 'cpu'>,
  ) {}

  get device(): string {
    return `${this.processor}${this.how}`
  }

  async prepare(fn: TensorFunction, inputs: Record<string, TensorSpec>): Promise<Program> {
    return SessionProgram.create(compile(fn, inputs), { threads: 1, executionProvider: this.provider })
  }

  async learner(options: LearnerOptions): Promise<Learner> {
    if (this.provider === 'webgpu') return DeviceLearner.create((step) => WebGpuStep.create(step), options)
    const bound = this.provider === 'cuda' ? await this.bound(options) : null
    return bound ?? WholeStepLearner.create(this, options)
  }

  /** With the state on the card. Elsewhere, and where that cannot be had, it crosses twice at every step. */
  private async bound(options: LearnerOptions): Promise<Learner | null> {
    try {
      const api = await openApi()
      const place = await CudaPlace.open(api)
      const learner = await BoundLearner.create(api, place, options)
      this.how = place.problem ? withoutGraphs : ''
      this.problem = place.problem
      return learner
    } catch (error) {
      this.how = withCopies
      this.problem = error as Error
      return null
    }
  }
}

/** Said of a device. */
const [withCopies, withoutGraphs] = [', with copies', ', without CUDA graphs']

/** What is known of how CUDA trains before it does: to be said of the device, and why it is not the fastest way. */
export async function howCudaTrains(): Promise<{ readonly how: string; readonly problem: Error | null }> {
  return Promise.all([openApi(), CudaDriver.open()]).then(
    () => ({ how: '', problem: null }),
    (problem: Error) => ({ how: withCopies, problem }),
  )
}

/**
 * Makes a session that computes nothing, on this provider and nowhere else.
 * @throws Error with ONNX Runtime's own reason
 */
export async function tryProvider(provider: Provider): Promise<void> {
  const graph = new GraphBuilder()
  const x = graph.input('x', [1], 'float32')
  const value = graph.node('Relu', [x], {}, [1], 'float32')
  const session = await InferenceSession.create(encodeModel(graph.finish([{ name: 'y', value }])), {
    executionProviders: [provider],
    // Otherwise it would be quietly computed on the CPU
    extra: { session: { disable_cpu_ep_fallback: '1' } },
    logSeverityLevel: 4,
  })
  await session.release()
}
