/** Binary images drawn pass by pass, some pixels at a time, of a model's logits. Knows no tensors. */
import { imageSize } from '../../../preload/images'

export interface PixelOptions {
  /** Divides the logits: below 1 pixels are surer than the model is, 0 takes the likelier one. */
  readonly temperature?: number
}

/**
 * Draws images pixel by pixel: 1 where its uniform number is below σ(logit / temperature).
 * @param uniforms [B, 784] in (0, 1)
 * @param waves each before those that see it
 * @param logits of all pixels [B, 784] for images [B, 784] whose earlier pixels are drawn and whose others are 0
 * @returns [B, 784] of 0 and 1
 */
export async function drawPixels(
  uniforms: Float32Array,
  waves: readonly (readonly number[])[],
  logits: (pixels: Float32Array) => Promise<Float32Array>,
  { temperature = 1 }: PixelOptions = {},
): Promise<Float32Array> {
  const pixels = new Float32Array(uniforms.length)
  for (const wave of waves) {
    const found = await logits(pixels)
    for (let image = 0; image < pixels.length; image += imageSize)
      for (const place of wave)
        pixels[image + place] = draw(found[image + place]!, uniforms[image + place]!, temperature)
  }
  return pixels
}

/** 1 where u < σ(l/T), which is l > T · log(u/(1 − u)): no division, so that T may be 0. */
function draw(logit: number, uniform: number, temperature: number): number {
  return logit > temperature * Math.log(uniform / (1 - uniform)) ? 1 : 0
}
