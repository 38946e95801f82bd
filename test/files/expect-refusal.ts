/** Runs something that may refuse: an AppError with code, sentence and remedy is an answer, anything else a failure. */
import { expect } from 'vitest'
import { AppError } from '../../preload/errors'

/** @returns the code of the refusal, or undefined where there was none. */
export function refusalOf(action: () => unknown): string | undefined {
  try {
    action()
    return undefined
  } catch (error) {
    return checkRefusal(error)
  }
}

/** @returns its code. */
export function checkRefusal(error: unknown): string {
  if (!(error instanceof AppError)) throw error
  expect(error.code).toMatch(/^[a-z]+\/[a-z-]+$/)
  expect(error.message).toMatch(/[.!)]$/)
  expect(error.remedy).toMatch(/[.!)]$/)
  expect(error.message.length).toBeLessThan(600)
  return error.code
}
