/** Adamax's update four floats at a time, over vectors in a memory that WebAssembly and all threads share. */
import { loadKernels } from '../../engine/kernels/kernels'
import type { SharedVectors, Update } from '../shared-vectors'
import { factorOf, updateInPlace } from './fused'
import { beta1, beta2, epsilon, negligible } from './scale'

/** updateInPlace over shared vectors, to the bit, and several times as fast; in JavaScript where there is no SIMD. */
export function createUpdate(vectors: SharedVectors): Update {
  const { state, gradients, shared } = vectors
  const { lanes, size } = shared
  const kernels = loadKernels(shared.memory)
  if (!kernels) return (scale, from, to) => updateInPlace(state, gradients, scale, from, to)
  const [first, distance] = [vectors.offsetOf(shared.names.length), vectors.offsetOf(1)]
  const constants = [beta1, 1 - beta1, beta2, epsilon, negligible] as const
  return (scale, from, to) => {
    const [rate, keep, share] = scale as [number, number, number]
    // behind a vector's last number are zeros
    const factor = factorOf(kernels.sumOfSquares(first, lanes, distance, size), Math.fround(share))
    // the parameters, m, u and the average
    const [parameters, m, u, average] = [0, 1, 2, 3].map((vector) => vectors.offsetOf(vector) + 4 * from) as Four
    const of = [parameters, m, u, average, first + 4 * from] as const
    kernels.adamax(...of, lanes, distance, to - from, ...constants, factor, rate, keep, 1 - Math.fround(keep))
  }
}

type Four = [number, number, number, number]
