/** What a person types, checked against the contract, with the reason in plain words. */
import type { z } from 'zod'

export type Checked = { value: number; problem: null } | { value: null; problem: string }

/** A number as typed: `0.001`, `1e-3`, `60,000`. */
export function checkNumber(text: string, schema: z.ZodType<number>): Checked {
  const plain = text.trim().replace(/(?<=\d)[,\u2009\u00a0 ](?=\d{3}\b)/g, '')
  const value = Number(plain)
  if (plain === '' || !Number.isFinite(value)) return { value: null, problem: 'Write a number.' }
  const parsed = schema.safeParse(value)
  if (parsed.success) return { value: parsed.data, problem: null }
  return { value: null, problem: sentence(parsed.error.issues[0]) }
}

function sentence(issue: z.core.$ZodIssue | undefined): string {
  switch (issue?.code) {
    case 'too_small':
      return issue.inclusive ? `At least ${issue.minimum}.` : `More than ${issue.minimum}.`
    case 'too_big':
      return issue.inclusive ? `At most ${issue.maximum}.` : `Less than ${issue.maximum}.`
    case 'invalid_type':
      return 'A whole number.'
    default:
      return issue?.message ?? 'This cannot be used.'
  }
}
