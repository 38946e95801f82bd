/**
 * Training through ONNX Runtime's C API with all tensors bound where they are computed: a batch goes there, the sums come
 * back. The gradient is one graph and the update another, over flat vectors, which it changes in place.
 */
import { setImmediate } from 'node:timers/promises'
import type { Model, ParameterLayout } from '../../models/model'
import { vectorNames } from '../../optimizers/optimizer'
import type {
  BatchInput,
  DataArray,
  Learner,
  LearnerOptions,
  LearnerState,
  StepInput,
  StepSums,
  TensorSpec,
} from '../engine'
import { batchArrays, stepArrays } from '../learner'
import { gradientStep, measuringStep, namedSums, prefixedViews, type StepFunction, updateStep } from '../step'
import { compile } from '../trace/compile'
import { sizeOf } from '../trace/graph'
import { bindInPlace, type Located } from './bound-session'
import type { CApi } from './c-api'
import type { Block, Place } from './place'

type Session = ReturnType<typeof bindInPlace>

export class BoundLearner implements Learner {
  private constructor(
    private readonly place: Place,
    private readonly model: Model,
    private readonly memory: Memory,
    private readonly sessions: readonly Session[],
    /** Begin to take a step, and to measure. */
    private readonly begin: { readonly step: () => void; readonly measure: (() => void) | null },
  ) {}

  /** @param place is the learner's from then on */
  static async create(api: CApi, place: Place, { model, batch }: LearnerOptions): Promise<BoundLearner> {
    const sessions: Session[] = []
    try {
      const gradient = gradientStep(model, batch)
      const memory = new Memory(place, model, gradient)
      const bind = (step: StepFunction, tensors: Record<string, Located>) => {
        const compiled = compile(step.fn, step.inputs, place.target)
        const outputs = Object.fromEntries(Object.keys(compiled.outputs).map((name) => [name, tensors[name]!]))
        const session = bindInPlace(api, compiled, tensors, outputs, place)
        sessions.push(session)
        return session
      }
      const computing = bind(gradient, memory.apart)
      const updating = bind(updateStep(model, memory.layout.size), memory.whole)
      const measuring = model.measuresFirst ? bind(measuringStep(model, batch), memory.apart) : null
      const around = (work: () => void) =>
        place.record(() => {
          memory.given.block.upload()
          work()
          memory.sums.block.download()
        })
      const measure = measuring && around(() => measuring.run())
      const step = around(() => {
        computing.run()
        updating.run()
      })
      return new BoundLearner(place, model, memory, sessions, { step, measure })
    } catch (error) {
      await end(sessions, place)
      throw error
    }
  }

  load(state: LearnerState): void {
    for (const [name, { block, array }] of Object.entries(this.memory.vectors)) {
      for (const [to, from] of this.#pairs(array, state[name]!)) to.set(from)
      block.upload()
    }
    this.place.wait()
  }

  async step(input: StepInput): Promise<StepSums> {
    return this.#take(stepArrays(input, this.model.optimizer), this.begin.step)
  }

  async measure(input: BatchInput): Promise<StepSums> {
    return this.#take(batchArrays(input), this.begin.measure!)
  }

  async #take(inputs: Record<string, DataArray>, begin: () => void): Promise<StepSums> {
    const { given, sums } = this.memory
    for (const [name, array] of Object.entries(inputs)) given.arrays[name]!.set(array)
    begin()
    // whoever called goes on meanwhile, and messages arrive
    await setImmediate()
    this.place.wait()
    return namedSums(this.model, sums.array)
  }

  async state(): Promise<LearnerState> {
    const { vectors } = this.memory
    for (const { block } of Object.values(vectors)) block.download()
    this.place.wait()
    const flat = (array: Float32Array) => {
      const copy = new Float32Array(this.model.layout.size)
      for (const [from, to] of this.#pairs(array, copy)) to.set(from)
      return copy
    }
    const state = Object.entries(vectors).map(([name, { array }]) => [name, flat(array)] as const)
    return Object.fromEntries(state) as LearnerState & { parameters: Float32Array }
  }

  async release(): Promise<void> {
    await end(this.sessions, this.place)
  }

  /** Of each parameter, its elements in a vector there, and in one of the model's. */
  #pairs(there: Float32Array, flat: Float32Array): [Float32Array, Float32Array][] {
    const own = this.memory.layout.entries
    return this.model.layout.entries.map(({ offset, size }, i) => [
      there.subarray(own[i]!.offset, own[i]!.offset + size),
      flat.subarray(offset, offset + size),
    ])
  }
}

async function end(sessions: readonly Session[], place: Place): Promise<void> {
  for (const session of sessions) await session.release()
  place.release()
}

interface Vector {
  readonly block: Block
  /** The same numbers here. */
  readonly array: Float32Array
}

/** All tensors of a learner. */
class Memory {
  readonly layout: ParameterLayout
  /** The state, by name. */
  readonly vectors: Readonly<Record<string, Vector>>
  readonly sums: Vector
  /** What is given of a batch, with the numbers of the step. */
  readonly given: { readonly block: Block; readonly arrays: Readonly<Record<string, DataArray>> }
  /** By the names of gradientStep and measuringStep: a tensor for each parameter. */
  readonly apart: Record<string, Located>
  /** By the names of updateStep. */
  readonly whole: Record<string, Located>

  constructor(place: Place, model: Model, gradient: StepFunction) {
    this.layout = spaced(model.layout)
    const vector = (size: number): Vector => {
      const block = place.block(4 * size)
      return { block, array: new Float32Array(block.here) }
    }
    this.vectors = Object.fromEntries(vectorNames(model.optimizer).map((name) => [name, vector(this.layout.size)]))
    this.sums = vector(model.parts.length)
    const gradients = vector(this.layout.size)

    const scale = Object.keys(updateStep(model, 1).inputs).filter((name) => name.startsWith('scale/'))
    const batch = Object.entries(gradient.inputs).filter(([name]) => !name.startsWith('parameters/'))
    const specs = [...batch, ...scale.map((name) => [name, { shape: [], dtype: 'float32' }] as const)]
    let bytes = 0
    const places = specs.map(([name, { shape, dtype }]) => {
      const place = { name, dtype, offset: bytes, length: sizeOf(shape) }
      bytes += whole((dtype === 'uint8' ? 1 : 4) * place.length)
      return place
    })
    const block = place.block(bytes)
    const arrays = places.map(
      ({ name, dtype, offset, length }) => [name, over[dtype](block.here, offset, length)] as const,
    )
    this.given = { block, arrays: Object.fromEntries(arrays) }

    const located = (arrays: Record<string, DataArray>, block: Block) =>
      Object.fromEntries(Object.entries(arrays).map(([name, array]) => [name, block.at(array)]))
    const given = { ...located(this.given.arrays, block), sums: this.sums.block.at(this.sums.array) }
    const parameters = this.vectors['parameters']!
    this.apart = {
      ...given,
      ...located(prefixedViews('parameters', parameters.array, this), parameters.block),
      ...located(prefixedViews('gradients', gradients.array, this), gradients.block),
    }
    this.whole = { ...given, gradients: gradients.block.at(gradients.array) }
    for (const [name, { block, array }] of Object.entries(this.vectors)) this.whole[name] = block.at(array)
  }
}

/** Arrays over memory. */
const over: Record<TensorSpec['dtype'], (...where: [SharedArrayBuffer, number, number]) => DataArray> = {
  float32: (...where) => new Float32Array(...where),
  int32: (...where) => new Int32Array(...where),
  uint8: (...where) => new Uint8Array(...where),
}

/** Bytes, rounded up so that what follows lies as kernels that read whole vectors of numbers want it. */
function whole(bytes: number): number {
  return 256 * Math.ceil(bytes / 256)
}

/** The same parameters, each at such a place. What lies between them is 0, as are its gradient and what is kept of it. */
function spaced({ entries }: ParameterLayout): ParameterLayout {
  let size = 0
  const apart = entries.map((entry) => {
    const offset = size
    size += whole(4 * entry.size) / 4
    return { ...entry, offset }
  })
  return { entries: apart, size }
}
