/**
 * What each test image costs under a checkpoint, as far as that was estimated: kept in the run's folder, so that hours of it
 * survive a crash, and are not spent twice. Knows no tensors.
 */
import { z } from 'zod'
import { writeAtomic } from '../files/atomic'
import { readText } from '../files/text'

/** Nats: −log p(x), −log p(x|y), reconstruction, rate. */
export type CostRow = readonly [marginal: number, conditional: number, reconstruction: number, rate: number]

/** What the costs depend on besides what the file's name says. */
export interface Of {
  /** SHA-256 of the weights, hex. */
  readonly weights: string
  /** The data's fingerprint. */
  readonly data: string
  /** The app that has found them: models may have been mended since. */
  readonly app: string
}

const number = z.number()
const content = z.object({
  format: z.literal(1),
  of: z.object({ weights: z.string(), data: z.string(), app: z.string() }),
  /** Of the first images of the test set, in order. */
  costs: z.array(z.tuple([number, number, number, number])),
})

/** Of as many of the first images as are known; none where there is no such file, it is of other weights, or damaged. */
export async function readCosts(path: string, of: Of): Promise<CostRow[]> {
  try {
    const kept = content.parse(JSON.parse(await readText(path)))
    return Object.entries(of).every(([name, value]) => kept.of[name as keyof Of] === value) ? kept.costs : []
  } catch {
    return []
  }
}

/** @throws AppError `disk/…`; what was there before is then still there */
export async function writeCosts(path: string, of: Of, costs: readonly CostRow[]): Promise<void> {
  const lines = costs.map((costs) => JSON.stringify(costs)).join(',\n')
  await writeAtomic(path, `{"format":1,"of":${JSON.stringify(of)},"costs":[\n${lines}\n]}\n`)
}
