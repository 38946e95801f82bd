/** Picks the engine that trains, and says what there is to pick from. */
import type { EngineName, EngineReport, RunSettings } from '../../../preload/contract'
import { AppError } from '../../../preload/errors'
import { DurableEngine } from '../durable/durable'
import type { Engine, LearnerOptions } from '../engine'
import { defaultCacheFile } from './calibration-file'
import { graphicsDevices, type System, thisSystem } from './graphics'
import { enginesOf, probe, type Probe, type Usable } from './probe'
import { type Check, Trials } from './trials'
import { assertComputesRight } from './verify'

/** What is to be trained, and on which engine. */
export interface EngineRequest extends LearnerOptions {
  readonly engine: RunSettings['engine']
}

export interface ChooserOptions {
  /** Sentences for a person: what was chosen, what was lost. */
  readonly tell?: (message: string) => void
  /** Where figures are kept. */
  readonly cacheFile?: string
  readonly system?: System
  /** Looks whether an engine works; tests have engines of their own. */
  readonly look?: (name: EngineName, lanes: number, system: System) => Promise<Probe>
}

/** Milliseconds that the trials of one choice take together, as far as they can be divided. */
const patience = 10_000

export class Chooser {
  private readonly tell: (message: string) => void
  private readonly system: System
  private readonly look: NonNullable<ChooserOptions['look']>

  constructor(private readonly options: ChooserOptions = {}) {
    this.tell = options.tell ?? (() => {})
    this.system = options.system ?? thisSystem
    this.look = options.look ?? probe
  }

  /**
   * The engine asked for; with `auto` the fastest, never a software GPU. On a GPU it is checked against the CPU before
   * it trains, and outlives the loss of its device.
   *
   * @param signal gives up the choice of the fastest
   * @throws AppError why the engine that was asked for by its name cannot be used
   */
  async create(request: EngineRequest, signal?: AbortSignal): Promise<Engine> {
    const { lanes } = request
    const name = request.engine === 'auto' ? await this.fastest(request, signal) : request.engine
    if (name === 'onnx-cpu' || name === 'tfjs-cpu') return (await this.need(name, lanes)).make()
    return DurableEngine.create({
      device: async () => (await this.need(name, lanes)).make(),
      cpu: async () => (await this.cpu(lanes)).make(),
      check: (learner, options) => this.check(learner, name, options),
      tell: this.tell,
      insist: request.engine !== 'auto',
    })
  }

  /**
   * Every engine that there can be here, the one that `auto` takes first.
   *
   * @param measure which engines are tried: those without a figure, or all; software GPUs never
   * @param signal gives up the trials
   */
  async list(
    workload: LearnerOptions,
    measure: 'none' | 'unknown' | 'all',
    signal?: AbortSignal,
  ): Promise<EngineReport[]> {
    const trials = await this.trials()
    const deadline = performance.now() + patience
    const reports: EngineReport[] = []
    for (const name of enginesOf(this.system.platform)) {
      signal?.throwIfAborted()
      const found = await trials.guarded(name, () => this.look(name, workload.lanes, this.system))
      let problem = trials.refusal(name) ?? found.problem
      let imagesPerSecond = trials.known(name, workload) ?? null
      const wanted = measure === 'all' || (measure === 'unknown' && imagesPerSecond === null)
      if (wanted && isWorthTrying(found) && !trials.refusal(name) && performance.now() < deadline)
        try {
          imagesPerSecond = await trials.measure(found, workload, signal)
        } catch (error) {
          signal?.throwIfAborted()
          problem = AppError.from(error)
        }
      const usable = found.usable && (problem === null || problem === found.problem)
      reports.push({
        name,
        usable,
        device: found.usable ? found.device : null,
        automatic: usable && isAutomatic(found),
        problem: problem && problem.toData(),
        imagesPerSecond,
      })
    }
    const rank = ({ automatic, usable, imagesPerSecond }: EngineReport) =>
      automatic ? 2 + (imagesPerSecond ?? 0) : usable ? 1 : 0
    return reports.toSorted((a, b) => rank(b) - rank(a))
  }

  private async fastest(workload: LearnerOptions, signal?: AbortSignal): Promise<EngineName> {
    const cpu = await this.cpu(workload.lanes)
    // Without a graphics processor there is nothing to choose, and nothing to wait for
    if ((await graphicsDevices(this.system)).length === 0) return cpu.name
    const trials = await this.trials()
    const speeds = new Map<EngineName, number>()
    const deadline = performance.now() + patience
    for (const name of enginesOf(this.system.platform)) {
      if (name === 'onnx-cpu' || name === 'tfjs-cpu' || trials.refusal(name) || performance.now() > deadline) continue
      try {
        const speed = trials.known(name, workload) ?? (await this.trySpeed(trials, name, workload, signal))
        if (speed !== undefined) speeds.set(name, speed)
      } catch (error) {
        signal?.throwIfAborted()
        this.tell(AppError.from(error).message)
      }
    }
    if (speeds.size === 0) return cpu.name
    speeds.set(cpu.name, trials.known(cpu.name, workload) ?? (await trials.measure(cpu, workload, signal)))
    const order = [...speeds].toSorted(([, a], [, b]) => b - a)
    const figures = order.map(([name, speed]) => `${name} ${Math.round(speed)}`).join(', ')
    const fastest = order[0]?.[0] ?? cpu.name
    this.tell(`${fastest} is the fastest engine here. Images per second: ${figures}.`)
    return fastest
  }

  private async trySpeed(
    trials: Trials,
    name: EngineName,
    workload: LearnerOptions,
    signal?: AbortSignal,
  ): Promise<number | undefined> {
    signal?.throwIfAborted()
    const found = await trials.guarded(name, () => this.look(name, workload.lanes, this.system))
    return isAutomatic(found) ? trials.measure(found, workload, signal) : undefined
  }

  private trials(): Promise<Trials> {
    return Trials.open(this.options.cacheFile ?? defaultCacheFile(), this.system, this.check)
  }

  private readonly check: Check = async (learner, name, options) => {
    const reference = await (await this.cpu(1)).make()
    const cpu = await reference.learner({ ...options, lanes: 1 })
    try {
      await assertComputesRight(name, learner, cpu, options)
    } finally {
      await cpu.release()
    }
  }

  /** The compiled engine on the CPU, or where ONNX Runtime has no library, the one in plain JavaScript. */
  private async cpu(lanes: number): Promise<Usable> {
    const compiled = await this.look('onnx-cpu', lanes, this.system)
    return compiled.usable ? compiled : this.need('tfjs-cpu', lanes)
  }

  /** @throws AppError why the engine cannot be used */
  async need(name: EngineName, lanes: number): Promise<Usable> {
    const found = await this.look(name, lanes, this.system)
    if (found.usable) return found
    const { code, message, remedy, details } = found.problem
    throw new AppError(
      code,
      `The engine ${name} cannot be used: ${message}`,
      remedy,
      details === undefined ? {} : { details },
    )
  }
}

/** What `auto` may take: what computes on a real GPU, and the compiled engine on the CPU. */
function isAutomatic(found: Probe): found is Usable {
  return found.usable && (found.processor === 'gpu' || found.name === 'onnx-cpu')
}

/** What is fast enough to be measured. */
function isWorthTrying(found: Probe): found is Usable {
  return found.usable && found.processor !== 'software' && found.name !== 'tfjs-cpu'
}

/** An engine for what needs no choice. */
export async function createEngine({ lanes }: { readonly lanes: number }): Promise<Engine> {
  return new Chooser().need('onnx-cpu', lanes).then((found) => found.make())
}
