/** Option values of the command line, checked against schemas, with messages that name the allowed range. */
import { resolve } from 'node:path'
import { z } from 'zod'
import { count } from '../../preload/amounts'
import { AppError } from '../../preload/errors'

/** What was typed can never be right, whatever the state of the runs: exit code 2. */
export function usageError(message: string): AppError {
  return new AppError('usage', message, 'Add --help to a command to see what it takes.')
}

/** What values a schema takes, for a sentence that begins "--epochs must be …". */
export function describeRange(schema: z.ZodType): string {
  if (schema instanceof z.ZodNumber) {
    const kind = schema.isInt ? 'a whole number' : 'a number'
    const min = schema.minValue ?? Number.NEGATIVE_INFINITY
    const max = schema.maxValue ?? Number.POSITIVE_INFINITY
    return schema.safeParse(min).success
      ? `${kind} from ${count(min)} to ${count(max)}`
      : `${kind} above ${count(min)} and at most ${count(max)}`
  }
  if (schema instanceof z.ZodEnum) return schema.options.join(' or ')
  if (schema.description !== undefined) return schema.description
  if (schema instanceof z.ZodString)
    return `a line of ${schema.minLength} to ${schema.maxLength} characters, without control characters`
  throw new TypeError(`There are no words for a ${schema.type} option.`)
}

/**
 * A parser for commander: the text as the schema's value, or an error that names the option and what it takes.
 *
 * @param flags the option, with or without its argument's name
 * @example optionParser('--epochs <n>', schema)('abc') // --epochs must be a whole number from 1 to 10,000; got "abc"
 */
export function optionParser<T>(flags: string, schema: z.ZodType<T>): (text: string) => T {
  return (text) => {
    const parsed = schema.safeParse(schema instanceof z.ZodNumber ? numberFrom(text) : text)
    if (!parsed.success) throw usageError(`${longName(flags)} must be ${describeRange(schema)}; got "${text}"`)
    return parsed.data
  }
}

/** A parser for commander: a path, made absolute. */
export function pathParser(flags: string, what: string): (text: string) => string {
  return (text) => {
    if (text.trim() === '') throw usageError(`${longName(flags)} must be the path of a ${what}; got "${text}"`)
    return resolve(text)
  }
}

/** `--epochs` of `--epochs <n>`. */
function longName(flags: string): string {
  return flags.replace(/ .*/, '')
}

/** Decimal notation only: what people type, and nothing else that Number() reads (blanks, hex, Infinity). */
function numberFrom(text: string): number | undefined {
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : undefined
}
