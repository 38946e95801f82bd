/** What benches share. */
import { cpus } from 'node:os'

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

/** What package.json's scripts start Node with: threads of the garbage collector take cores from the training. */
export const nodeFlags = ['--single-threaded-gc']

/** The machine, for the first line of a bench: a figure without it means nothing. */
export function machine(): string {
  const cores = cpus()
  return `${cores.length} × ${cores[0]?.model.trim() ?? 'unknown processor'}, Node ${process.versions.node}`
}
