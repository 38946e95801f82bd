import { describe, expect, it } from 'vitest'
import type { z } from 'zod'
import { drawRows } from '../../main/models/noise'
import { Batches } from '../../main/training/batches'
import { runSettings } from '../../preload/contract'

/** Image i is all grey level i, and its label i % 10. */
function numbered(count: number) {
  const images = new Uint8Array(784 * count)
  for (let i = 0; i < count; i++) images.fill(i, 784 * i, 784 * (i + 1))
  return { images, labels: Uint8Array.from({ length: count }, (_, i) => i % 10), count }
}

const settings = runSettings.parse({ batch: 8, seed: 3 })
const model = { images: 'grey', noiseSize: 4 } as const
const make = (overrides: z.input<typeof runSettings> = {}) =>
  new Batches({ ...settings, ...runSettings.parse({ ...settings, ...overrides }) }, numbered(21), model)
const shown = (batches: Batches, step: number) => {
  const { images, count } = batches.input(step)
  return Array.from({ length: count }, (_, i) => images[784 * i]!)
}

describe('Batches', () => {
  it('shows every image once an epoch, in another order each epoch', () => {
    const batches = make()
    const epochs = [1, 4].map((first) => [0, 1, 2].flatMap((i) => shown(batches, first + i)))
    for (const epoch of epochs) expect(epoch.toSorted((a, b) => a - b)).toEqual([...Array(21).keys()])
    expect(epochs[0]).not.toEqual(epochs[1])
    expect(epochs[0]).not.toEqual([...Array(21).keys()])
  })

  it('gives each image its label', () => {
    const { images, labels, count } = make().input(2)
    for (let i = 0; i < count; i++) expect(labels[i]).toBe(images[784 * i]! % 10)
  })

  it('pads the last, smaller batch of an epoch with nothing', () => {
    const batches = make()
    batches.input(1)
    const input = batches.input(3)
    expect(input.count).toBe(5)
    expect(input.images).toHaveLength(8 * 784)
    expect([...input.images.subarray(5 * 784)].every((pixel) => pixel === 0)).toBe(true)
    expect([...input.noise.subarray(5 * 4)]).toEqual(Array(12).fill(0))
  })

  it('is a function of the seed and the step alone', () => {
    const [forth, back] = [make(), make()]
    for (const step of [1, 2, 3, 4, 5]) forth.input(step)
    const [a, b] = [forth.input(6), back.input(6)]
    expect(a).toEqual(b)
    expect(make({ seed: 4 }).input(6).noise).not.toEqual(b.noise)
  })

  it('draws other noise for every step, and the same for an image’s place whatever the batch holds', () => {
    const batches = make()
    const first = batches.input(1).noise.slice()
    expect(batches.input(2).noise).not.toEqual(first)
    expect(make({ batch: 4 }).input(1).noise).toEqual(first.subarray(0, 16))
  })

  it('leaves what is random to who draws it, a share of the rows at a time', () => {
    const binary = () => new Batches(settings, numbered(21), { images: 'binary', noiseSize: 5, noiseUniforms: 2 })
    const drawn = binary().input(3)
    const { undrawn, images, noise, ...rest } = binary().input(3, false)
    for (const [first, end] of [
      [0, 3],
      [3, 5],
    ] as const)
      // prettier-ignore
      drawRows(
        { images: images.subarray(first * 784, end * 784), noise: noise.subarray(first * 5, end * 5) },
        { images: 'binary', noiseSize: 5, noiseUniforms: 2 },
        undrawn!,
        end - first,
        first,
      )
    expect({ ...rest, images, noise }).toEqual(drawn)
  })

  it('keeps an input while the next one is made', () => {
    const batches = make()
    const input = batches.input(1)
    const copy = structuredClone(input)
    batches.input(2)
    expect(input).toEqual(copy)
  })

  it('says what the optimizer needs: step and learning rate', () => {
    expect(make({ learningRate: 0.01 }).input(3)).toMatchObject({ step: 3, learningRate: 0.01 })
  })
})
