/** A session of a run that needs no engine: a network of six numbers that learns something from every image it sees. */
import type { Engine, Learner, LearnerState } from '../../main/engine/engine'
import type { HeldLock } from '../../main/files/lock'
import type { Dataset, Split } from '../../main/mnist/types'
import { createModel } from '../../main/models/create'
import type { ParameterLayout } from '../../main/models/model'
import { readRunFile } from '../../main/runs/folder'
import type { TrainerEvent } from '../../main/trainer/events'
import { Life } from '../../main/training/life'
import { createRun, reopenRun } from '../../main/training/open-run'
import type { PreparedEngine } from '../../main/training/prepared-engines'
import type { Programs } from '../../main/training/programs'
import { RunSession } from '../../main/training/run-session'
import { runSettings, type RunSettings } from '../../preload/contract'
import { AppError } from '../../preload/errors'
import { isOpen } from '../../preload/life'

/** Two epochs of three steps. */
export const settings: RunSettings = runSettings.parse({ epochs: 2, batch: 4, lanes: 1, engine: 'onnx-cpu' })

const size = 6
const shape = [2, 3]
const layout: ParameterLayout = {
  size,
  entries: [{ name: 'w', shape, offset: 0, size, torch: { shape, view: shape, permute: [0, 1] } }],
}

/** Image i is all of grey level 10 · i. */
function split(count: number): Split {
  const images = new Uint8Array(count * 784)
  for (let i = 0; i < count; i++) images.fill(10 * i, 784 * i, 784 * (i + 1))
  return { images, labels: new Uint8Array(count), count }
}

export const dataset: Dataset = {
  name: 'small',
  folder: '/data',
  train: split(10),
  test: split(8),
  fingerprint: 'ab',
  classes: null,
  hasLabels: true,
  notes: [],
}

class SmallLearner implements Learner {
  private learnt: LearnerState = stateOf(() => 0)

  load(state: LearnerState): void {
    this.learnt = stateOf((name, i) => state[name]![i]!)
  }

  async step({ images, noise, count, step }: Parameters<Learner['step']>[0]) {
    const { parameters, firstMoment, secondMoment } = this.learnt
    let sum = 0
    for (let row = 0; row < count; row++) sum += images[784 * row]! + noise[row]!
    for (let i = 0; i < size; i++) {
      firstMoment![i] = firstMoment![i]! * 0.9 + sum * (i + 1)
      secondMoment![i] = secondMoment![i]! * 0.99 + sum * sum
      parameters[i]! += firstMoment![i]! / (1 + secondMoment![i]!) + 1 / step
    }
    return { reconstruction: sum, klZ1: count, klZ2: 2 * count }
  }

  async state(): Promise<LearnerState> {
    return stateOf((name, i) => this.learnt[name]![i]!)
  }

  async release(): Promise<void> {}
}

function stateOf(value: (name: string, i: number) => number): LearnerState {
  const vector = (name: string) => Float32Array.from({ length: size }, (_, i) => value(name, i))
  return {
    parameters: vector('parameters'),
    firstMoment: vector('firstMoment'),
    secondMoment: vector('secondMoment'),
  }
}

/** What is drawn and measured is the parameters themselves. */
const programs = {
  model: {
    ...createModel(settings),
    layout,
    noiseSize: 1,
    latentSize: 1,
    initialise: () => new Float32Array(size),
  },
  losses: async (batch: number) => async (parameters: Float32Array) => {
    const all = new Float32Array(batch).fill(parameters[0]!)
    return { reconstruction: all, klZ1: all, klZ2: all }
  },
} as unknown as Programs

const engine = { name: 'onnx-cpu', device: 'CPU, 1 lane' } as Engine

export interface Stretch {
  readonly events: readonly TrainerEvent[]
  /** Why it did not even begin. */
  readonly refused: AppError | null
}

interface Options {
  /** The run is there. */
  readonly resumes: boolean
  readonly lock?: HeldLock
  /** Called with every event, as it comes. */
  readonly on?: (event: TrainerEvent, life: Life) => void
}

/** Trains a run that is new, or resumes it, until it has ended. A full disk is tried again at once. */
export async function train(folder: string, { resumes, lock, on }: Options): Promise<Stretch> {
  const events: TrainerEvent[] = []
  const learner = new SmallLearner()
  const prepared = { engine, programs, learner: async () => learner } as unknown as PreparedEngine
  try {
    const fresh = { folder, name: 'small', settings, dataFolder: '/data', bundled: false, from: null }
    const run = resumes
      ? await reopenRun(folder, await readRunFile(folder), prepared)
      : await createRun(fresh, dataset, prepared)
    learner.load(run.learner)
    const emit = (event: TrainerEvent) => {
      events.push(event)
      on?.(event, life)
      if (event.type === 'failure' && event.waits) setImmediate(() => void life.continue().catch(() => undefined))
    }
    const life = new Life((state) => emit({ type: 'state', state, folder: isOpen(state) ? folder : null }))
    life.take('start')
    const session = new RunSession({
      ...run,
      life,
      dataset,
      engine,
      programs,
      learner,
      discardLearner: async () => undefined,
      saveEvery: 1e9,
      ...(lock && { lock }),
      emit,
    })
    await session.run()
    return { events, refused: null }
  } catch (thrown) {
    return { events, refused: AppError.from(thrown) }
  }
}
