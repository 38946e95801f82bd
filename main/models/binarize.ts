/**
 * Binary images of grey ones: each pixel is 1 with its grey level as probability (Salakhutdinov & Murray 2008), drawn anew
 * at every use (dynamic) or once (fixed). Knows no tensors.
 */
import { drawn, stream } from './random'

/** A pixel that is 1, in bytes: models see grey levels divided by it. */
const one = 255

/**
 * Draws images.
 * @param images grey levels 0–255, any number of them
 * @param key `step` for a use in training; the same key draws the same images
 * @param out takes 0 and 255; may be `images`
 * @param from number of the first pixel, where these are a part of the images of that key
 */
export function binarize(
  images: Uint8Array,
  { seed, step }: { readonly seed: number; readonly step: number },
  out: Uint8Array = new Uint8Array(images.length),
  from = 0,
): Uint8Array {
  const key = { seed, stream: stream.binarization, counter: step }
  // a word w is uniform: w < 2³² · grey/255 happens with probability grey/255, never for 0 and always for 255
  for (const { at, words } of drawn(key, from, images.length))
    for (let i = 0; i < words.length; i++) out[at + i] = words[i]! * one < images[at + i]! * 2 ** 32 ? one : 0
  return out
}

/** The one drawing of a test set that every run is measured on. */
export function binarizeOnce(images: Uint8Array): Uint8Array {
  return binarize(images, { seed: 1, step: 0 })
}
