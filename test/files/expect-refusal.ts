/** Runs something that may refuse: an AppError with code, sentence and remedy is an answer, anything else a failure. */
import { expect } from 'vitest'
import { AppError } from '../../preload/errors'

/** @returns the code of the refusal, or undefined where there was none. */
export function refusalOf(action: () => unknown): string | undefined {
  return errorOf(action)?.code
}

/** @returns the refusal, or undefined where there was none. */
export function errorOf(action: () => unknown): AppError | undefined {
  try {
    action()
    return undefined
  } catch (error) {
    return checkRefusal(error)
  }
}

/** @returns the error, if it is one that a person can act on. */
export function checkRefusal(error: unknown): AppError {
  if (!(error instanceof AppError)) throw error
  expect(error.code).toMatch(/^[a-z]+\/[a-z-]+$/)
  expect(error.message).toMatch(/[.!)]$/)
  expect(error.remedy).toMatch(/[.!)]$/)
  expect(error.message.length).toBeLessThan(600)
  return error
}
