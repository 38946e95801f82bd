/** What the trainer offers to the doors and the app. */
import type { AnswerTo, EngineReport, Question, RunNotes, RunSettings } from '../../preload/contract'
import type { Phase } from '../../preload/life'
import type { TrainerEvent } from './events'

/** A checkpoint of a run, or a file of weights from elsewhere. */
export type StartFrom = { readonly runFolder: string; readonly epoch: number } | { readonly file: string }

/** Of a run that others may have. */
export interface HoldOptions {
  /** Whoever had it on another computer is gone, unless it shows a sign of life within a minute. Default: it has it still. */
  readonly takeOver?: boolean
}

export interface StartOptions extends HoldOptions {
  readonly settings: RunSettings
  /** A folder in MNIST's format; null: the bundled set. */
  readonly dataFolder: string | null
  /** What the data must be; default: whatever is there. */
  readonly fingerprint?: string
  /** Where run folders are made. */
  readonly resultFolder: string
  /** Part of the run folder's name; default: the model's name. */
  readonly name?: string
  /** What is noted of it. */
  readonly notes?: RunNotes
  /** The run's folder, which may be there and holds no run yet; default: a new one. Absolute path in the result folder. */
  readonly folder?: string
  /** Begin with these weights instead of fresh ones, and with the optimizer's state where it is kept with them. */
  readonly from?: StartFrom
}

/** Of a call that takes long. */
export interface TaskOptions {
  /** Aborted: the call rejects with the code `cancelled`. */
  readonly signal?: AbortSignal
  /** Called now and then with what is done of the whole. */
  readonly onProgress?: (done: number, total: number) => void
}

/** A question to a checkpoint. */
export interface AskOptions<Q extends Question = Question> extends TaskOptions {
  readonly runFolder: string
  /** Default: the newest one whose weights can be used; a `notice` says where that is not the last one. */
  readonly epoch?: number
  readonly question: Q
}

export interface Answered<Q extends Question = Question> {
  /** Of the checkpoint that was asked. */
  readonly epoch: number
  readonly answer: AnswerTo<Q>
}

/** Trains one run at a time. Every method rejects with an AppError. */
export interface Trainer {
  /** Where the run is in its life; the last one's end while none is open. */
  readonly phase: Phase
  /** The open run's folder. */
  readonly folder: string | null
  /** Makes a folder for the run and trains in it; resolves with its absolute path once training has begun. */
  start(options: StartOptions): Promise<{ folder: string }>
  /** Makes ready what a run with these settings computes with, so that it starts without a wait. Not while one trains. */
  prepare(settings: RunSettings): Promise<void>
  /** Goes on with a run from its last saved step. */
  resume(options: { runFolder: string } & HoldOptions): Promise<{ folder: string }>
  /** Resolves when training stands still and is saved. @throws AppError `training/none` */
  pause(): Promise<void>
  /** Resolves when training goes on. @throws AppError `training/none`, `training/stopping`, `disk/full` */
  continue(): Promise<void>
  /** Saves what trains, as soon as the step under way is done; it trains on. Resolves when that is known. */
  save(): Promise<void>
  /**
   * Saves and ends the run (it can be resumed); resolves when its folder is let go. A start or resume under way is
   * given up, and rejects with `cancelled`.
   */
  stop(): Promise<void>
  /** Asks something of a checkpoint, also while a run trains: see the contract's `questions`. */
  ask<Q extends Question>(options: AskOptions<Q>): Promise<Answered<Q>>
  /** The ways to compute. Those never measured are tried, unless a run trains; `again`: the others, too. */
  engines(options?: { readonly again?: boolean }): Promise<EngineReport[]>
  /** Calls `listener` for every event, in order; returns a function that ends that. */
  on(listener: (event: TrainerEvent) => void): () => void
  /**
   * Saves and stops what runs, gives up all else, and resolves when the thread (or process) has ended: the app can
   * end then. What is asked for later is refused.
   */
  close(): Promise<void>
}
