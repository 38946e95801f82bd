/** Pictures that are drawn row by row are those that one function would draw; and those of temperature 0 the likelier ones. */
import { afterAll, describe, expect, it } from 'vitest'
import { OnnxEngine } from '../../main/engine/lanes/cpu'
import { tf } from '../../main/engine/tfjs/tfjs'
import type { Model, Tensors } from '../../main/models/model'
import { normals, uniform } from '../../main/models/random'
import { mapChannels } from '../../main/models/vlae/pixelcnn'
import { createRows } from '../../main/models/vlae/rows'
import { createVlae, paper, type VlaeSettings } from '../../main/models/vlae/vlae'
import type { Window } from '../../main/models/vlae/window'
import { drawSamples } from '../../main/training/gallery'
import { createPrograms, type Programs } from '../../main/training/programs'

const engine = new OnnxEngine(2)
const small: VlaeSettings = { ...paper, window: { width: 4, above: 2 }, prior: 'gaussian' }
const opened: Programs[] = []
afterAll(async () => {
  for (const programs of opened) await programs.release()
})
const programsOf = (model: Model) => {
  const programs = createPrograms(engine, model)
  opened.push(programs)
  return programs
}
/** Numbers that make pixels of all kinds. */
const parametersOf = ({ layout: { size }, initialise }: Model) => {
  const some = normals(new Float32Array(size), { seed: 4, stream: 0, counter: 0 })
  return initialise(1).map((value, i) => value + 0.1 * some[i]!)
}
/** The same, drawn row by row. */
const inRows = (model: Model, settings: VlaeSettings): Model => {
  const draw = createRows({ ...settings, withCode: settings.decoder !== 'alone' })
  return { ...model, drawing: { ...model.drawing!, draw } }
}
const labels = Uint8Array.from({ length: 5 }, (_, i) => i)
const wanted = { labels, seed: 2, temperature: 1 }

describe('drawing row by row', () => {
  it.each<[string, VlaeSettings]>([
    ['with a code', small],
    ['without', { ...small, decoder: 'alone' }],
    ['the triangle, which looks to the right in every layer', { ...small, window: 'triangle', tied: true }],
    ['a window of one row', { ...small, window: { width: 2, above: 1 } }],
  ])('draws what waves in one function draw: %s', async (_, settings) => {
    const model = createVlae(settings)
    const parameters = parametersOf(model)
    const whole = await drawSamples(programsOf(model), parameters, wanted)
    const rows = await drawSamples(programsOf(inRows(model, settings)), parameters, wanted)
    expect(Buffer.from(rows).equals(whole)).toBe(true)
    expect(new Set(whole)).toEqual(new Set([0, 255]))
  })

  it.each<Window>(['past', 'wide'])('draws of a window that sees far what pixel by pixel gives: %s', async (window) => {
    const model = createVlae({ ...small, window })
    const [programs, parameters] = [programsOf(model), parametersOf(model)]
    const count = 3
    const [images, noise] = [
      new Uint8Array(8 * 784),
      uniform(new Float32Array(8 * 784), { seed: 7, stream: 0, counter: 0 }),
    ]
    const { pixels } = await (await programs.reconstruct(8))(parameters, { images, noise })
    const { network } = model
    const pass = (p: Tensors) => ({ parameters: p })
    const map = await programs.prepare<'images', 'map'>(
      'map of nothing',
      (p, { images }) => ({ map: network.decode(pass(p), network.encode(pass(p), tf.cast(images, 'float32')).mean) }),
      { images: { shape: [8, 784], dtype: 'uint8' } },
    )
    const decoded = (await map(parameters, { images })).map.subarray(0, count * 784 * mapChannels)
    const logits = await programs.prepare<'pixels' | 'map', 'logits'>(
      'logits',
      (p, { pixels, map }) => ({ logits: network.logits(pass(p), pixels, map) }),
      {
        pixels: { shape: [count, 784], dtype: 'float32' },
        map: { shape: [count, 28, 28, mapChannels], dtype: 'float32' },
      },
    )
    // a logit knows only the pixels before its own: by induction these are the pixels that one after another gives
    const found = (await logits(parameters, { pixels: pixels.subarray(0, count * 784), map: decoded })).logits
    expect(pixels.subarray(0, count * 784)).toEqual(
      found.map((logit, i) => Number(logit > Math.log(noise[i]! / (1 - noise[i]!)))),
    )
    expect(new Set(pixels)).toEqual(new Set([0, 1]))
  })
})

describe('the temperature of pixels', () => {
  it('is apart from the code’s: 0 takes the likelier value of each, whatever the seed', async () => {
    const model = createVlae(small)
    const [programs, parameters] = [programsOf(model), parametersOf(model)]
    const draw = (change: object) => drawSamples(programs, parameters, { ...wanted, ...change })
    const likelier = await draw({ temperature: 0, pixelTemperature: 0 })
    expect(await draw({ temperature: 0, pixelTemperature: 0, seed: 9 })).toEqual(likelier)
    const [code, pixels] = [await draw({ pixelTemperature: 0 }), await draw({ temperature: 0 })]
    expect(code).not.toEqual(likelier)
    expect(pixels).not.toEqual(likelier)
    // nearer and nearer to it
    const apart = async (pixelTemperature: number) => {
      const drawn = await draw({ temperature: 0, pixelTemperature })
      return drawn.reduce((sum, pixel, i) => sum + (pixel === likelier[i] ? 0 : 1), 0)
    }
    expect(await apart(1e-3)).toBeLessThan(await apart(1))
  })
})
