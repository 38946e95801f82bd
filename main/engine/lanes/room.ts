/** Places in a memory, one after another, each at the beginning of a line of the cache. */
import { cacheLine } from '../plan/places'

export class Room {
  /** @param end the first byte that may be taken */
  constructor(public end = 0) {}

  /** The first byte of so many. */
  take(bytes: number): number {
    const at = cacheLine * Math.ceil(this.end / cacheLine)
    this.end = at + bytes
    return at
  }
}
