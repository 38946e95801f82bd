/** The reference engine: runs functions kernel by kernel on a tfjs backend. Every compiled graph is compared with it. */
import type { Tensor } from '@tensorflow/tfjs-core'
import { entryOf } from '../../optimizers/named'
import { DeviceLearner, type DeviceStep } from '../device-learner'
import type { DataArray, Engine, Learner, LearnerOptions, Program, TensorFunction, TensorSpec } from '../engine'
import type { StepFunction } from '../step'
import { tf } from './tfjs'

export interface Backend {
  /** Of a registered tfjs backend. */
  readonly backend: string
  /** The engine's. */
  readonly name: string
  readonly device: string
}

const plain: Backend = { backend: 'cpu', name: 'tfjs-cpu', device: 'CPU, plain JavaScript' }

export class EagerEngine implements Engine {
  readonly name: string
  readonly device: string

  constructor(private readonly where: Backend = plain) {
    this.name = where.name
    this.device = where.device
  }

  async prepare(fn: TensorFunction, specs: Record<string, TensorSpec>): Promise<Program> {
    return new EagerProgram(fn, specs, this.where.backend)
  }

  async learner(options: LearnerOptions): Promise<Learner> {
    return DeviceLearner.create(async (step) => new EagerStep(step, this.where.backend), options)
  }
}

class EagerProgram implements Program {
  constructor(
    private readonly fn: TensorFunction,
    private readonly specs: Record<string, TensorSpec>,
    private readonly backend: string,
  ) {}

  async run(
    arrays: Record<string, DataArray>,
    into: Record<string, Float32Array> = {},
  ): Promise<Record<string, Float32Array>> {
    return on(this.backend, () => {
      const outputs = tf.tidy(() => this.fn(toTensors(arrays, this.specs)))
      const results: Record<string, Float32Array> = {}
      for (const [name, tensor] of Object.entries(outputs)) {
        results[name] = into[name] ?? new Float32Array(tensor.size)
        results[name].set(tensor.dataSync())
      }
      // Not one by one: a tensor may have two names.
      tf.dispose(outputs)
      return results
    })
  }

  async release(): Promise<void> {}
}

/** The state stays in the backend's tensors. */
class EagerStep implements DeviceStep<Tensor> {
  constructor(
    private readonly step: StepFunction,
    private readonly backend: string,
  ) {}

  async run(
    inputs: Record<string, DataArray | Tensor>,
  ): Promise<{ sums: Float32Array; state: Record<string, Tensor> }> {
    return on(this.backend, () => {
      const outputs = tf.tidy(() => this.step.fn(toTensors(inputs, this.step.inputs)))
      const { sums: _, ...state } = outputs
      const sums = entryOf(outputs, 'sums')
      const values = sums.dataSync() as Float32Array
      sums.dispose()
      return { sums: values, state }
    })
  }

  async read(held: Record<string, Tensor>, into: Record<string, Float32Array>): Promise<void> {
    for (const [name, tensor] of Object.entries(held)) entryOf(into, name).set(tensor.dataSync())
  }

  free(held: Record<string, Tensor>): void {
    tf.dispose(held)
  }

  async release(): Promise<void> {}
}

/** Does something while a backend is the one that computes. */
function on<T>(backend: string, work: () => T): T {
  const before = tf.getBackend()
  tf.setBackend(backend)
  try {
    return work()
  } finally {
    tf.setBackend(before)
  }
}

function toTensors(
  values: Record<string, DataArray | Tensor>,
  specs: Readonly<Record<string, TensorSpec>>,
): Record<string, Tensor> {
  const tensors: Record<string, Tensor> = {}
  for (const [name, { shape, dtype }] of Object.entries(specs)) {
    const value = entryOf(values, name)
    if (value instanceof tf.Tensor) tensors[name] = value
    else {
      // tfjs keeps a reference to the array it is given; the caller may write to it again.
      const copy = value instanceof Float32Array ? value.slice() : Int32Array.from(value)
      tensors[name] = tf.tensor(copy, [...shape], dtype === 'uint8' ? 'int32' : dtype)
    }
  }
  return tensors
}
