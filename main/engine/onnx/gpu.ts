/** The compiled engine on a graphics processor: the same graphs, run by another of ONNX Runtime's providers. */
import { DeviceLearner } from '../device-learner'
import type { Engine, Learner, LearnerOptions, Program, TensorFunction, TensorSpec } from '../engine'
import { WholeStepLearner } from '../learner'
import { compile } from '../trace/compile'
import { GraphBuilder } from '../trace/graph'
import { encodeModel } from '../trace/onnx-model'
import { InferenceSession } from './runtime'
import { type Provider, SessionProgram } from './session'
import { WebGpuStep } from './webgpu-step'

export class OnnxGpuEngine implements Engine {
  constructor(
    readonly name: string,
    readonly device: string,
    private readonly provider: Exclude<Provider, 'cpu'>,
  ) {}

  async prepare(fn: TensorFunction, inputs: Record<string, TensorSpec>): Promise<Program> {
    return SessionProgram.create(compile(fn, inputs), { threads: 1, executionProvider: this.provider })
  }

  /** For CUDA and DirectML the binding keeps no tensors on the device: the state crosses at every step. */
  async learner(options: LearnerOptions): Promise<Learner> {
    if (this.provider === 'webgpu') return DeviceLearner.create((step) => WebGpuStep.create(step), options)
    return WholeStepLearner.create(this, options)
  }
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
