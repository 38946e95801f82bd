/**
 * A cache of engines and of what they have made ready: sessions and lane threads, kept for those who come next, since
 * making them again and again takes its time. What nobody uses, and was used longest ago, goes.
 */
import { version_core as tfjsVersion } from '@tensorflow/tfjs-core'
import { env } from 'onnxruntime-common'
import { version } from '../../package.json'
import type { SharedSettings } from '../../preload/contract'
import { createEngine, type EngineRequest } from '../engine/choose/choose'
import { arithmetic, type Engine, type Learner } from '../engine/engine'
import { createModel, type ModelSettings } from '../models/create'
import { once, releaseAll } from './once'
import { createPrograms, type Programs } from './programs'

/** A model on an engine, and what that has made ready for it. */
export interface PreparedEngine {
  readonly engine: Engine
  readonly programs: Programs
  /** The one learner for this number of images a step: whoever loads a state into it owns it from then on. */
  learner(batch: number): Promise<Learner>
  /** Gives up the learner after a failure; the next one asked for is made anew. */
  discardLearner(batch: number): Promise<void>
  /** It is not used any more, by whoever has got it: then it may go. */
  done(): void
}

/** How many are kept though nobody uses them: the one that trained last, and the one that was asked last. */
const spare = 2

interface Kept {
  readonly engine: Engine
  readonly programs: Programs
  /** By the number of images a step, the one that was asked for last behind the others. */
  readonly learners: Map<number, Promise<Learner>>
  /** Those who have got it. */
  users: number
}

/** What a run's numbers may depend on besides its settings. */
export const versions: Record<string, string> = {
  app: version,
  node: process.versions.node,
  onnxruntime: env.versions.common,
  tfjs: tfjsVersion,
  arithmetic: String(arithmetic),
}

/** Without `engine`: the compiled one on the CPU. `batch` matters to the choice of the fastest. */
type EngineWish = ModelSettings & Pick<SharedSettings, 'lanes'> & Partial<Pick<SharedSettings, 'engine' | 'batch'>>

export class PreparedEngines {
  /** By engine, model and lanes, the one that was used last behind the others. */
  private readonly kept = new Map<string, Kept>()
  /** Those that go. */
  private going: Promise<unknown> = Promise.resolve()

  constructor(
    private readonly make: (request: EngineRequest, signal?: AbortSignal) => Promise<Engine> = createEngine,
  ) {}

  /**
   * @param signal gives up the choice of an engine
   * @throws AppError why the engine that was asked for by its name cannot be used
   */
  async get(
    { lanes, engine: wanted = 'onnx-cpu', batch = 128, ...settings }: EngineWish,
    signal?: AbortSignal,
  ): Promise<PreparedEngine> {
    const model = createModel(settings)
    const engine = await this.make({ engine: wanted, model, lanes, batch }, signal)
    const key = `${engine.name} ${model.name} ${lanes}`
    const found = this.kept.get(key)
    this.kept.delete(key)
    // An engine that has lost its device is another one since
    const same = found !== undefined && found.engine.name === engine.name
    const kept: Kept = same ? found : { engine, programs: createPrograms(engine, model), learners: new Map(), users: 0 }
    this.kept.set(key, kept)
    kept.users++
    if (found !== kept && found?.users === 0) this.letGo(found)
    return {
      engine: kept.engine,
      programs: kept.programs,
      learner(batch) {
        const learner = once(kept.learners, batch, () => kept.engine.learner({ model, batch, lanes }))
        kept.learners.delete(batch)
        kept.learners.set(batch, learner)
        return learner
      },
      async discardLearner(batch) {
        const learner = kept.learners.get(batch)
        kept.learners.delete(batch)
        if (learner) await releaseAll([learner])
      },
      done: onlyOnce(() => {
        kept.users--
        if (this.kept.get(key) === kept) {
          this.kept.delete(key)
          this.kept.set(key, kept)
        } else if (kept.users === 0) this.letGo(kept)
        this.tidy()
      }),
    }
  }

  /** Lets go of all, so that the thread can end: nothing native is left in it, and no lane. */
  async release(): Promise<void> {
    const all = [...this.kept.values()]
    this.kept.clear()
    for (const kept of all) this.letGo(kept)
    await this.going
  }

  /** Of what nobody uses, the spare ones stay, each with the learner that was asked for last. */
  private tidy(): void {
    const idle = [...this.kept].filter(([, { users }]) => users === 0)
    for (const [key, kept] of idle.slice(0, -spare)) {
      this.kept.delete(key)
      this.letGo(kept)
    }
    for (const [, { learners }] of idle.slice(-spare)) {
      const others = [...learners].slice(0, -1)
      for (const [batch] of others) learners.delete(batch)
      this.after(() => releaseAll(others.map(([, learner]) => learner)))
    }
  }

  private letGo({ programs, learners }: Kept): void {
    const all = [...learners.values()]
    learners.clear()
    this.after(async () => {
      await programs.release()
      await releaseAll(all)
    })
  }

  private after(release: () => Promise<void>): void {
    this.going = this.going.then(release)
  }
}

function onlyOnce(work: () => void): () => void {
  let done = false
  return () => {
    if (!done) work()
    done = true
  }
}
