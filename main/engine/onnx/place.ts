/** Where a bound learner computes and keeps its tensors: this thread and its memory, or a GPU (cuda-place.ts). */
import type { DataArray } from '../engine'
import type { Target } from '../trace/graph'
import { type Located, type Processor, thisThread } from './bound-session'
import type { CApi } from './c-api'

export interface Place extends Processor {
  readonly target: Target
  /** @param bytes all 0 at first */
  block(bytes: number): Block
  /**
   * Makes of some work something to do again and again, faster. The work does nothing but run bound sessions and bring
   * blocks there and back; it may be done some times meanwhile.
   */
  record(work: () => void): Recorded
  /** Returns when all is done that was begun. @throws Error why it cannot be done */
  wait(): void
  release(): void
}

export interface Recorded {
  begin(): void
  /** To be done before the sessions are released. */
  release(): void
}

/** Memory that tensors lie in, and the same bytes here. */
export interface Block {
  readonly here: SharedArrayBuffer
  /** What a tensor is bound to whose elements are here in `view`. */
  at(view: DataArray): Located
  /** Begins to bring the bytes there, behind what was begun before. They must not change here until it is done. */
  upload(): void
  /** The same the other way. */
  download(): void
}

/** The calling thread. */
export function cpuPlace(api: CApi): Place {
  const block = (bytes: number): Block => ({
    here: new SharedArrayBuffer(bytes),
    at: (view) => view,
    upload: () => {},
    download: () => {},
  })
  return { ...thisThread(api), target: 'cpu', block, record: plain, wait: () => {}, release: () => {} }
}

/** Work that is done as it is. */
export function plain(work: () => void): Recorded {
  return { begin: work, release: () => {} }
}
