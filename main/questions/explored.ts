/** What a model's code is to those who explore it, and whether there is one. */
import { classCount } from '../../preload/classes'
import { hasClasses } from '../../preload/contract'
import { AppError } from '../../preload/errors'
import type { Codes } from '../models/model'
import type { Checkpoint } from './question'

/** @throws AppError `explore/not-offered`, `explore/no-code` */
export function exploredCodes({ programs: { model } }: Pick<Checkpoint, 'programs'>): Codes {
  if (model.codes === undefined)
    throw new AppError(
      'explore/not-offered',
      'This kind of model cannot be explored: it does not say what its codes are.',
      'Look at its samples and reconstructions in the Gallery, or show another run.',
    )
  if (model.codes.size > 0) return model.codes
  throw new AppError(
    'explore/no-code',
    'This model has no code: it predicts each pixel from those before it alone.',
    'Show a run whose model has a code, such as one of the other rows of Lossy.',
  )
}

/** How many classes the run's prior tells apart; 1: it knows none. */
export function classesOf({ run }: Pick<Checkpoint, 'run'>): number {
  return hasClasses(run.settings) ? classCount : 1
}

/** How many codes these numbers are. @throws AppError `explore/other-code` */
export function codesIn({ size }: Codes, numbers: Float32Array): number {
  if (numbers.length % size === 0) return numbers.length / size
  throw otherCode(size, numbers.length)
}

/** @throws AppError `explore/other-code` */
export function assertOne({ size }: Codes, code: Float32Array): void {
  if (code.length !== size) throw otherCode(size, code.length)
}

function otherCode(size: number, got: number): AppError {
  return new AppError(
    'explore/other-code',
    `A code of this model has ${size} numbers; these are ${got}.`,
    'They may be of another model: take a code of this run.',
  )
}
