/**
 * A run's training steps as growing typed columns, bounded: where there are many, they are downsampled, averaged in
 * pairs.
 */
import type { StepColumns } from '../../preload/contract'

const firstSize = 1024

interface Smoothed {
  over: number
  /** Points that are there. */
  length: number
  values: Float32Array<ArrayBuffer>
}

export class StepSeries {
  length = 0
  /** Steps done when the point was logged, ascending. */
  step = new Int32Array(firstSize)
  /** Epochs done by then, with fraction. */
  epoch = new Float64Array(firstSize)
  /** As measured, by name; NaN where nothing was. */
  private readonly raw = new Map<string, Float32Array<ArrayBuffer>>()
  private readonly smoothed = new Map<string, Smoothed>()

  /** `capacity`: the most points that are kept. */
  constructor(readonly capacity = 16_384) {}

  /** What was measured under a name: `length` values. */
  values(name: string): Float32Array<ArrayBuffer> {
    let column = this.raw.get(name)
    if (column === undefined) this.raw.set(name, (column = new Float32Array(this.step.length).fill(NaN)))
    return column
  }

  /** Adds points behind those that are there; points up to the last step held are skipped. */
  append(points: StepColumns): void {
    const last = this.length === 0 ? 0 : this.step[this.length - 1]!
    for (const name of Object.keys(points.values)) this.values(name)
    for (let i = 0; i < points.step.length; i++) {
      if (points.step[i]! <= last) continue
      if (this.length === this.capacity) this.halve()
      if (this.length === this.step.length) this.grow()
      const at = this.length++
      this.step[at] = points.step[i]!
      this.epoch[at] = points.epoch[i]!
      for (const [name, column] of this.raw) column[at] = points.values[name]?.[i] ?? NaN
    }
  }

  /** Drops the points from this step on: a resumed run has gone back. */
  rewind(step: number): void {
    while (this.length > 0 && this.step[this.length - 1]! >= step) this.length--
    for (const held of this.smoothed.values()) held.length = Math.min(held.length, this.length)
  }

  /**
   * The exponential mean of a number over about so many steps; 0: as measured. At first it is over an eighth of the steps
   * there are, so that it starts on the curve and follows its steep beginning. Only what is new is reckoned.
   */
  smooth(name: string, over: number): Float32Array {
    const raw = this.values(name)
    if (over === 0) return raw
    let held = this.smoothed.get(name)
    if (held?.over !== over) held = { over, length: 0, values: new Float32Array(raw.length) }
    this.smoothed.set(name, held)
    if (held.values.length < raw.length) held.values = filled(new Float32Array(raw.length), held.values)
    const { values } = held
    for (let at = held.length; at < this.length; at++) {
      const steps = at === 0 ? 0 : this.step[at]! - this.step[at - 1]!
      const share = 1 - Math.exp(-steps / Math.min(over, this.step[at]! / 8))
      const before = lastKnown(values, at)
      values[at] = Number.isNaN(before) ? raw[at]! : before * (1 - share) + raw[at]! * share
    }
    held.length = this.length
    return values
  }

  private halve(): void {
    const pairs = this.length >> 1
    for (let i = 0; i < pairs; i++) {
      this.step[i] = this.step[2 * i + 1]!
      this.epoch[i] = this.epoch[2 * i + 1]!
    }
    for (const column of this.raw.values())
      for (let i = 0; i < pairs; i++) column[i] = middle(column[2 * i]!, column[2 * i + 1]!)
    this.length = pairs
    this.smoothed.clear()
  }

  private grow(): void {
    const size = Math.min(this.capacity, this.step.length * 2)
    this.step = filled(new Int32Array(size), this.step)
    this.epoch = filled(new Float64Array(size), this.epoch)
    for (const [name, column] of this.raw) this.raw.set(name, filled(new Float32Array(size), column))
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

function filled<T extends Int32Array | Float32Array | Float64Array>(into: T, from: T): T {
  into.set(from)
  return into
}
