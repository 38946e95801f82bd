import { describe, expect, it } from 'vitest'
import { OnnxEngine } from '../../../main/engine/lanes/cpu'
import { normals, uniform } from '../../../main/models/random'
import { mapChannels, pixelCnn } from '../../../main/models/vlae/pixelcnn'
import { slopeOf, wavesOf } from '../../../main/models/vlae/sampling'
import { fieldOf, tapsOf, windowName, type Window } from '../../../main/models/vlae/window'
import { drawPixels } from './draw-pixels'
import { madeUp } from './pieces'

const [side, size, batch] = [28, 784, 3]
const fieldFor = (window: Window) => fieldOf(tapsOf(window))
const places = Array.from({ length: size }, (_, place) => place)
const uniforms = uniform(new Float32Array(batch * size), { seed: 2, stream: 0, counter: 0 })

describe('waves', () => {
  it.each<[Window, number, number]>([
    ['triangle', 2, 82],
    [{ width: 4, above: 2 }, 2, 82],
    [{ width: 5, above: 3 }, 3, 109],
    [{ width: 7, above: 4 }, 4, 136],
    [{ width: 2, above: 3 }, 1, 55],
    ['past', 28, 784],
    ['wide', 4, 136],
  ])('hold all pixels, each after those that it sees: %o', (window, slope, count) => {
    const field = fieldFor(window)
    const waves = wavesOf(field)
    expect([slopeOf(field), waves.length]).toEqual([slope, count])
    const when = new Map(waves.flatMap((wave, t) => wave.map((place) => [place, t] as const)))
    expect([...when.keys()].sort((a, b) => a - b)).toEqual(places)
    const late = places.flatMap((place) =>
      field.flatMap(([down, right]) => {
        const [row, column] = [Math.floor(place / side) + down, (place % side) + right]
        const inside = row >= 0 && column >= 0 && column < side
        return inside && when.get(row * side + column)! >= when.get(place)! ? [`${row}, ${column}`] : []
      }),
    )
    expect(late).toEqual([])
  })
})

describe('samples', () => {
  it.each<Window>(['triangle', { width: 7, above: 4 }])(
    'are, wave by wave, those that pixel by pixel gives: %o',
    async (window) => {
      const piece = pixelCnn({ window })
      const program = await new OnnxEngine(1).prepare(
        (inputs) => ({ logits: piece.apply({ parameters: inputs }, { pixels: inputs['pixels']!, map: inputs['map']! }) }), // prettier-ignore
        {
          ...Object.fromEntries(piece.parameters.map(({ name, shape }) => [name, { shape, dtype: 'float32' }])),
          pixels: { shape: [batch, size], dtype: 'float32' },
          map: { shape: [batch, side, side, mapChannels], dtype: 'float32' },
        },
      )
      const map = normals(new Float32Array(batch * size * mapChannels), { seed: 3, stream: 0, counter: 0 })
      const parameters = madeUp(piece.parameters)
      let passes = 0
      const logits = async (pixels: Float32Array) => {
        passes++
        return (await program.run({ ...parameters, pixels, map }))['logits']!
      }
      const naive = await drawPixels(uniforms, places.map((place) => [place]), logits) // prettier-ignore
      expect(passes).toBe(size)
      const waves = wavesOf(fieldFor(window))
      const parallel = await drawPixels(uniforms, waves, logits)
      expect(passes - size).toBe(waves.length)
      expect(parallel).toEqual(naive)
      const share = naive.reduce((sum, pixel) => sum + pixel, 0) / naive.length
      expect(share).toBeGreaterThan(0.2)
      expect(share).toBeLessThan(0.8)
      // of other pixels other ones: the comparison is not of what is the same anyway
      const other = await drawPixels(uniforms.toReversed(), waves, logits)
      expect(other).not.toEqual(naive)
      await program.release()
    },
    120_000,
  )

  const constant = (logit: number) => async (pixels: Float32Array) => new Float32Array(pixels.length).fill(logit)
  const share = async (logit: number, temperature?: number) => {
    const options = temperature === undefined ? {} : { temperature }
    const pixels = await drawPixels(uniforms, wavesOf(fieldFor('triangle')), constant(logit), options)
    return pixels.reduce((sum, pixel) => sum + pixel, 0) / pixels.length
  }

  it('are 1 as often as the model says, and surer at a lower temperature', async () => {
    const sigmoid = (x: number) => 1 / (1 + Math.exp(-x))
    // 2352 draws deviate by 0.01
    expect(Math.abs((await share(0.5)) - sigmoid(0.5))).toBeLessThan(0.04)
    expect(Math.abs((await share(0.5, 0.25)) - sigmoid(2))).toBeLessThan(0.04)
    expect(Math.abs((await share(0.5, 2)) - sigmoid(0.25))).toBeLessThan(0.04)
  })

  it('take at temperature 0 what is likelier', async () => {
    expect([await share(1e-3, 0), await share(-1e-3, 0)]).toEqual([1, 0])
  })
})

it('every window has a name to be called by', () => expect(windowName('past')).toBe('past'))
