/** The reference engine: runs functions kernel by kernel on a tfjs backend. Every compiled graph is compared with it. */
import type { Tensor } from '@tensorflow/tfjs-core'
import type { DataArray, Engine, Learner, LearnerOptions, Program, TensorFunction, TensorSpec } from './engine'
import { WholeStepLearner } from './learner'
import { tf } from './tfjs'

export class EagerEngine implements Engine {
  readonly name: string
  readonly device: string

  /** @param backend the name of a registered tfjs backend. */
  constructor(
    private readonly backend = 'cpu',
    device = 'CPU, plain JavaScript',
  ) {
    this.name = `tfjs-${backend}`
    this.device = device
  }

  async prepare(fn: TensorFunction, specs: Record<string, TensorSpec>): Promise<Program> {
    return new EagerProgram(fn, specs, this.backend)
  }

  async learner(options: LearnerOptions): Promise<Learner> {
    return WholeStepLearner.create(this, options)
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
    const before = tf.getBackend()
    tf.setBackend(this.backend)
    try {
      const outputs = tf.tidy(() => {
        const inputs: Record<string, Tensor> = {}
        for (const [name, { shape, dtype }] of Object.entries(this.specs)) {
          const data = arrays[name]!
          // tfjs keeps a reference to the array it is given; the caller may write to it again.
          const copy = data instanceof Float32Array ? data.slice() : Int32Array.from(data)
          inputs[name] = tf.tensor(copy, [...shape], dtype === 'uint8' ? 'int32' : dtype)
        }
        return this.fn(inputs)
      })
      const results: Record<string, Float32Array> = {}
      for (const [name, tensor] of Object.entries(outputs)) {
        results[name] = into[name] ?? new Float32Array(tensor.size)
        results[name].set(tensor.dataSync())
        tensor.dispose()
      }
      return results
    } finally {
      tf.setBackend(before)
    }
  }

  async release(): Promise<void> {}
}
