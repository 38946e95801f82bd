/** Where the frames of the filmstrip lie: one an epoch while there is room, else one for several epochs. */

/** The narrowest frame, in CSS pixels: a picture at its own size and a hairline of room. */
const NARROWEST = 31
const WIDEST = 62

export interface Filmstrip {
  /** CSS pixels an epoch. */
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
  const epochs = total + 1
  const pitch = Math.min(WIDEST, width / epochs)
  const stride = pitch >= NARROWEST ? 1 : Math.max(1, Math.ceil(NARROWEST / pitch))
  return {
    pitch,
    stride,
    frames: Math.ceil(epochs / stride),
    x: (epoch) => (epoch + 0.5) * pitch,
    epochAt: (x) => Math.max(0, Math.min(total, Math.floor(x / pitch))),
  }
}
