/**
 * Pictures of what the model draws within its first epoch, whose end is far away when it has just begun. They are looked
 * at and not kept, and cost at most a hundredth of its time.
 */
import type { Split } from '../mnist/types'
import { galleryReconstructions, gallerySamples } from './gallery'
import type { Programs } from './programs'

/** Seconds of training before the first ones, and how much longer the way to each further ones is. */
const first = 2
const longer = 1.4
/** All of them together may take one part in so many of the epoch. */
const share = 100

/** When to draw, reckoned from how long training and drawing have taken, in seconds. */
export class SketchPace {
  private steps = 0
  private trained = 0
  private spent = 0
  /** Of drawing, the last time; before that a guess. */
  private cost = 0.03
  private next = first

  constructor(private readonly stepsPerEpoch: number) {}

  /** A step has taken so long. Whether it is time to draw. */
  step(seconds: number): boolean {
    this.steps++
    this.trained += seconds
    const epoch = (this.trained / this.steps) * this.stepsPerEpoch
    return this.trained >= this.next && this.spent + this.cost <= epoch / share
  }

  /** Drawing has taken so long. */
  drew(seconds: number): void {
    this.cost = seconds
    this.spent += seconds
    this.next = longer * this.trained
  }
}

/** What a gallery of an epoch shows, as grey levels: [80, 784], and the originals above rows of what came back, [16, 784] or more. */
export interface Sketch {
  readonly samples: Uint8Array
  readonly reconstructions: Uint8Array
}

export async function sketch(programs: Programs, parameters: Float32Array, test: Split): Promise<Sketch> {
  const samples = await gallerySamples(programs, parameters)
  return { samples, reconstructions: await galleryReconstructions(programs, parameters, test) }
}
