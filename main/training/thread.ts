/** The worker thread seen from main's side: its calls, and its death as an error that a person can read. */
import { Worker, type ResourceLimits } from 'node:worker_threads'
import { AppError } from '../../preload/errors'
import { connect, type Remote } from '../../preload/rpc'
import type { TrainerCalls, WorkerCalls } from './worker-calls'

export interface ThreadOptions {
  readonly worker?: URL
  readonly saveEvery?: number
  readonly resourceLimits?: ResourceLimits
}

export class TrainingThread {
  readonly calls: Remote<WorkerCalls, TrainerCalls>
  private readonly worker: Worker
  private readonly exited: Promise<void>
  private cause: unknown

  /** @param died called once when the thread has ended without being told to; its calls have been rejected then */
  constructor(ours: TrainerCalls, died: (error: AppError) => void, options: ThreadOptions) {
    const { worker = new URL('./worker.js', import.meta.url), saveEvery, resourceLimits } = options
    // TensorFlow reads them when its library is loaded in the thread, and sees only what was set here: errors alone on
    // the terminal, no more of a GPU's memory than it needs, and the same bits in every run
    process.env['TF_CPP_MIN_LOG_LEVEL'] ??= '2'
    process.env['TF_FORCE_GPU_ALLOW_GROWTH'] ??= 'true'
    process.env['TF_DETERMINISTIC_OPS'] ??= '1'
    this.worker = new Worker(worker, {
      name: 'training',
      workerData: saveEvery === undefined ? {} : { saveEvery },
      ...(resourceLimits && { resourceLimits }),
    })
    this.calls = connect<WorkerCalls, TrainerCalls>(ours, {
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread's port has no origin
      post: (message) => this.worker.postMessage(message),
      on: (listener) => void this.worker.on('message', listener),
    })
    this.worker.on('error', (error) => (this.cause = error))
    this.exited = new Promise((resolve) => {
      this.worker.once('exit', (code) => {
        const error = deathOf(this.cause, code)
        this.calls.$close(error)
        resolve()
        if (!this.ending) died(error)
      })
    })
  }

  private ending = false

  async terminate(): Promise<void> {
    this.ending = true
    await this.worker.terminate()
    await this.exited
  }
}

function deathOf(cause: unknown, exitCode: number): AppError {
  const remedy = 'Resume the run from its last saved step.'
  if (cause instanceof Error && 'code' in cause && cause.code === 'ERR_WORKER_OUT_OF_MEMORY')
    return new AppError(
      'training/out-of-memory',
      'Training ran out of memory and has ended.',
      `${remedy} If it happens again, close other programs, or start a run with fewer images a step.`,
      { cause },
    )
  if (cause !== undefined)
    return new AppError(
      'training/crashed',
      `Training has ended because of an error inside the app: ${cause instanceof Error ? cause.message : String(cause)}`,
      `${remedy} If it happens again, report it with the details.`,
      { cause },
    )
  return new AppError('training/crashed', `The training thread has ended by itself (exit code ${exitCode}).`, remedy)
}
