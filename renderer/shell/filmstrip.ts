/** Where the frames of the filmstrip lie: one an epoch while there is room, else one for several epochs. */
import { niceStep } from '../charts/range'

/** The narrowest frame, in CSS pixels: a picture at its own size and a hairline of room. */
const narrowest = 31
const widest = 62

export interface Filmstrip {
  /** CSS pixels from an epoch to the next. */
  pitch: number
  /** Epochs a frame. */
  stride: number
  /** Frames over the whole run. */
  frames: number
  /** The middle of an epoch. */
  x(epoch: number): number
  /** The epoch under a position, from 0 to the last one of the run. */
  epochAt(x: number): number
}

/** @param width the strip's, in CSS pixels; `total`: the last epoch */
export function layFilmstrip(width: number, total: number): Filmstrip {
  const roomy = width / (total + 1) >= narrowest
  const frame = roomy ? Math.min(widest, width / (total + 1)) : narrowest
  // the first frame and the one of the last epoch lie within the strip as a whole
  const pitch = roomy ? frame : Math.max(1e-6, width - frame) / total
  // 5, 10, 20: numbers that a person counts in
  const stride = roomy ? 1 : niceStep(Math.ceil(frame / pitch))
  return {
    pitch,
    stride,
    frames: Math.floor(total / stride) + 1,
    x: (epoch) => frame / 2 + epoch * pitch,
    epochAt: (x) => Math.max(0, Math.min(total, Math.round((x - frame / 2) / pitch))),
  }
}
