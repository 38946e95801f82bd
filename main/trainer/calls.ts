/** What the trainer and its worker thread say to each other. */
import type { EngineReport, Question, RunSettings } from '../../preload/contract'
import type { HeldLock } from '../files/lock'
import type { Owner } from '../files/owner'
import type { Answered } from './api'
import type { TrainerEvent } from './events'

/** The worker's side. Folders are absolute paths. */
export interface WorkerCalls {
  /** The process that writes a run's files. */
  owner(): Promise<Owner>
  /** @param lock the run's, for this owner: without it nobody else has the run, and that is not looked at */
  start(run: NewRun, lock?: HeldLock): Promise<void>
  prepare(settings: RunSettings): Promise<void>
  resume(run: OldRun, lock?: HeldLock): Promise<void>
  pause(): Promise<void>
  continue(): Promise<void>
  /** What trains is saved after the step under way. */
  save(): Promise<void>
  /** The run is saved and has ended; a start or resume under way is given up, and rejects with `cancelled`. */
  stop(): Promise<void>
  /** @param id the caller's own, to give it up by, and to know its progress */
  ask(id: number, call: AskCall): Promise<Answered>
  /** The call under way rejects with the code `cancelled`. */
  cancel(id: number): void
  engines(options: { readonly again: boolean }): Promise<EngineReport[]>
  /**
   * Stops and gives up everything, takes nothing new, and lets go of all that is native: the worker ends by itself
   * then. Ended from outside in the middle of a call of ONNX Runtime, it would take the whole process with it.
   */
  leave(): Promise<void>
}

export interface FromCheckpoint {
  readonly folder: string
  readonly epoch: number
}

export interface NewRun {
  /** Made, and without a run. */
  readonly folder: string
  readonly name: string
  readonly settings: RunSettings
  readonly dataFolder: string
  /** What its data must be; default: whatever is there. */
  readonly fingerprint?: string
  readonly bundled: boolean
  /** The checkpoint that its first weights come from, or the file. */
  readonly from: FromCheckpoint | { readonly file: string } | null
}

export interface OldRun {
  readonly folder: string
  /** Where the bundled set lies, if anywhere: a thread cannot find out. */
  readonly bundledFolder: string | null
}

/** Which checkpoint is meant. */
export interface CheckpointChoice extends OldRun {
  /** Default: the newest one whose weights can be used; it is told where that is not the last one. */
  readonly epoch?: number
}

export interface AskCall extends CheckpointChoice {
  readonly question: Question
}

/** The main thread's side. */
export interface TrainerCalls {
  /** In their order. */
  events(events: readonly TrainerEvent[]): void
  /** Of the call with this number. */
  progress(id: number, done: number, total: number): void
}
