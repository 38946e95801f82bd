/** Engines that pretend to be on a device: arithmetic in place of the model, slow, wrong or faulty as a test likes. */
import type { Probe, Usable } from '../../main/engine/choose/probe'
import type { Engine, Learner, LearnerOptions, LearnerState, Program } from '../../main/engine/engine'
import type { Model } from '../../main/models/model'
import { copyOf, freshState } from '../../main/optimizers/optimizer'
import type { EngineName } from '../../preload/contract'
import { AppError } from '../../preload/errors'

export interface Fault {
  /** Milliseconds that each step takes. */
  readonly slow?: number
  /** Every step computes wrong. */
  readonly wrong?: boolean
  /** Called before every step and every run of a program; throws when the device is lost. */
  readonly before?: () => void
}

export class StandIn implements Engine {
  constructor(
    readonly name: EngineName,
    readonly device: string,
    private readonly fault: Fault = {},
  ) {}

  /** Every program squares its inputs. */
  async prepare(): Promise<Program> {
    return {
      run: async (inputs) => {
        this.fault.before?.()
        return Object.fromEntries(
          Object.entries(inputs).map(([name, values]) => [name, Float32Array.from(values, (x) => x * x)]),
        )
      },
      release: async () => {},
    }
  }

  async learner({ model }: LearnerOptions): Promise<Learner> {
    return new StandInLearner(model, this.fault)
  }
}

/** Its gradient is the parameters and the first number of the noise, so that a state tells of every step before it. */
class StandInLearner implements Learner {
  private held: LearnerState

  constructor(
    { layout, optimizer }: Model,
    private readonly fault: Fault,
  ) {
    this.held = freshState(new Float32Array(layout.size), optimizer)
  }

  load(state: LearnerState): void {
    this.held = copyOf(state)
  }

  async step({ noise, learningRate }: Parameters<Learner['step']>[0]) {
    const { slow = 0, wrong = false, before } = this.fault
    before?.()
    if (slow > 0) await new Promise((resolve) => setTimeout(resolve, slow))
    const { parameters, firstMoment, secondMoment } = this.held
    const shift = wrong ? -noise[0]! : noise[0]!
    for (let i = 0; i < parameters.length; i++) {
      const gradient = parameters[i]! + shift
      firstMoment![i]! += 0.1 * (gradient - firstMoment![i]!)
      secondMoment![i]! += 0.001 * (gradient ** 2 - secondMoment![i]!)
      parameters[i]! -= learningRate * Math.sign(gradient)
    }
    return { reconstruction: parameters[0]! + shift, klZ1: 1, klZ2: 1 }
  }

  async state(): Promise<LearnerState> {
    return copyOf(this.held)
  }

  async release(): Promise<void> {}
}

/** What a look at this engine finds. */
export function found(engine: Engine, processor: Usable['processor'] = 'gpu'): Usable {
  const name = engine.name as EngineName
  return { name, usable: true, device: engine.device, processor, problem: null, make: async () => engine }
}

/** Looks at these engines and a fast one on the CPU; all others are not there. */
export function lookAt(...engines: Usable[]): (name: EngineName) => Promise<Probe> {
  const cpu = found(new StandIn('onnx-cpu', 'CPU, 1 lane'), 'cpu')
  return async (name) =>
    [cpu, ...engines].findLast((engine) => engine.name === name) ?? {
      name,
      usable: false,
      problem: new AppError('engine/not-installed', 'It is not installed.', 'Install it.'),
    }
}
