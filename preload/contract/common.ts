/** What several subjects are made of: numbers within bounds, names, and an error as data. */
import { z } from 'zod'

export const count = (min: number, max: number) => z.int().min(min).max(max)

/** An AppError as data (errors.ts). */
export const errorData = z.object({
  code: z.string(),
  message: z.string(),
  remedy: z.string(),
  details: z.string().optional(),
})

/**
 * A run's folder name inside the result folder. Never a path: without separators, and never `..` or hidden. On Windows
 * the app takes even fewer (main/runs/ids.ts).
 */
export const runId = z
  .string()
  .max(255)
  // oxlint-disable-next-line no-control-regex
  .regex(/^(?!\.)[^/\0]+$/, 'is not the name of a run')
export type RunId = z.infer<typeof runId>

/** The trained model that comes with the app: no folder's name, so that whatever changes a run takes none of it. */
export const shippedId = '.shipped'

/** A run, or that model: what can be looked at and asked. */
export const modelId = z.union([runId, z.literal(shippedId)])

/** What a person calls a run: a line of text. */
export const runName = z
  .string()
  .trim()
  .min(1)
  .max(120)
  .regex(/^[^\p{Cc}\p{Zl}\p{Zp}]+$/u, 'is not a line of text')

/** What a person groups runs by: a word or a few. Commas stand between tags where several are typed. */
export const runTag = z
  .string()
  .trim()
  .min(1)
  .max(40)
  .regex(/^[^\p{Cc}\p{Zl}\p{Zp},]+$/u, 'is not a word or a few')

export const epochNumber = count(0, 1_000_000)
