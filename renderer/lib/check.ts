/** Validates what a person types against the contract, with the reason in plain words. */
import type { z } from 'zod'
import { count } from './format'

export type Checked = { value: number; problem: null } | { value: null; problem: string }

/** Digits in groups of three, by commas, points or spaces; the first group is 1–999. */
const groups = /^[+-]?[1-9]\d{0,2}(?:([,.]|\s)\d{3})(?:\1\d{3})*$/
const decimal = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i

/** A number as typed: `0.001`, `1e-3`; a whole one also `60,000` and `60 000`. What could mean two numbers is refused. */
export function checkNumber(text: string, schema: z.ZodType<number>): Checked {
  const plain = text.trim()
  const whole = (schema as z.ZodNumber).isInt
  const [, separator] = groups.exec(plain) ?? []
  const joined = plain.replace(/[,.\s]/g, '')
  if (separator === '.' && whole) return wrong(`Without the point: ${joined}.`)
  if (separator === ',' && !whole) return wrong(`With a point, ${pointed(plain)}, or without: ${joined}.`)
  const number = separator === undefined || separator === '.' ? plain : joined
  if (!decimal.test(number))
    return wrong(
      /,\d/.test(plain) && decimal.test(pointed(plain)) ? `Use a point: ${pointed(plain)}.` : 'Write a number.',
    )
  const parsed = schema.safeParse(Number(number))
  return parsed.success ? { value: parsed.data, problem: null } : wrong(sentence(parsed.error.issues[0]))
}

function wrong(problem: string): Checked {
  return { value: null, problem }
}

/** With a point where a comma was written for one. */
function pointed(text: string): string {
  return text.replace(',', '.')
}

function sentence(issue: z.core.$ZodIssue | undefined): string {
  switch (issue?.code) {
    case 'too_small':
      return `${issue.inclusive ? 'At least' : 'More than'} ${count(Number(issue.minimum))}.`
    case 'too_big':
      return `${issue.inclusive ? 'Up to' : 'Less than'} ${count(Number(issue.maximum))}.`
    case 'invalid_type':
      return 'A whole number.'
    default:
      return issue?.message ?? 'This cannot be used.'
  }
}
