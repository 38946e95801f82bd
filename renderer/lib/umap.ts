/** UMAP of codes, step by step: those that are neighbours come to lie near each other in the plane. The same each time. */
import { UMAP } from 'umap-js'
import { placeOf, type Places } from './map'

/** As the library has it; fewer of fewer codes. */
const neighbours = 15
/** How far off the furthest dot starts: what the library expects of a start by chance. */
const spread = 10
const seed = 0

export interface Layout {
  /** Steps until it is done. */
  readonly steps: number
  /** Goes a step on; how many are done. */
  step(): number
  /** Where the codes lie by now. */
  places(): Places
}

/**
 * @param codes [count, size]; three at least, fewer stay where they start
 * @param start where they lie at first; the furthest at 1
 */
export function layOut(codes: Float32Array, size: number, start: Places): Layout {
  const count = codes.length / size
  if (count < 3) return { steps: 0, step: () => 0, places: () => start }
  const rows = Array.from({ length: count }, (_, i) => Array.from(codes.subarray(i * size, (i + 1) * size)))
  const umap = new UMAP({ nNeighbors: Math.min(neighbours, count - 1), random: chance(seed) })
  const steps = umap.initializeFit(rows)
  // these are what its steps move, in the place of a start by chance
  const moved = umap.getEmbedding()
  for (const [i, row] of moved.entries()) {
    const { x, y } = placeOf(start, i)
    row.splice(0, 2, spread * x, spread * y)
  }
  return { steps, step: () => umap.step(), places: () => Float32Array.from(umap.getEmbedding().flat()) }
}

/** Numbers in [0, 1), a function of the seed: mulberry32. */
function chance(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}
