/** Training with the state kept where the steps are computed: only a batch goes there, only the sums come back. */
import type { Model } from '../models/model'
import { copyInto, copyOf, freshState } from '../optimizers/optimizer'
import type { DataArray, Learner, LearnerOptions, LearnerState, StepInput, StepSums, WeighedInput } from './engine'
import { Guess } from './guess'
import { stepArrays } from './learner'
import { namedSums, type StepFunction, trainingStep } from './step'

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
  private readonly host: LearnerState
  private held: Record<string, Held> | undefined
  private readonly guess: Guess

  private constructor(
    private readonly device: DeviceStep<Held>,
    private readonly model: Model,
  ) {
    this.guess = new Guess(model)
    this.host = freshState(new Float32Array(model.layout.size), model.optimizer)
  }

  static async create<Held>(
    make: (step: StepFunction) => Promise<DeviceStep<Held>>,
    { model, batch }: LearnerOptions,
  ): Promise<DeviceLearner<Held>> {
    return new DeviceLearner(await make(trainingStep(model, batch)), model)
  }

  load(state: LearnerState): void {
    copyInto(this.host, state)
    this.replace(undefined)
  }

  async step(input: StepInput): Promise<StepSums> {
    const guessed = this.guess.of(input)
    let { sums, state } = await this.stepped(guessed)
    const corrected = this.guess.corrected(guessed, input, sums)
    if (corrected) {
      this.device.free(state)
      ;({ sums, state } = await this.stepped(corrected))
    }
    this.replace(state)
    return sums
  }

  async state(): Promise<LearnerState> {
    if (this.held) await this.device.read(this.held, this.host)
    return copyOf(this.host)
  }

  async release(): Promise<void> {
    this.replace(undefined)
    await this.device.release()
  }

  /** From the state as it is, which stays. */
  private async stepped(input: WeighedInput): Promise<{ sums: StepSums; state: Record<string, Held> }> {
    const inputs = stepArrays(input, this.model.optimizer)
    const { sums, state } = await this.device.run({ ...(this.held ?? this.host), ...inputs })
    return { sums: namedSums(this.model.parts, sums), state }
  }

  private replace(held: Record<string, Held> | undefined): void {
    const before = this.held
    this.held = held
    if (before) this.device.free(before)
  }
}
