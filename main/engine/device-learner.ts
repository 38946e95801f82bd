/** Training with the state kept where the steps are computed: only a batch goes there, only the sums come back. */
import type { Model } from '../models/model'
import { entryOf } from '../optimizers/named'
import { copyInto, copyOf, freshState } from '../optimizers/optimizer'
import type { BatchInput, DataArray, Learner, LearnerOptions, LearnerState, StepInput, StepSums } from './engine'
import { batchArrays, stepArrays } from './learner'
import { measurable, measuringStep, namedSums, ofFlat, type StepFunction, trainingStep } from './step'

/** `trainingStep` on a device, or `measuringStep`, which has no state. `Held` is what a tensor there is known by. */
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
  private readonly host: LearnerState
  private held: Record<string, Held> | undefined

  private constructor(
    private readonly device: DeviceStep<Held>,
    private readonly measuring: DeviceStep<Held> | null,
    private readonly model: Model,
  ) {
    this.host = freshState(new Float32Array(model.layout.size), model.optimizer)
  }

  static async create<Held>(
    make: (step: StepFunction) => Promise<DeviceStep<Held>>,
    { model, batch }: LearnerOptions,
  ): Promise<DeviceLearner<Held>> {
    const measuring = model.measuredFirst.length > 0 ? await make(ofFlat(measuringStep(model, batch), model)) : null
    return new DeviceLearner(await make(trainingStep(model, batch)), measuring, model)
  }

  load(state: LearnerState): void {
    copyInto(this.host, state)
    this.replace(undefined)
  }

  async step(input: StepInput): Promise<StepSums> {
    const inputs = stepArrays(input, this.model.optimizer)
    const { sums, state } = await this.device.run({ ...(this.held ?? this.host), ...inputs })
    this.replace(state)
    return namedSums(this.model.parts, sums)
  }

  async measure(input: BatchInput): Promise<StepSums> {
    const parameters = entryOf<Held | Float32Array>(this.held ?? this.host, 'parameters')
    const { sums } = await measurable(this.measuring).run({ parameters, ...batchArrays(input) })
    return namedSums(this.model.measuredFirst, sums)
  }

  async state(): Promise<LearnerState> {
    if (this.held) await this.device.read(this.held, this.host)
    return copyOf(this.host)
  }

  async release(): Promise<void> {
    this.replace(undefined)
    await this.measuring?.release()
    await this.device.release()
  }

  private replace(held: Record<string, Held> | undefined): void {
    const before = this.held
    this.held = held
    if (before) this.device.free(before)
  }
}
