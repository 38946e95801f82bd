/** metrics.jsonl of a run: what is read of it, and where a run that is resumed goes on in it. Knows no tensors. */
import { join } from 'node:path'
import { readJsonLines, takeOutJsonLines } from '../files/jsonl'
import { metricsLine, type MetricsLine } from './metrics-line'
import { metricsAsideName, metricsName } from './names'

/** How far a run has come: its last step, and its last finished epoch. */
interface Reached {
  readonly step: number
  readonly epoch: number
}

/**
 * Steps and epochs in order, each once: where a file has one twice, the later line counts. What else stands there (lines
 * of another version, damaged ones) is left out.
 *
 * @param upTo leaves out what came later
 * @throws AppError `disk/…`
 */
export async function readMetrics(folder: string, upTo?: Reached): Promise<MetricsLine[]> {
  const values = await readJsonLines(join(folder, metricsName))
  const wanted = upTo === undefined ? values : values.filter((value) => isOf(value, upTo))
  const lines = wanted.flatMap((value) => metricsLine.safeParse(value).data ?? [])
  const sorted = lines.toSorted(order)
  return sorted.filter((line, i) => {
    const next = sorted[i + 1]
    return next === undefined || order(line, next) < 0
  })
}

/** Takes a run's metrics back to where it goes on from; the lines written after that are kept beside them. */
export async function rewindMetrics(folder: string, to: Reached): Promise<void> {
  await takeOutJsonLines(join(folder, metricsName), (value) => isOf(value, to), join(folder, metricsAsideName))
}

/** By step, and the end of an epoch behind its last one. */
function order(a: MetricsLine, b: MetricsLine): number {
  const epochOf = (line: MetricsLine) => (line.type === 'epoch' ? line.epoch : -1)
  return a.step - b.step || epochOf(a) - epochOf(b)
}

/** Whether a line was written when a run had come so far: one that does not say that it is from later was. */
function isOf(line: object, { step, epoch }: Reached): boolean {
  const { type, step: ofStep, epoch: ofEpoch } = line as { type?: unknown; step?: unknown; epoch?: unknown }
  if (type === 'epoch' && typeof ofEpoch === 'number' && ofEpoch > epoch) return false
  return !(typeof ofStep === 'number' && ofStep > step)
}
