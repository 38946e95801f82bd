/** Engines, and what they have made ready, kept for the life of the thread: making sessions again and again leaks. */
import { env } from 'onnxruntime-common'
import { version_core as tfjsVersion } from '@tensorflow/tfjs-core'
import { version } from '../../package.json'
import type { RunSettings } from '../../preload/contract'
import { createEngine, type EngineRequest } from '../engine/choose/choose'
import type { Engine, Learner } from '../engine/engine'
import { createModel, type ModelSettings } from '../models/create'
import { once, releaseAll } from './once'
import { createPrograms, type Programs } from './programs'

/** A model on an engine. */
export interface Machine {
  readonly engine: Engine
  readonly programs: Programs
  /** The one learner for this number of images a step: whoever loads a state into it owns it from then on. */
  learner(batch: number): Promise<Learner>
  /** Gives up the learner after a failure; the next one asked for is made anew. */
  discardLearner(batch: number): Promise<void>
  /** Lets go of all that was made ready. */
  release(): Promise<void>
}

/** What a run's numbers may depend on besides its settings. */
export const versions: Record<string, string> = {
  app: version,
  node: process.versions.node,
  onnxruntime: env.versions.common,
  tfjs: tfjsVersion,
}

/** Without `engine`: the compiled one on the CPU. `batch` matters to the choice of the fastest. */
type MachineSettings = ModelSettings & Pick<RunSettings, 'lanes'> & Partial<Pick<RunSettings, 'engine' | 'batch'>>

export class Machines {
  private readonly machines = new Map<string, Promise<Machine>>()

  constructor(
    private readonly make: (request: EngineRequest, signal?: AbortSignal) => Promise<Engine> = createEngine,
  ) {}

  /**
   * @param signal gives up the choice of an engine
   * @throws AppError why the engine that was asked for by its name cannot be used
   */
  async get(
    { lanes, engine: wanted = 'onnx-cpu', batch = 128, ...settings }: MachineSettings,
    signal?: AbortSignal,
  ): Promise<Machine> {
    const model = createModel(settings)
    const engine = await this.make({ engine: wanted, model, lanes, batch }, signal)
    const key = `${engine.name} ${model.name} ${lanes}`
    // An engine that has lost its device is another one since
    if ((await this.machines.get(key))?.engine.name !== engine.name) this.machines.delete(key)
    return once(this.machines, key, async () => {
      const learners = new Map<number, Promise<Learner>>()
      const programs = createPrograms(engine, model)
      return {
        engine,
        programs,
        learner: (batch) => once(learners, batch, () => engine.learner({ model, batch, lanes })),
        async discardLearner(batch) {
          const learner = learners.get(batch)
          learners.delete(batch)
          if (learner) await releaseAll([learner])
        },
        async release() {
          await programs.release()
          const all = [...learners.values()]
          learners.clear()
          await releaseAll(all)
        },
      }
    })
  }

  /** Lets go of every machine, so that the thread can end: nothing native is left in it, and no lane. */
  async release(): Promise<void> {
    const all = [...this.machines.values()]
    this.machines.clear()
    await releaseAll(all)
  }
}
