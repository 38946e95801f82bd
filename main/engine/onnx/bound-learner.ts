/**
 * Training through ONNX Runtime's C API with all tensors bound where they are computed: a batch goes there, the sums come
 * back. The state is there twice: a step reads one and writes the other.
 */
import { setImmediate } from 'node:timers/promises'
import { entryOf } from '../../optimizers/named'
import type { Learner, LearnerOptions, LearnerState, StepInput, StepSums, WeighedInput } from '../engine'
import { Guess } from '../guess'
import { stepArrays } from '../learner'
import { gradientStep, namedSums, type StepFunction, updateStep } from '../step'
import { compile } from '../trace/compile'
import { BoundMemory, type Side, type Tensors } from './bound-memory'
import { bindInPlace } from './bound-session'
import type { CApi } from './c-api'
import type { Place, Recorded } from './place'

type Session = ReturnType<typeof bindInPlace>
type Made = Session | Recorded

/** A step, and the weights that it was begun with. */
interface Begun {
  readonly input: StepInput
  readonly guessed: WeighedInput
}

export class BoundLearner implements Learner {
  /** Where the state is. */
  private side: Side = 0
  /** A step that was begun ahead, from there. */
  private begun: Begun | undefined
  private readonly guess: Guess

  private constructor(
    private readonly place: Place,
    private readonly model: LearnerOptions['model'],
    private readonly memory: BoundMemory,
    /** A step from the state of each side. */
    private readonly steps: readonly [Recorded, Recorded],
    /** What to give back, in this order, before the place. */
    private readonly made: readonly Made[],
  ) {
    this.guess = new Guess(model)
  }

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
      // a side has sessions of its own: what is recorded of one may not be computed otherwise any more
      const step = (side: Side) => {
        const [gradient, update] = [computing(memory.gradient(side)), updating(memory.update(side))]
        const recorded = place.record(() => {
          memory.given.block.upload()
          gradient.run()
          update.run()
          memory.sums.block.download()
        })
        // before its sessions, whose memory it uses
        made.unshift(recorded)
        return recorded
      }
      return new BoundLearner(place, model, memory, [step(0), step(1)], made)
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
    this.begun = this.guessed(input)
  }

  async step(input: StepInput): Promise<StepSums> {
    const { guessed } = (this.begun = this.begun?.input === input ? this.begun : this.guessed(input))
    const sums = await this.end()
    this.begun = undefined
    const corrected = this.guess.corrected(guessed, input, sums)
    if (corrected) this.begin(corrected)
    const right = corrected ? await this.end() : sums
    this.side = this.side === 0 ? 1 : 0
    return right
  }

  /** Behind what was begun before, of which nobody asks any more. */
  private guessed(input: StepInput): Begun {
    if (this.begun) this.place.wait()
    const guessed = this.guess.of(input)
    this.begin(guessed)
    return { input, guessed }
  }

  private begin(input: WeighedInput): void {
    const { arrays } = this.memory.given
    for (const [name, array] of Object.entries(stepArrays(input, this.model.optimizer)))
      entryOf(arrays, name).set(array)
    this.steps[this.side].begin()
  }

  private async end(): Promise<StepSums> {
    // whoever called goes on meanwhile, and messages arrive
    await setImmediate()
    this.place.wait()
    return namedSums(this.model.parts, this.memory.sums.array)
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
