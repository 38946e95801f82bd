/** A compiled function in ONNX Runtime: one session for the life of its thread. */
import type { DataArray, Program } from '../engine'
import type { CompiledModel } from '../trace/compile'
import { outputName, sizeOf } from '../trace/graph'
import { InferenceSession, Tensor } from './runtime'

/** ONNX Runtime's name of what computes. */
export type Provider = 'cpu' | 'cuda' | 'webgpu' | 'dml'

export interface SessionOptions {
  /** Threads that one operation may use. */
  readonly threads: number
  readonly executionProvider?: Provider
  /** Without the library's own passes over the graph. */
  readonly asItIs?: boolean
}

export class SessionProgram implements Program {
  private constructor(
    private readonly session: InferenceSession,
    private readonly model: CompiledModel,
  ) {}

  static async create(model: CompiledModel, { threads, executionProvider = 'cpu', asItIs }: SessionOptions) {
    const session = await InferenceSession.create(model.bytes, {
      executionProviders: [executionProvider],
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      ...(asItIs && { graphOptimizationLevel: 'disabled' }),
      // Threads that wait by spinning take the core from whatever else runs: with one other busy program the test set
      // took twice as long, and as long as with one thread when they sleep instead.
      extra: { session: { intra_op: { allow_spinning: '0' } } },
      logSeverityLevel: 3,
    })
    return new SessionProgram(session, model)
  }

  async run(
    inputs: Record<string, DataArray>,
    into: Record<string, Float32Array> = {},
  ): Promise<Record<string, Float32Array>> {
    const feeds: Record<string, Tensor> = {}
    for (const [name, { dtype, shape }] of Object.entries(this.model.inputs)) {
      feeds[name] = new Tensor(dtype, inputs[name] as Float32Array, shape)
    }
    const results: Record<string, Float32Array> = {}
    const fetches: Record<string, Tensor> = {}
    for (const [name, shape] of Object.entries(this.model.outputs)) {
      results[name] = into[name] ?? new Float32Array(sizeOf(shape))
      fetches[outputName(name)] = new Tensor('float32', results[name], shape)
    }
    await this.session.run(feeds, fetches)
    return results
  }

  async release(): Promise<void> {
    await this.session.release()
  }
}
