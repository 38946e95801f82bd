/** The compiled engine: functions are traced once, written as ONNX graphs and run by ONNX Runtime. */
import { updatesInPlace } from '../../optimizers/in-place'
import type { Engine, Learner, LearnerOptions, Program, TensorFunction, TensorSpec } from '../engine'
import { WholeStepLearner } from '../learner'
import { SessionProgram } from '../onnx/session'
import { compile } from '../trace/compile'
import { LaneLearner } from './lanes'

export class OnnxEngine implements Engine {
  readonly name = 'onnx-cpu'
  readonly device: string

  /**
   * @param lanes threads that train side by side; what is no training uses as many threads in one session
   * @param copies they compute on copies, for want of the C API: the same bits, but slower
   */
  constructor(
    private readonly lanes: number,
    { copies = false } = {},
  ) {
    this.device = `CPU, ${lanes} ${lanes === 1 ? 'lane' : 'lanes'}${copies ? ', with copies' : ''}`
  }

  async prepare(fn: TensorFunction, inputs: Record<string, TensorSpec>): Promise<Program> {
    return SessionProgram.create(compile(fn, inputs), { threads: this.lanes })
  }

  async learner(options: LearnerOptions): Promise<Learner> {
    const inPlace = options.model.optimizer.name in updatesInPlace
    return inPlace ? LaneLearner.create(options) : WholeStepLearner.create(this, options)
  }
}
