/** The training worker seen from main's side: its calls, and its death as an error that a person can read. */
import type { ResourceLimits } from 'node:worker_threads'
import { AppError } from '../../preload/errors'
import { refusalOf } from '../../preload/refusals.mjs'
import { connect, type Remote } from '../../preload/rpc'
import { prepareNativeEnvironment } from '../native-environment'
import type { TrainerCalls, WorkerCalls } from './calls'
import type { End, Host, StartHost } from './hosts'
import { givenUp } from './under-way'

export interface WorkerOptions {
  /** The worker's built file; default: `worker.js` beside this one. */
  readonly worker?: URL
  /** Milliseconds between two saves within an epoch; default: 30 seconds. */
  readonly saveEvery?: number
  /** A page looks on: draws within the first epoch, too, told as `sketch` events, and tells of steps at its pace; default: a terminal. */
  readonly page?: boolean
  /** Of a thread's JavaScript; default: Node's own. */
  readonly resourceLimits?: ResourceLimits
}

export class WorkerLink {
  readonly calls: Remote<WorkerCalls, TrainerCalls>
  private readonly host: Host
  private ending = false

  /** @param died called once when the worker has ended without being told to; its calls have been rejected then */
  constructor(
    readonly startHost: StartHost,
    ours: TrainerCalls,
    died: (error: AppError) => void,
    options: WorkerOptions,
  ) {
    const { worker = new URL('./worker.js', import.meta.url), saveEvery, page, resourceLimits } = options
    prepareNativeEnvironment()
    const wishes = [
      ...(saveEvery === undefined ? [] : [`--save-every=${saveEvery}`]),
      ...(page === true ? ['--page'] : []),
    ]
    this.host = startHost(worker, wishes, resourceLimits)
    this.calls = connect<WorkerCalls, TrainerCalls>(ours, this.host)
    void this.outlive(died)
  }

  private async outlive(died: (error: AppError) => void): Promise<void> {
    const end = await this.host.ended
    const error = this.ending ? givenUp() : deathOf(end)
    this.calls.$close(error)
    if (!this.ending) died(error)
  }

  /** Resolves when the worker has ended: it is asked to leave, and ended from outside only when it does not. */
  async end(): Promise<void> {
    this.ending = true
    const late = setTimeout(() => this.host.terminate(), patience)
    void this.calls.leave.asEvent()
    await this.host.ended
    clearTimeout(late)
  }
}

/** Milliseconds that a worker may take to come to the end of what it does. */
const patience = 10_000

const remedy = 'Resume the run from its last saved step.'

function deathOf({ kind, code, signal, cause, words }: End): AppError {
  if ((cause instanceof Error && 'code' in cause && cause.code === 'ERR_WORKER_OUT_OF_MEMORY') || isFull(words))
    return new AppError(
      'training/out-of-memory',
      'Training ran out of memory and has ended.',
      `${remedy} If it happens again, close other programs, or start a run with fewer images a step.`,
      { cause },
    )
  const refusal = refusalOf(cause)
  if (refusal !== undefined)
    return new AppError(refusal.code, `The training ${kind} has ended: ${refusal.reason}.`, refusal.remedy, { cause })
  if (cause !== undefined)
    return new AppError(
      'training/crashed',
      `Training has ended because of an error inside the app: ${cause instanceof Error ? cause.message : String(cause)}`,
      `${remedy} If it happens again, report it with the details.`,
      { cause },
    )
  const details = words ? { details: words } : {}
  if (signal === 'SIGKILL')
    return new AppError(
      'training/killed',
      'The training process was ended from outside, as the system does when memory runs out. The app is unharmed.',
      `${remedy} If it happens again, close other programs, or start a run with fewer images a step.`,
      details,
    )
  if (signal)
    return new AppError(
      'training/crashed',
      `The training process has crashed (${signal}). The app is unharmed.`,
      `${remedy} If it happens again, choose another engine in the settings.`,
      details,
    )
  return new AppError(
    'training/crashed',
    `The training ${kind} has ended by itself (exit code ${code}).`,
    remedy,
    details,
  )
}

function isFull(words: string | undefined): boolean {
  return words?.includes('heap out of memory') ?? false
}
