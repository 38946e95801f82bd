/** What all lanes of a learner share: one memory with all that is computed on, and how they tell each other what to do. */
import { imageSize } from '../../../preload/images'
import type { Model } from '../../models/model'
import { mapped } from '../../optimizers/named'
import { vectorNames } from '../../optimizers/optimizer'
import { type SharedMemory, SharedVectors } from '../../optimizers/shared-vectors'
import { sizeOf } from '../trace/graph'
import { Barrier } from './barrier'
import type { LaneGradient } from './gradient'
import { Room } from './room'

/** All of it is the same memory in every thread. */
export interface LaneMemory {
  readonly barrier: SharedArrayBuffer
  /** What to do, and with what numbers (see `Published` in lane-work.ts). */
  readonly step: SharedArrayBuffer
  /** Not 0 once a lane could not compute its gradient. */
  readonly failed: SharedArrayBuffer
  /** The state and each lane's gradient, and behind them all the rest. */
  readonly vectors: SharedMemory
  /** Bytes in that memory at which the rest begins. */
  readonly places: Places
}

interface Places {
  /** How much each part of the loss counts in it. */
  readonly partWeights: number
  /** Of all lanes' shares, as are the labels and the noise: behind the batch are rows that count for nothing. */
  readonly images: number
  readonly labels: number
  readonly noise: number
  /** The sums of all parts for each lane, or of those that are measured, at the places of the first ones. */
  readonly sums: number
  readonly lanes: readonly LanePlaces[]
}

/** What one lane has for itself. */
interface LanePlaces {
  /** 1 for each image of its share, and 0 for padding. */
  readonly weights: number
  /** What the second part of a gradient needs of the first, by name. */
  readonly between: Readonly<Record<string, number>>
  /** For each plan, its own bytes. */
  readonly plans: readonly number[]
}

/** The sizes of a learner that decide on its memory. */
export interface LaneSizes {
  readonly lanes: number
  readonly batch: number
  /** Rows of the batch that a lane computes: the last lanes may have padding. */
  readonly share: number
  readonly noiseSize: number
  readonly parts: readonly string[]
}

/** Bytes that addresses of 32 bits can tell apart: the end of a memory must be one of them. */
const most = 2 ** 32

/** @throws RangeError if the gradient's plans need more memory than there can be */
export function createLaneMemory(sizes: LaneSizes, model: Model, gradient: LaneGradient): LaneMemory {
  const { optimizer, layout } = model
  const names = vectorNames(optimizer)
  const begin = SharedVectors.bytes(layout.size, names, sizes.lanes)
  const { places, end } = placesOf(begin, sizes, gradient)
  if (end >= most) throw new RangeError('out of memory: addresses of 32 bits do not reach further')
  const shared = (bytes: number) => new SharedArrayBuffer(bytes)
  return {
    barrier: shared(Barrier.bytes),
    step: shared(8 * (5 + optimizer.scalars.length)),
    failed: shared(4),
    vectors: SharedVectors.create(layout.size, names, sizes.lanes, end - begin).shared,
    places,
  }
}

/** @param begin the first byte that may be taken */
function placesOf(begin: number, { lanes, share, noiseSize, parts }: LaneSizes, { kept, plans }: LaneGradient) {
  const room = new Room(begin)
  const take = (bytes: number) => room.take(bytes)
  const rows = lanes * share
  const places: Places = {
    partWeights: take(4 * parts.length),
    images: take(rows * imageSize),
    labels: take(rows),
    noise: take(4 * rows * noiseSize),
    sums: take(4 * parts.length * lanes),
    lanes: Array.from({ length: lanes }, () => ({
      weights: take(4 * share),
      between: mapped(kept, (shape) => take(4 * sizeOf(shape))),
      plans: plans.map(({ bytes }) => take(bytes)),
    })),
  }
  return { places, end: room.end }
}

/** The batch, of all lanes, and what is found of it. */
export function batchArrays(
  { vectors, places }: LaneMemory,
  { lanes, share, noiseSize, parts }: Omit<LaneSizes, 'batch'>,
) {
  const { buffer } = vectors.memory
  const rows = lanes * share
  return {
    partWeights: new Float32Array(buffer, places.partWeights, parts.length),
    images: new Uint8Array(buffer, places.images, rows * imageSize),
    labels: new Uint8Array(buffer, places.labels, rows),
    noise: new Float32Array(buffer, places.noise, rows * noiseSize),
    sums: new Float32Array(buffer, places.sums, parts.length * lanes),
  }
}
