/** From where on a pass is worth its while, as measured; tests set small ones, so that small graphs go through all passes. */
export interface Limits {
  /** Operations of a chain at most: it keeps what it works on in the cache next to the processor. */
  readonly mostOperations: number
  /** Bytes from which a value is worth being computed some images at a time. */
  readonly worth: number
  /** Bytes that what is between such steps may take at once. */
  readonly atOnce: number
  /** Rows of a product below which it is not cut. */
  readonly manyRows: number
  /** Rows that each part of it has at least: fewer would be slow. */
  readonly fewestRows: number
  /** Columns of a product from which its left matrix is turned before. */
  readonly fewestColumns: number
  /** So many times the numbers of map and gradient, which are turned for it, windows must have to be cut out with images inside. */
  readonly insideFrom: number
}

export const usual: Limits = {
  mostOperations: 48,
  worth: 1 << 19,
  // half of a usual second cache
  atOnce: 1 << 20,
  manyRows: 512,
  fewestRows: 64,
  // more than one of ONNX Runtime's strips, by a half: with fewer it is done no more often, and faster, inside
  fewestColumns: 192,
  insideFrom: 2,
}
