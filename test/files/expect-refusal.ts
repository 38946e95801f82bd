/** Runs something that may refuse: an AppError with code, sentence and remedy is an answer, anything else a failure. */
import assert from 'node:assert/strict'
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

/** As `errorOf` for what takes its time; with what it gives instead of the refusal. */
export async function answerOf<T>(action: () => T | Promise<T>, most = mostLetters): Promise<T | undefined> {
  try {
    return await action()
  } catch (error) {
    checkRefusal(error, most)
    return undefined
  }
}

/** Letters of a message that a person reads; it may name a path that is longer than all else. */
export const mostLetters = 600

/** @returns the error, if it is one that a person can act on; throws it, or what is wrong with it, otherwise. */
export function checkRefusal(error: unknown, most = mostLetters): AppError {
  if (!(error instanceof AppError) || error.code === 'internal') throw error
  assert.match(error.code, /^[a-z]+(\/[a-z-]+)?$/)
  assert.match(error.message, /[.!)]$/, 'a message is a sentence')
  assert.match(error.remedy, /[.!)]$/, 'a remedy is a sentence')
  assert.ok(error.message.length < most, `a message of ${error.message.length} letters`)
  return error
}
