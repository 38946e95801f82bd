/** Adam's update four floats at a time, over vectors in a memory that WebAssembly and all threads share. */
import { loadKernels } from '../../engine/kernels/kernels'
import type { SharedVectors, Update } from '../shared-vectors'
import { updateInPlace } from './fused'
import { beta1, beta2, negligible } from './scale'

/** updateInPlace over shared vectors, to the bit, and several times as fast; in JavaScript where there is no SIMD. */
export function createUpdate(vectors: SharedVectors): Update {
  const { state, gradients, shared } = vectors
  const kernels = loadKernels(shared.memory)
  if (!kernels) return (scale, from, to) => updateInPlace(state, gradients, scale, from, to)
  const [shares, distance] = [[1 - beta1, 1 - beta2] as const, vectors.offsetOf(1)]
  return (scale, from, to) => {
    // the parameters, m and v
    const [parameters, m, v, gradient] = [0, 1, 2, 3].map((vector) => vectors.offsetOf(vector) + 4 * from) as Four
    const [stepSize, epsilon] = scale as [number, number]
    kernels.adam(
      parameters,
      m,
      v,
      gradient,
      shared.lanes,
      distance,
      to - from,
      ...shares,
      negligible,
      stepSize,
      epsilon,
    )
  }
}

type Four = [number, number, number, number]
