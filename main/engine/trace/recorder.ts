/**
 * A tfjs backend that records instead of computing: running a function once under it, automatic differentiation
 * included, yields the function as one ONNX graph.
 *
 * A tensor of this backend is a Value of the graph; a kernel adds nodes (kernels.ts).
 */
import {
  type BackendValues,
  type DataId,
  type DataType,
  KernelBackend,
  type Tensor,
  type TensorInfo,
} from '@tensorflow/tfjs-core'
import { AppError } from '../../../preload/errors'
import type { TensorFunction, TensorSpec } from '../engine'
import { tf } from '../tfjs/tfjs'
import { type ElementType, type Graph, GraphBuilder, type NamedValue, type Target, type Value } from './graph'
import { type KernelInputs, kernels } from './kernels'
import { cast } from './primitives'

const backendName = 'recorder'

class Recorder extends KernelBackend {
  builder = new GraphBuilder()
  private values = new WeakMap<DataId, Value>()

  value(dataId: DataId): Value {
    const value = this.values.get(dataId)
    if (!value) {
      throw new Error('A tensor made outside the traced function was used in it; pass it as an input.')
    }
    return value
  }

  register(value: Value): TensorInfo {
    const dataId = {}
    this.values.set(dataId, value)
    return { dataId, shape: [...value.shape], dtype: value.type as DataType }
  }

  /** Forgets a trace, so that nothing of it can slip into the next. */
  reset(target?: Target): void {
    this.builder = new GraphBuilder(target)
    this.values = new WeakMap()
  }

  override write(values: BackendValues, shape: number[], dtype: DataType): DataId {
    const numbers = values as ArrayLike<number>
    const data =
      dtype === 'float32'
        ? Float32Array.from(numbers)
        : dtype === 'bool'
          ? Uint8Array.from(numbers)
          : Int32Array.from(numbers)
    return this.register(this.builder.constant(data, shape, dtype as ElementType)).dataId
  }

  override readSync(dataId: DataId): Float32Array | Int32Array | Uint8Array {
    const { data } = this.value(dataId)
    if (data && !(data instanceof BigInt64Array)) return data
    throw new Error('A traced function cannot look at its numbers: they do not exist yet.')
  }

  override async read(dataId: DataId): Promise<Float32Array | Int32Array | Uint8Array> {
    return this.readSync(dataId)
  }

  // Values are names: nothing is allocated, so nothing is counted or freed.
  override disposeData(): boolean {
    return true
  }
  override incRef(): void {}
  decRef(): void {}
  override refCount(): number {
    return 1
  }
  override numDataIds(): number {
    return 0
  }
  override memory(): { unreliable: boolean } {
    return { unreliable: true }
  }
  override timerAvailable(): boolean {
    return false
  }
  override floatPrecision(): 16 | 32 {
    return 32
  }
  override epsilon(): number {
    return 1e-7
  }
  override dispose(): void {
    this.reset()
  }
}

const recorder = new Recorder()
tf.registerBackend(backendName, () => recorder, 0)

for (const { kernelName } of tf.getKernelsForBackend('cpu')) {
  const emit = kernels[kernelName]
  tf.registerKernel({
    kernelName,
    backendName,
    kernelFunc: ({ inputs, attrs }) => {
      if (!emit) {
        throw new AppError(
          'engine/unknown-kernel',
          `The compiled engine does not know the kernel ${kernelName}.`,
          `Express the model without ${kernelName}, or teach it to main/engine/trace/kernels.ts.`,
        )
      }
      const values: Record<string, Value> = {}
      for (const [name, info] of Object.entries(inputs)) {
        // A few kernels (Concat, AddN, Pack) name their inputs '0', '1', …
        values[name] = recorder.value((info as TensorInfo).dataId)
      }
      const result = emit(recorder.builder, values as KernelInputs, (attrs ?? {}) as Record<string, unknown>)
      return Array.isArray(result) ? result.map((v) => recorder.register(v)) : recorder.register(result as Value)
    },
  })
}

/**
 * Records a function of named tensors as a graph.
 *
 * Inputs of type uint8 are int32 tensors to the function. Outputs are named as the function names them.
 * @throws AppError `engine/unknown-kernel` naming a kernel that has no ONNX form here.
 */
export function trace(fn: TensorFunction, inputs: Record<string, TensorSpec>, target?: Target): Graph {
  const before = tf.getBackend()
  tf.setBackend(backendName)
  recorder.reset(target)
  const { builder } = recorder
  try {
    const outputs: NamedValue[] = []
    tf.tidy(() => {
      const tensors: Record<string, Tensor> = {}
      for (const [name, spec] of Object.entries(inputs)) {
        let value = builder.input(name, spec.shape, spec.dtype)
        if (spec.dtype === 'uint8') value = builder.node('Cast', [value], { to: 'int32' }, spec.shape, 'int32')
        tensors[name] = tf.engine().makeTensorFromTensorInfo(recorder.register(value))
      }
      for (const [name, tensor] of Object.entries(fn(tensors))) {
        // Results cross as float32 whatever their type.
        outputs.push({ name, value: cast(builder, recorder.value(tensor.dataId), 'float32') })
        // Even if the function kept it.
        tensor.dispose()
      }
    })
    return builder.finish(outputs)
  } finally {
    recorder.reset()
    tf.setBackend(before)
  }
}
