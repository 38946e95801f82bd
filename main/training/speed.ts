/** How fast training is, from the images and seconds of its steps. */

/** Seconds that the present speed is measured over. */
const recently = 2

export class Speed {
  private images = 0
  private seconds = 0
  private steps: { images: number; seconds: number }[] = []
  private recent = { images: 0, seconds: 0 }

  add(images: number, seconds: number): void {
    this.images += images
    this.seconds += seconds
    this.steps.push({ images, seconds })
    this.recent.images += images
    this.recent.seconds += seconds
    let [oldest] = this.steps
    while (oldest && this.steps.length > 1 && this.recent.seconds - oldest.seconds >= recently) {
      this.recent.images -= oldest.images
      this.recent.seconds -= oldest.seconds
      this.steps.shift()
      ;[oldest] = this.steps
    }
  }

  /** Images per second over the last steps. */
  get now(): number {
    return this.recent.images / this.recent.seconds
  }

  /** Images per second over all steps; null before the first. */
  get mean(): number | null {
    return this.images === 0 ? null : this.images / this.seconds
  }
}
