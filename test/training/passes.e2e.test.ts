/** Pictures that are drawn pass by pass are those that one function would draw; and those of temperature 0 the likelier ones. */
import { afterAll, describe, expect, it } from 'vitest'
import { OnnxEngine } from '../../main/engine/lanes/cpu'
import { decodeGrid } from '../../main/files/png'
import type { Model } from '../../main/models/model'
import { normals } from '../../main/models/random'
import { createVlae, paper, type Vlae, type VlaeSettings } from '../../main/models/vlae/vlae'
import { drawSamples, reconstructionsPicture, samplesPicture } from '../../main/training/gallery'
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
/** The same, drawn pass by pass. */
const slow = (model: Vlae): Model => ({ ...model, drawing: { ...model.drawing!, draw: null } })
const labels = Uint8Array.from({ length: 5 }, (_, i) => i)
const wanted = { labels, seed: 2, temperature: 1 }

describe('drawing pass by pass', { timeout: 300_000 }, () => {
  it.each([
    ['with a code', small],
    ['without', { ...small, decoder: 'alone' }],
  ] as const)('draws what waves in one function draw: %s', async (_, settings) => {
    const model: Vlae = createVlae(settings)
    const parameters = parametersOf(model)
    const whole = await drawSamples(programsOf(model), parameters, wanted)
    const passes = await drawSamples(programsOf(slow(model)), parameters, wanted)
    expect(Buffer.from(passes).equals(whole)).toBe(true)
    expect(new Set(whole)).toEqual(new Set([0, 255]))
  })

  it('has one sample a row in a gallery, and decodings as others', async () => {
    const model = createVlae(small)
    const programs = programsOf(slow(model))
    const parameters = parametersOf(model)
    const samples = decodeGrid(await samplesPicture(programs, parameters))
    expect([samples.rows, samples.columns]).toEqual([10, 1])
    const test = { images: new Uint8Array(8 * 784), labels: new Uint8Array(8), count: 8 }
    const pair = decodeGrid(await reconstructionsPicture(programs, parameters, test))
    expect([pair.rows, pair.columns]).toEqual([4, 8])
  })
})

describe('the temperature of pixels', { timeout: 300_000 }, () => {
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
