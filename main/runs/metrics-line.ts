/** A line of metrics.jsonl, as this version writes it and as older ones did. */
import { z } from 'zod'
import { epochMetrics, stepMetrics, trainingParts, withLoss } from '../../preload/contract'

/** A line of metrics.jsonl, also of a version that wrote the objective as `loss`. */
export const metricsLine = z.preprocess(
  (line) => {
    const { type, train } = (line ?? {}) as { type?: unknown; train?: unknown }
    if (type === 'step') return ofOlder(line)
    return type === 'epoch' ? { ...(line as object), train: ofOlder(train) } : line
  },
  z.discriminatedUnion('type', [stepMetrics, epochMetrics]),
)
export type MetricsLine = z.infer<typeof metricsLine>

/** What a line of that version holds beside the parts of the loss. */
const beside = new Set(['type', 'step', 'epoch', 'klWeight', 'loss'])

/** Training parts without an objective have it under `loss`. */
function ofOlder(line: unknown): unknown {
  if (typeof line !== 'object' || line === null || 'objective' in line) return line
  const { success, data } = trainingParts.safeParse({
    ...Object.fromEntries(Object.entries(line).filter(([name]) => !beside.has(name))),
    loss: (line as { loss?: unknown }).loss,
    objective: null,
  })
  if (!success) return line
  const { loss: objective, objective: _, ...costs } = data
  return Object.keys(costs).length === 0 ? line : { ...line, objective, ...withLoss(costs) }
}
