/** A run's training steps as growing typed columns, bounded: old points are averaged in pairs when there are many. */
import type { StepColumns } from '../../preload/contract'

const PARTS = ['loss', 'reconstruction', 'klZ1', 'klZ2'] as const
/** A part of the loss, in nats per image. */
export type Part = (typeof PARTS)[number]

/** Points that smoothing looks back over. */
const MEMORY = 20
const FIRST_SIZE = 1024

export class StepSeries {
  length = 0
  /** Steps done when the point was logged, ascending. */
  step = new Int32Array(FIRST_SIZE)
  /** Epochs done by then, with fraction. */
  epoch = new Float64Array(FIRST_SIZE)
  klWeight = new Float32Array(FIRST_SIZE)
  /** As measured. */
  readonly raw = parts()
  /** An exponential mean, over few points at first: it starts on the curve and follows its steep beginning. */
  readonly smooth = parts()

  /** `capacity`: the most points that are kept. */
  constructor(readonly capacity = 16_384) {}

  /** Adds points behind those that are there; points up to the last step held are skipped. */
  append(points: StepColumns): void {
    const last = this.length === 0 ? 0 : this.step[this.length - 1]!
    for (let i = 0; i < points.step.length; i++) {
      if (points.step[i]! <= last) continue
      if (this.length === this.capacity) this.halve()
      if (this.length === this.step.length) this.grow()
      const at = this.length++
      const share = 1 / Math.min(1 + at / 4, MEMORY)
      this.step[at] = points.step[i]!
      this.epoch[at] = points.epoch[i]!
      this.klWeight[at] = points.klWeight[i]!
      for (const part of PARTS) {
        const value = points[part][i]!
        this.raw[part][at] = value
        const before = lastKnown(this.smooth[part], at)
        this.smooth[part][at] = Number.isNaN(before) ? value : before * (1 - share) + value * share
      }
    }
  }

  /** Drops the points from this step on: a resumed run has gone back. */
  rewind(step: number): void {
    while (this.length > 0 && this.step[this.length - 1]! >= step) this.length--
  }

  private halve(): void {
    const pairs = this.length >> 1
    for (let i = 0; i < pairs; i++) {
      this.step[i] = this.step[2 * i + 1]!
      this.epoch[i] = this.epoch[2 * i + 1]!
    }
    for (const column of [this.klWeight, ...Object.values(this.raw), ...Object.values(this.smooth)])
      for (let i = 0; i < pairs; i++) column[i] = middle(column[2 * i]!, column[2 * i + 1]!)
    this.length = pairs
  }

  private grow(): void {
    const size = Math.min(this.capacity, this.step.length * 2)
    this.step = filled(new Int32Array(size), this.step)
    this.epoch = filled(new Float64Array(size), this.epoch)
    this.klWeight = filled(new Float32Array(size), this.klWeight)
    for (const columns of [this.raw, this.smooth])
      for (const part of PARTS) columns[part] = filled(new Float32Array(size), columns[part])
  }
}

/** The last value before `end` that is a number: a gap in the curve is none in what smoothing remembers. */
function lastKnown(column: Float32Array, end: number): number {
  let at = end - 1
  while (at >= 0 && Number.isNaN(column[at])) at--
  return at < 0 ? NaN : column[at]!
}

/** Of two values; where one is not a number, the other. */
function middle(a: number, b: number): number {
  return Number.isNaN(a) ? b : Number.isNaN(b) ? a : (a + b) / 2
}

function parts(): Record<Part, Float32Array<ArrayBuffer>> {
  const column = (): Float32Array<ArrayBuffer> => new Float32Array(FIRST_SIZE)
  return { loss: column(), reconstruction: column(), klZ1: column(), klZ2: column() }
}

function filled<T extends Int32Array | Float32Array | Float64Array>(into: T, from: T): T {
  into.set(from)
  return into
}
