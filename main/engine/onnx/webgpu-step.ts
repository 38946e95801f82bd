/**
 * A training step in ONNX Runtime whose state stays on the GPU: outputs are bound to buffers there, and go in again.
 *
 * The binding does that for WebGPU alone. It cannot read such a buffer (asking a tensor for its data ends the
 * process), so a second session, which only copies, brings the state back.
 */
import { entryOf } from '../../optimizers/named'
import type { DeviceStep } from '../device-learner'
import type { DataArray } from '../engine'
import type { StepFunction } from '../step'
import { compile, type CompiledModel } from '../trace/compile'
import { GraphBuilder, outputName } from '../trace/graph'
import { encodeModel } from '../trace/onnx-model'
import { InferenceSession, Tensor } from './runtime'

const onGpu = { executionProviders: ['webgpu'], logSeverityLevel: 3 } as const

export class WebGpuStep implements DeviceStep<Tensor> {
  private constructor(
    private readonly model: CompiledModel,
    private readonly session: InferenceSession,
    private readonly reader: InferenceSession | null,
    private readonly stateNames: readonly string[],
  ) {}

  static async create({ fn, inputs }: StepFunction): Promise<WebGpuStep> {
    const model = compile(fn, inputs)
    const stateNames = Object.keys(model.outputs).filter((name) => name !== 'sums')
    const session = await InferenceSession.create(model.bytes, {
      ...onGpu,
      preferredOutputLocation: {
        [outputName('sums')]: 'cpu',
        ...Object.fromEntries(stateNames.map((name) => [outputName(name), 'gpu-buffer'] as const)),
      },
    })
    const reader = stateNames.length === 0 ? null : await InferenceSession.create(copies(model, stateNames), onGpu)
    return new WebGpuStep(model, session, reader, stateNames)
  }

  async run(
    inputs: Record<string, DataArray | Tensor>,
  ): Promise<{ sums: Float32Array; state: Record<string, Tensor> }> {
    const feeds: Record<string, Tensor> = {}
    for (const [name, { dtype, shape }] of Object.entries(this.model.inputs)) {
      const given = entryOf(inputs, name)
      feeds[name] = given instanceof Tensor ? given : new Tensor(dtype, given as Float32Array, shape)
    }
    const results = await this.session.run(feeds)
    return {
      sums: entryOf(results, outputName('sums')).data as Float32Array,
      state: Object.fromEntries(this.stateNames.map((name) => [name, entryOf(results, outputName(name))])),
    }
  }

  async read(held: Record<string, Tensor>, into: Record<string, Float32Array>): Promise<void> {
    const fetches: Record<string, Tensor> = {}
    for (const [name, { dims }] of Object.entries(held))
      fetches[outputName(name)] = new Tensor('float32', entryOf(into, name), dims)
    await this.reader?.run(held, fetches)
  }

  /** Buffers on the GPU are not collected in time: JavaScript does not know how large they are. */
  free(held: Record<string, Tensor>): void {
    for (const tensor of Object.values(held)) tensor.dispose()
  }

  async release(): Promise<void> {
    await this.session.release()
    await this.reader?.release()
  }
}

/** A model whose outputs are its inputs. */
function copies({ outputs }: CompiledModel, names: readonly string[]): Uint8Array {
  const graph = new GraphBuilder()
  return encodeModel(
    graph.finish(names.map((name) => ({ name, value: graph.input(name, entryOf(outputs, name), 'float32') }))),
  )
}
