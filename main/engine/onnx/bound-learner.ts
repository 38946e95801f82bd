/**
 * Training through ONNX Runtime's C API with all tensors bound where they are computed: a batch goes there, the sums come
 * back. The state is there twice: a step reads one and writes the other.
 */
import { setImmediate } from 'node:timers/promises'
import { entryOf } from '../../optimizers/named'
import type { BatchInput, DataArray, Learner, LearnerOptions, LearnerState, StepInput, StepSums } from '../engine'
import { batchArrays, stepArrays } from '../learner'
import { gradientStep, measurable, measuringStep, namedSums, type StepFunction, updateStep } from '../step'
import { compile } from '../trace/compile'
import { BoundMemory, type Side, type Tensors } from './bound-memory'
import { bindInPlace } from './bound-session'
import type { CApi } from './c-api'
import type { Place, Recorded } from './place'

type Session = ReturnType<typeof bindInPlace>
type Made = Session | Recorded

/** What is done from the state of one side. */
interface Work {
  readonly step: Recorded
  readonly measure: Recorded | null
}

export class BoundLearner implements Learner {
  /** Where the state is. */
  private side: Side = 0
  /** A step that was begun ahead, from there. */
  private begun: StepInput | undefined

  private constructor(
    private readonly place: Place,
    private readonly model: LearnerOptions['model'],
    private readonly memory: BoundMemory,
    private readonly work: readonly [Work, Work],
    /** What to give back, in this order, before the place. */
    private readonly made: readonly Made[],
  ) {}

  /** @param place is the learner's from then on */
  static async create(api: CApi, place: Place, { model, batch }: LearnerOptions): Promise<BoundLearner> {
    const made: Made[] = []
    try {
      const gradient = gradientStep(model, batch)
      const memory = new BoundMemory(place, model, gradient)
      const ready = ({ fn, inputs }: StepFunction) => {
        const compiled = compile(fn, inputs, place.target)
        return ({ inputs, outputs }: Tensors) => {
          const wanted = Object.fromEntries(Object.keys(compiled.outputs).map((name) => [name, entryOf(outputs, name)]))
          const session = bindInPlace(api, compiled, inputs, wanted, place)
          made.push(session)
          return session
        }
      }
      const [computing, updating] = [ready(gradient), ready(updateStep(model, memory.layout.size))]
      const measuring = model.measuredFirst.length > 0 ? ready(measuringStep(model, batch)) : null
      const record = (...sessions: readonly Session[]) => {
        const recorded = place.record(() => {
          memory.given.block.upload()
          for (const session of sessions) session.run()
          memory.sums.block.download()
        })
        // before its sessions, whose memory it uses
        made.unshift(recorded)
        return recorded
      }
      // a side has sessions of its own: what is recorded of one may not be computed otherwise any more
      const work = ([0, 1] as const).map((side) => ({
        step: record(computing(memory.gradient(side)), updating(memory.update(side))),
        measure: measuring && record(measuring(memory.gradient(side))),
      })) as [Work, Work]
      return new BoundLearner(place, model, memory, work, made)
    } catch (error) {
      // why it could not be made counts more than what could not be given back then
      await giveBack(made, place).catch(() => {})
      throw error
    }
  }

  load(state: LearnerState): void {
    this.begun = undefined
    this.memory.write(this.side, state)
    this.place.wait()
  }

  ahead(input: StepInput): void {
    this.begin(stepArrays(input, this.model.optimizer), this.work[this.side].step)
    this.begun = input
  }

  async step(input: StepInput): Promise<StepSums> {
    if (this.begun !== input) this.ahead(input)
    const sums = await this.end(this.model.parts)
    this.side = this.side === 0 ? 1 : 0
    return sums
  }

  async measure(input: BatchInput): Promise<StepSums> {
    this.begin(batchArrays(input), measurable(this.work[this.side].measure))
    return this.end(this.model.measuredFirst)
  }

  /** Behind what was begun before, of which nobody asks any more. */
  private begin(inputs: Record<string, DataArray>, work: Recorded): void {
    if (this.begun) this.place.wait()
    const { arrays } = this.memory.given
    for (const [name, array] of Object.entries(inputs)) entryOf(arrays, name).set(array)
    work.begin()
  }

  /** @param parts that were added up, in the order of their sums: the first ones of the memory for all */
  private async end(parts: readonly string[]): Promise<StepSums> {
    // whoever called goes on meanwhile, and messages arrive
    await setImmediate()
    this.place.wait()
    this.begun = undefined
    return namedSums(parts, this.memory.sums.array.subarray(0, parts.length))
  }

  async state(): Promise<LearnerState> {
    const read = this.memory.read(this.side)
    this.place.wait()
    return read()
  }

  async release(): Promise<void> {
    await giveBack(this.made, this.place)
  }
}

/** All of it, also after one that fails. @throws what the first one failed with */
async function giveBack(made: readonly Made[], place: Place): Promise<void> {
  try {
    // a step may have been begun that nobody has asked for
    place.wait()
  } catch {
    // of a card that is lost
  }
  const failures: unknown[] = []
  for (const one of made)
    try {
      await one.release()
    } catch (error) {
      failures.push(error)
    }
  place.release()
  if (failures.length > 0) throw failures[0]
}
