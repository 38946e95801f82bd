/** What the trainer and its worker thread say to each other. */
import type { Evaluation, RunSettings, TrainerEvent } from '../../preload/contract'
import type { HeldLock } from '../files/lock'
import type { Owner } from '../files/owner'
import type { EngineInfo, Reconstructions, Samples } from './api'

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
  /** The next three take long: the number is the caller's own, to give them up by, and to know their progress. */
  sample(id: number, options: SampleCall): Promise<Samples>
  reconstruct(id: number, options: ReconstructCall): Promise<Reconstructions>
  evaluate(id: number, options: EvaluateCall): Promise<Evaluation>
  /** The call under way rejects with the code `cancelled`. */
  cancel(id: number): void
  engines(options: { readonly again: boolean }): Promise<EngineInfo[]>
  /**
   * Stops and gives up everything, takes nothing new, and lets go of all that is native: the worker ends by itself
   * then. Ended from outside in the middle of a call of ONNX Runtime, it would take the whole process with it.
   */
  leave(): Promise<void>
}

export interface NewRun {
  /** Made, and empty. */
  readonly folder: string
  readonly name: string
  readonly settings: RunSettings
  readonly dataFolder: string
  /** What its data must be; default: whatever is there. */
  readonly fingerprint?: string
  readonly bundled: boolean
  /** The checkpoint that its first weights come from. */
  readonly from: { readonly folder: string; readonly epoch: number } | null
}

export interface OldRun {
  readonly folder: string
  /** Where the bundled set lies, if anywhere: a thread cannot find out. */
  readonly bundledFolder: string | null
}

interface CheckpointChoice {
  readonly folder: string
  /** Default: the newest one that can be used. */
  readonly epoch?: number
}

export interface SampleCall extends CheckpointChoice {
  readonly labels: Uint8Array
  readonly seed: number
  readonly temperature: number
}

export interface ReconstructCall extends CheckpointChoice, OldRun {
  readonly images: readonly number[]
}

export interface EvaluateCall extends CheckpointChoice, OldRun {}

/** The main thread's side. */
export interface TrainerCalls {
  /** In their order. */
  events(events: readonly TrainerEvent[]): void
  /** Of the call with this number. */
  progress(id: number, done: number, total: number): void
}
