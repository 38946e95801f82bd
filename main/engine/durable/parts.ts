/** What was made on a device and is made again when that was lost: programs, and learners with their state. */
import { copyOf } from '../../optimizers/optimizer'
import type { DataArray, Learner, LearnerState, Program, StepInput, StepSums } from '../engine'
import type { DurableEngine } from './durable'

export interface Remaking {
  release(): Promise<void>
}

/** Something that is made again when its device was lost. */
class Remade<T extends Remaking> {
  private generation: number

  constructor(
    private readonly engine: DurableEngine,
    private readonly make: () => Promise<T>,
    private value: T,
  ) {
    this.generation = engine.generation
  }

  /** Does something with it, again after the device was lost. @param renewed is called with what was made anew. */
  async use<R>(work: (value: T) => Promise<R>, renewed: (value: T) => Promise<void> = async () => {}): Promise<R> {
    for (;;) {
      const { generation } = this.engine
      try {
        if (this.generation !== generation) {
          this.value = await this.engine.keep(this.make)
          await renewed(this.value)
          this.generation = generation
        }
        return await work(this.value)
      } catch (failure) {
        await this.engine.recover(generation, failure)
      }
    }
  }

  get present(): T | undefined {
    return this.generation === this.engine.generation ? this.value : undefined
  }

  async release(): Promise<void> {
    if (this.present) await this.engine.release(this.present)
  }
}

export class DurableProgram implements Program {
  private readonly program: Remade<Program>

  constructor(engine: DurableEngine, make: () => Promise<Program>, program: Program) {
    this.program = new Remade(engine, make, program)
  }

  run(inputs: Record<string, DataArray>, into?: Record<string, Float32Array>): Promise<Record<string, Float32Array>> {
    return this.program.use((program) => program.run(inputs, into))
  }

  release(): Promise<void> {
    return this.program.release()
  }
}

/**
 * The state is fetched from the device when so many bytes of input have gone there since, at most after so many steps.
 * Fetching takes as long as ten steps of a fast device.
 */
const replay = { bytes: 32e6, steps: 256 }

/** Keeps a state of a few steps ago and the inputs since: with both, a lost device's last state is computed again. */
export class DurableLearner implements Learner {
  private readonly learner: Remade<Learner>
  private saved: LearnerState | undefined
  private inputs: StepInput[] = []
  /** Copies that are not needed any more, to be written over: a step makes no garbage. */
  private spare: StepInput[] = []

  constructor(engine: DurableEngine, make: () => Promise<Learner>, learner: Learner) {
    this.learner = new Remade(engine, make, learner)
  }

  load(state: LearnerState): void {
    this.keep(copyOf(state))
    // One that was lost is loaded when it is made anew
    this.learner.present?.load(state)
  }

  ahead(input: StepInput): void {
    try {
      this.learner.present?.ahead?.(input)
    } catch {
      // the step itself will tell
    }
  }

  async step(input: StepInput): Promise<StepSums> {
    const sums = await this.use((learner) => learner.step(input))
    this.inputs.push(this.copy(input))
    const { images, labels, noise } = input
    const bytes = images.byteLength + labels.byteLength + noise.byteLength
    if (this.inputs.length >= Math.min(replay.steps, replay.bytes / bytes)) await this.state()
    return sums
  }

  async state(): Promise<LearnerState> {
    const state = await this.use((learner) => learner.state())
    this.keep(state)
    return state
  }

  release(): Promise<void> {
    return this.learner.release()
  }

  private keep(state: LearnerState): void {
    this.saved = state
    this.spare.push(...this.inputs.splice(0))
  }

  private copy(input: StepInput): StepInput {
    const { images, labels, noise } = this.spare.pop() ?? input
    if (images === input.images)
      return { ...input, images: images.slice(), labels: labels.slice(), noise: noise.slice() }
    images.set(input.images)
    labels.set(input.labels)
    noise.set(input.noise)
    return { ...input, images, labels, noise }
  }

  private use<R>(work: (learner: Learner) => Promise<R>): Promise<R> {
    return this.learner.use(work, async (learner) => {
      if (this.saved) learner.load(this.saved)
      for (const input of this.inputs) await learner.step(input)
    })
  }
}
