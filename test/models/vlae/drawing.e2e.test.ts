import { describe, expect, it } from 'vitest'
import { tf } from '../../../main/engine/tfjs/tfjs'
import { normals, uniform } from '../../../main/models/random'
import { createDrawing, thresholdsOf } from '../../../main/models/vlae/drawing'
import { mapChannels, pixelCnn, type PixelCnnOptions } from '../../../main/models/vlae/pixelcnn'
import { compute, madeUp, prepared } from './pieces'

const [side, size, batch] = [28, 784, 3]
const random = (count: number, seed: number) => normals(new Float32Array(count), { seed, stream: 0, counter: 0 })

describe('thresholds', () => {
  it('are log(u/(1 − u)) of a uniform number u', () => {
    const uniforms = [1e-4, 0.02, 0.3, 0.5, 0.77, 0.9999]
    const found = thresholdsOf(tf.tensor([uniforms])).dataSync()
    uniforms.forEach((u, i) => expect(found[i]).toBeCloseTo(Math.log(u / (1 - u)), 2))
  })
})

describe('drawn images', () => {
  it.each<[string, PixelCnnOptions]>([
    ['the triangle', { window: 'triangle' }],
    ['the triangle, tied', { window: 'triangle', tied: true }],
    ['7×4', { window: { width: 7, above: 4 } }],
    ['2×3 without a code', { window: { width: 2, above: 3 }, withCode: false }],
  ])('are those that pixel by pixel gives: %s', async (_, options) => {
    const piece = pixelCnn(options)
    const parameters = madeUp(piece.parameters)
    const noise = uniform(new Float32Array(batch * size), { seed: 2, stream: 0, counter: 0 })
    const map = random(batch * size * mapChannels, 3)
    const withMap = (seen: object, map: never) => (options.withCode === false ? seen : { ...seen, map })
    const { pixels, thresholds } = await compute(
      piece.parameters,
      parameters,
      {
        noise: { values: noise, shape: [batch, size] },
        map: { values: map, shape: [batch, side, side, mapChannels] },
      },
      (parameters, { noise, map }) => {
        const thresholds = thresholdsOf(noise!)
        return { pixels: createDrawing(options)({ parameters }, thresholds, map), thresholds }
      },
    )
    const program = await prepared(
      piece.parameters,
      { pixels: [batch, size], map: [batch, side, side, mapChannels] },
      (parameters, { pixels, map }) => ({
        logits: piece.apply({ parameters }, withMap({ pixels: pixels! }, map as never) as never),
      }),
    )
    // a logit knows only the pixels before its own: by induction these are the pixels that one after another gives
    const { logits } = await program.run({ ...parameters, pixels: pixels!, map })
    await program.release()
    expect(pixels).toEqual(logits!.map((logit, i) => Number(logit > thresholds![i]!)))
    const share = pixels!.reduce((sum, pixel) => sum + pixel, 0) / pixels!.length
    expect(share).toBeGreaterThan(0.01)
    expect(share).toBeLessThan(0.99)
  })
})
