/** Training with the state kept where the steps are computed: only a batch goes there, only the sums come back. */
import { createModel } from '../vlae/create'
import type { Model } from '../vlae/model'
import type { DataArray, Learner, LearnerOptions, LearnerState, StepInput, StepSums } from './engine'
import { stepArrays } from './learner'
import { namedSums, stateNames, stateViews, type StepFunction, trainingStep } from './step'

/** `trainingStep` on a device. `Held` is what a tensor there is known by. */
export interface DeviceStep<Held> {
  /** The state comes in as arrays or as held tensors; the state after the step stays on the device. */
  run(inputs: Record<string, DataArray | Held>): Promise<{ sums: Float32Array; state: Record<string, Held> }>
  /** Copies held tensors into the arrays of the same names. */
  read(held: Record<string, Held>, into: Record<string, Float32Array>): Promise<void>
  free(held: Record<string, Held>): void
  release(): Promise<void>
}

export class DeviceLearner<Held> implements Learner {
  /** The state while it is here: what was loaded, until the first step. */
  readonly #host: LearnerState
  readonly #views: Record<string, Float32Array>
  #held: Record<string, Held> | undefined

  private constructor(
    private readonly device: DeviceStep<Held>,
    private readonly model: Model,
  ) {
    const vector = () => new Float32Array(model.layout.size)
    this.#host = { parameters: vector(), firstMoment: vector(), secondMoment: vector() }
    this.#views = stateViews(this.#host, model)
  }

  static async create<Held>(
    make: (step: StepFunction) => Promise<DeviceStep<Held>>,
    { model: settings, batch }: LearnerOptions,
  ): Promise<DeviceLearner<Held>> {
    const model = createModel(settings)
    return new DeviceLearner(await make(trainingStep(model, batch)), model)
  }

  load(state: LearnerState): void {
    for (const name of stateNames) this.#host[name].set(state[name])
    this.#replace(undefined)
  }

  async step(input: StepInput): Promise<StepSums> {
    const { sums, state } = await this.device.run({ ...(this.#held ?? this.#views), ...stepArrays(input) })
    this.#replace(state)
    return namedSums(this.model, sums)
  }

  async state(): Promise<LearnerState> {
    if (this.#held) await this.device.read(this.#held, this.#views)
    const { parameters, firstMoment, secondMoment } = this.#host
    return { parameters: parameters.slice(), firstMoment: firstMoment.slice(), secondMoment: secondMoment.slice() }
  }

  async release(): Promise<void> {
    this.#replace(undefined)
    await this.device.release()
  }

  #replace(held: Record<string, Held> | undefined): void {
    const before = this.#held
    this.#held = held
    if (before) this.device.free(before)
  }
}
