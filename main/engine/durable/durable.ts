/**
 * An engine that outlives its device (retry and failover): when that is lost, work goes on where it stopped, on a fresh
 * device, and after a few tries on the CPU. None of that happens silently.
 */
import { setTimeout } from 'node:timers/promises'
import { AppError } from '../../../preload/errors'
import type { Engine, Learner, LearnerOptions, Program, TensorFunction, TensorSpec } from '../engine'
import { DurableLearner, DurableProgram, type Remaking } from './parts'

export interface DurableOptions {
  /** The engine on a device: at first, and on a fresh one each time that it was lost. */
  device(): Promise<Engine>
  /** The engine that never goes away. */
  cpu(): Promise<Engine>
  /** Compares a learner of the device with the CPU. @throws AppError when it computes wrong */
  check(learner: Learner, options: LearnerOptions): Promise<void>
  /** Sentences for a person: what was lost, and what happens now. */
  tell(message: string): void
  /** When the device does not even begin to work: throw instead of taking the CPU. */
  readonly insist: boolean
}

/** Fresh devices in an engine's life; a device that is lost more often is not worth waiting for. */
const attempts = 3
/** Milliseconds that a driver is given to come back before each. */
const patience = 500

export class DurableEngine implements Engine {
  /** Counts the devices; what was made on an earlier one is void. */
  generation = 0
  private readonly made = new Set<Remaking>()
  private attemptsLeft = attempts
  private onCpu = false

  private constructor(
    private engine: Engine,
    private readonly options: DurableOptions,
  ) {}

  /** @throws AppError when the device cannot be used, and is insisted on */
  static async create(options: DurableOptions): Promise<DurableEngine> {
    const engine = await options.device().catch((error: unknown) => {
      if (options.insist) throw error
      options.tell(`${messageOf(error)} The CPU trains instead.`)
      return null
    })
    if (engine !== null) return new DurableEngine(engine, options)
    const durable = new DurableEngine(await options.cpu(), options)
    durable.onCpu = true
    return durable
  }

  /** Of the engine that computes now. */
  get name(): string {
    return this.engine.name
  }
  get device(): string {
    return this.engine.device
  }

  async prepare(fn: TensorFunction, inputs: Record<string, TensorSpec>, name?: string): Promise<Program> {
    const make = () => this.engine.prepare(fn, inputs, name)
    return new DurableProgram(this, make, await this.begin(make))
  }

  async learner(options: LearnerOptions): Promise<Learner> {
    const make = async () => {
      const learner = await this.engine.learner(options)
      if (!this.onCpu) await this.options.check(learner, options)
      const { device, problem } = this.engine
      if (problem) this.options.tell(`${device} trains slower here than it could: ${problem.message}`)
      return learner
    }
    return new DurableLearner(this, make, await this.begin(make))
  }

  /** Makes something for the first time. */
  private async begin<T extends Remaking>(make: () => Promise<T>): Promise<T> {
    try {
      return await this.keep(make)
    } catch (error) {
      if (this.onCpu || this.options.insist) throw error
      await this.toCpu(`${messageOf(error)} The CPU trains instead.`)
      return this.keep(make)
    }
  }

  /** Makes something on the device that there is now. */
  async keep<T extends Remaking>(make: () => Promise<T>): Promise<T> {
    const made = await make()
    this.made.add(made)
    return made
  }

  async release(made: Remaking): Promise<void> {
    this.made.delete(made)
    await made.release()
  }

  /**
   * Finds another device after one has failed. Whoever noticed then makes its things anew.
   *
   * @param generation that the failure was noticed in: another part may have noticed it before
   * @throws the failure, when there is nothing left to try
   */
  async recover(generation: number, failure: unknown): Promise<void> {
    if (generation !== this.generation) return
    if (this.onCpu) throw failure
    if (failure instanceof AppError && failure.code === 'engine/wrong-result')
      return this.toCpu(`${failure.message} Going on from the last step on the CPU.`)
    const lost = `${this.device} stopped working (${messageOf(failure)}).`
    while (this.attemptsLeft > 0) {
      this.attemptsLeft--
      await this.voidAll()
      await setTimeout(patience)
      try {
        this.engine = await this.options.device()
        const attempt = `attempt ${attempts - this.attemptsLeft} of ${attempts}`
        this.options.tell(`${lost} Going on from the last step with the device started afresh (${attempt}).`)
        return
      } catch {
        // not back yet: the next attempt, or the CPU
      }
    }
    await this.toCpu(`${lost} Going on from the last step on the CPU.`)
  }

  private async toCpu(message: string): Promise<void> {
    await this.voidAll()
    this.engine = await this.options.cpu()
    this.onCpu = true
    this.options.tell(message)
  }

  /** Gives back what the lost device holds; a device is only started afresh when nothing uses it any more. */
  private async voidAll(): Promise<void> {
    this.generation++
    const made = [...this.made]
    this.made.clear()
    for (const thing of made) await thing.release().catch(() => undefined)
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
