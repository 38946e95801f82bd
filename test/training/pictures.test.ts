/** The test set and the galleries through real parameters, on the engine that ships. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { decodeGrid } from '../../main/files/png'
import { loadDataset } from '../../main/mnist/dataset'
import type { Dataset, Split } from '../../main/mnist/types'
import { evaluate, evaluateLosses } from '../../main/training/evaluate'
import { drawReconstructions, drawSamples, reconstructionsPicture, samplesPicture } from '../../main/training/gallery'
import type { Programs } from '../../main/training/programs'
import { engines, workplace } from './set-up'

let place: Awaited<ReturnType<typeof workplace>>
let dataset: Dataset
let programs: Programs
let parameters: Float32Array
beforeAll(async () => {
  place = await workplace()
  dataset = await loadDataset(place.dataFolder)
  programs = (await engines.get({ condition: 'label', lanes: 1 })).programs
  parameters = programs.model.initialise(1)
}, 60_000)
afterAll(() => place.remove())

const tile = (images: Uint8Array, i: number) => Buffer.from(images.subarray(784 * i, 784 * (i + 1)))
const first = ({ images, labels }: Split, count: number): Split => ({ images, labels, count })

describe('evaluateLosses', () => {
  it('means over the images, not over what pads a batch', async () => {
    const all = await evaluateLosses(programs, parameters, dataset.test)
    // untrained: every pixel costs about ln 2
    expect(all['reconstruction']! / 784).toBeCloseTo(Math.log(2), 1)
    expect(all.loss).toBeCloseTo(all['reconstruction']! + all['klZ1']! + all['klZ2']!, 10)
    const [eight, nine] = await Promise.all(
      [8, 9].map((count) => evaluateLosses(programs, parameters, first(dataset.test, count))),
    )
    // the ninth image alone
    expect((9 * nine!.loss - 8 * eight!.loss) / 784).toBeCloseTo(Math.log(2), 1)
  })

  it('is the same every time', async () => {
    const [once, again] = [1, 2].map(() => evaluateLosses(programs, parameters, dataset.test))
    expect(await once).toEqual(await again)
  })

  it('lets others have their turn, and says how far it is', async () => {
    const done: number[] = []
    let turns = 0
    const between = async () => void turns++
    await evaluateLosses(programs, parameters, dataset.test, { progress: (count) => done.push(count), between })
    expect(done).toEqual([20])
    expect(turns).toBe(1)
  })
})

describe('evaluate', () => {
  it('adds the bound on −log p(x), which is at most ln 10 from the one on −log p(x|y)', async () => {
    const { marginal, loss, images } = await evaluate(programs, parameters, dataset.test)
    expect(images).toBe(20)
    expect(marginal).not.toBe(loss)
    expect(marginal - loss).toBeLessThan(Math.log(10))
  })
})

describe('the galleries', () => {
  it('show ten classes in eight columns, of the same noise for every epoch', async () => {
    const { images, rows, columns } = decodeGrid(await samplesPicture(programs, parameters))
    expect([rows, columns]).toEqual([10, 8])
    const labels = Uint8Array.from({ length: 80 }, (_, i) => Math.floor(i / 8))
    expect(
      Buffer.from(images).equals(await drawSamples(programs, parameters, { labels, seed: 0, temperature: 1 })),
    ).toBe(true)
    expect(await samplesPicture(programs, parameters)).toEqual(await samplesPicture(programs, parameters))
    expect(tile(images, 0).equals(tile(images, 1))).toBe(false)
    expect(tile(images, 0).equals(tile(images, 8))).toBe(false)
  })

  it('show the first eight test images above their reconstructions', async () => {
    const { images, rows, columns } = decodeGrid(await reconstructionsPicture(programs, parameters, dataset.test))
    expect([rows, columns]).toEqual([2, 8])
    const originals = dataset.test.images.slice(0, 8 * 784)
    expect(Buffer.from(images.subarray(0, 8 * 784)).equals(originals)).toBe(true)
    const drawn = await drawReconstructions(programs, parameters, originals)
    expect(Buffer.from(images.subarray(8 * 784)).equals(drawn)).toBe(true)
  })

  it('draw as many as asked for, more than at a time too; each sample by its place, label and seed', async () => {
    const labels = Uint8Array.from({ length: 85 }, (_, i) => i % 10)
    const many = await drawSamples(programs, parameters, { labels, seed: 3, temperature: 1 })
    const few = await drawSamples(programs, parameters, { labels: labels.slice(0, 5), seed: 3, temperature: 1 })
    expect(many).toHaveLength(85 * 784)
    for (let i = 0; i < 5; i++) expect(tile(many, i).equals(tile(few, i))).toBe(true)
  })
})
