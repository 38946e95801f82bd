/** The optimizers that update shared vectors in place, by their names, for threads without tensors. */
import { createUpdate as adam } from './adam/simd'
import { createUpdate as adamax } from './adamax/simd'
import type { SharedVectors, Update } from './shared-vectors'

export const updatesInPlace: Readonly<Record<string, (vectors: SharedVectors) => Update>> = {
  adam,
  adamax,
}
