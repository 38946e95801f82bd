/**
 * Warm-up: what comes between the steps, done once on nothing; its programs are then ready when an epoch needs them.
 */
import { imageSize } from './batches'
import { evaluateLosses, type Watch } from './evaluate'
import { reconstructionsPicture, samplesPicture } from './gallery'
import type { Programs } from './programs'

/** As many images as an evaluation of a whole test set takes at a time. */
const count = 250

export async function rehearse(programs: Programs, watch: Watch): Promise<void> {
  const parameters = new Float32Array(programs.model.layout.size)
  const nothing = { images: new Uint8Array(count * imageSize), labels: new Uint8Array(count), count }
  await samplesPicture(programs, parameters, watch)
  await reconstructionsPicture(programs, parameters, nothing, watch)
  await evaluateLosses(programs, parameters, nothing, watch)
}
