/** The random numbers that go with the rows of a batch: standard normal ones, then those that a model wants uniform. */
import { normals, type RandomKey, uniform } from '../models/random'

/** Numbers a row, and how many of them, the last ones, are uniform between 0 and 1. */
export interface NoiseShape {
  readonly size: number
  readonly uniforms?: number | undefined
}

/** Uniform numbers come from the stream that lies so far behind that of the normal ones. */
const uniformStreams = 64

/** Fills whole rows of `out`; row i's numbers depend on the key and on i only. @returns `out` */
export function fillNoise(out: Float32Array, { size, uniforms = 0 }: NoiseShape, key: RandomKey): Float32Array {
  if (uniforms === 0) return normals(out, key)
  const rows = out.length / size
  const normal = normals(new Float32Array(rows * (size - uniforms)), key)
  const flat = uniform(new Float32Array(rows * uniforms), { ...key, stream: key.stream + uniformStreams })
  for (let row = 0; row < rows; row++) {
    out.set(normal.subarray(row * (size - uniforms), (row + 1) * (size - uniforms)), row * size)
    out.set(flat.subarray(row * uniforms, (row + 1) * uniforms), (row + 1) * size - uniforms)
  }
  return out
}
