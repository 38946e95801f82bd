/** The compiled engine: functions are traced once, written as ONNX graphs and run by ONNX Runtime. */
import { updatesInPlace } from '../../optimizers/in-place'
import {
  asOneGraph,
  type Engine,
  type Learner,
  type LearnerOptions,
  type Program,
  type RowFunction,
  type TensorFunction,
  type TensorSpec,
  withKernels,
} from '../engine'
import { WholeStepLearner } from '../learner'
import { sharesMemory, whyUnplanned } from '../onnx/bound-plan'
import { whyCopied } from '../onnx/bound-session'
import { SessionProgram } from '../onnx/session'
import { compile } from '../trace/compile'
import { kept } from './kept'
import { LaneLearner } from './lanes'
import { prepareRows } from './rows'
import { RowsThreads } from './rows-thread'

/**
 * How lanes compute: by plans of kernels and products; as graphs, where their arrays lie; or on copies, for want of the C API:
 * these two give the same bits. Or there are none, for want of memory that threads share, and each step is one graph.
 */
export type Way = 'planned' | 'in place' | 'copied' | 'whole'

const ways: Record<Way, string> = {
  planned: withKernels,
  'in place': '',
  copied: ', with copies',
  whole: asOneGraph,
}

/** What this machine can do, and why that is not the fastest way. */
export async function wayHere(): Promise<{ readonly way: Way; readonly problem: Error | null }> {
  if (!sharesMemory()) return { way: 'whole', problem: new Error('It has no memory that threads share.') }
  const copied = await whyCopied()
  if (copied !== null) return { way: 'copied', problem: copied }
  const unplanned = await whyUnplanned()
  return { way: unplanned === null ? 'planned' : 'in place', problem: unplanned }
}

/** Bytes of a model whose optimisation by the library takes 0.7 s, and gains less than that in seventy calls. */
const large = 2 ** 18

export class OnnxEngine implements Engine {
  readonly name = 'onnx-cpu'
  private readonly threads: RowsThreads
  private way: Way

  /**
   * @param lanes threads that train side by side; what is no training uses as many threads
   * @param way they are expected to compute: what a learner then finds is what counts
   */
  constructor(
    private readonly lanes: number,
    way: Way = 'planned',
  ) {
    this.threads = new RowsThreads(lanes - 1)
    this.way = way
  }

  get device(): string {
    return `CPU, ${this.lanes} ${this.lanes === 1 ? 'lane' : 'lanes'}${ways[this.way]}`
  }

  async prepare(fn: TensorFunction, inputs: Record<string, TensorSpec>, name?: string): Promise<Program> {
    const model = await kept(name, inputs, () => compile(fn, inputs))
    return SessionProgram.create(model, { threads: this.lanes, asItIs: model.bytes.length > large })
  }

  prepareRows(fn: RowFunction): Promise<Program> {
    return prepareRows(fn, this.lanes, this.threads)
  }

  async learner(options: LearnerOptions): Promise<Learner> {
    const inPlace = options.model.optimizer.name in updatesInPlace
    if (!inPlace || this.way === 'whole') return WholeStepLearner.create(this, options)
    const learner = await LaneLearner.create(options)
    if (this.way !== 'copied') this.way = learner.planned ? 'planned' : 'in place'
    return learner
  }
}
