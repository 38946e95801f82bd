/** How many lanes a run has when nobody has chosen. */
import { availableParallelism } from 'node:os'
import type { RunSettings } from '../../preload/contract'

/** More than this share a batch too finely to gain from it. */
export const mostLanes = 8

/** The setting itself, or for 0: one for each of the processor's cores, but not more than `mostLanes`. */
export function lanesFor(
  { lanes, batch }: Pick<RunSettings, 'lanes' | 'batch'>,
  cores = availableParallelism(),
): number {
  return lanes === 0 ? Math.min(cores, mostLanes, batch) : lanes
}
