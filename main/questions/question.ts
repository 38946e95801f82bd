/** What answers a question to a checkpoint: a function of what is asked and of the opened checkpoint. */
import type { AnswerOf, QuestionOf, QuestionType } from '../../preload/contract'
import type { Dataset } from '../mnist/types'
import type { RunFile } from '../runs/run-file'
import type { Watch } from '../training/evaluate'
import type { Programs } from '../training/programs'

/** A checkpoint that questions are put to. */
export interface Checkpoint {
  /** The run's folder. */
  readonly folder: string
  /** The run's, as it says of itself now. */
  readonly run: RunFile
  readonly epoch: number
  /** [layout.size], shared with other questions: not to be changed. */
  readonly parameters: Float32Array
  /** The parameters are averages of what training went on from. */
  readonly averaged: boolean
  /** Those that it went on from. @throws AppError `run/no-averages`, `run/no-raw-weights`, or as reading them does */
  raw(): Promise<Float32Array>
  /** The model's functions, and whatever else over its parameters is made ready with `prepare`, on the CPU. */
  readonly programs: Programs
  /** What the run is trained and measured on, the test images as its model sees them. @throws AppError `run/data-gone`, `run/data-changed` */
  data(): Promise<Dataset>
  /** It has been answered: what it was computed with may go. */
  done(): void
}

/**
 * @param watch where long work tells how far it is, and hears that it is given up: await `pass` between two batches
 * @throws AppError
 */
export type Answer<Type extends QuestionType> = (
  question: QuestionOf<Type>,
  checkpoint: Checkpoint,
  watch: Watch,
) => Promise<AnswerOf<Type>>
