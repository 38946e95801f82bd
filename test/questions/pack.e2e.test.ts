/** Test images as one message, and back: of both models, with and without classes, with and without a code. */
import { beforeAll, describe, expect, it } from 'vitest'
import { OnnxEngine } from '../../main/engine/lanes/cpu'
import { bundledFolder } from '../../main/mnist/bundled'
import { loadDataset } from '../../main/mnist/dataset'
import type { Dataset } from '../../main/mnist/types'
import { turns } from '../../main/models/bits-back'
import { createModel } from '../../main/models/create'
import { views } from '../../main/models/parameters'
import { answer } from '../../main/questions/answers'
import type { Checkpoint } from '../../main/questions/question'
import { createPrograms } from '../../main/training/programs'
import { asSeen } from '../../main/training/seen'
import { runSettings } from '../../preload/contract'

let mnist: Dataset
const engine = new OnnxEngine(1)
beforeAll(async () => {
  mnist = await loadDataset(bundledFolder())
})

function checkpointOf(settings: object): Checkpoint {
  const whole = runSettings.parse(settings)
  const model = createModel(whole)
  const parameters = model.initialise(3)
  // gains as small as those that are found of images
  for (const [name, values] of Object.entries(views(parameters, model.layout)))
    if (name.endsWith('.g')) values.fill(name.startsWith('prior.') ? 0.05 : 0.3)
  const data = async () => ({ ...mnist, test: asSeen(model, mnist.test) })
  const programs = createPrograms(engine, model)
  return { programs, parameters, data, run: { settings: whole } } as unknown as Checkpoint
}

describe('test images as one message', () => {
  it.each([
    ['the ladder', { condition: 'none' }, 24],
    ['the ladder, told the class', { condition: 'label' }, 24],
    ['a local decoder with a flow', { model: 'vlae', hidden: 1 }, 2],
    ['a factorised decoder with a flow that is told the class', { model: 'vlae', decoder: 'factorised', hidden: 1, condition: 'label' }, 6], // prettier-ignore
    ['a PixelCNN alone', { model: 'vlae', decoder: 'alone', window: '4x2' }, 24],
  ])('are had again, and take what the model says: %s', async (_, settings, count) => {
    const found = await answer({ type: 'pack', images: count }, checkpointOf(settings))
    expect(found.images).toBe(count)
    // no more than the state's own 64 bits and what the first codes were drawn with
    const rest = 8 * (found.bytes - found.borrowed) - found.ideal
    expect(Math.abs(rest)).toBeLessThan(64 + 8)
    // other codes, so not the same: but close
    const bound = (count * found.bound) / Math.LN2 + (found.classes ? count * Math.log2(10) : 0)
    expect(found.ideal / bound).toBeGreaterThan(0.95)
    expect(found.ideal / bound).toBeLessThan(1.05)
    expect(found.binarized).toBe(!('model' in settings))
  })

  it('a picture lengthens one by what its code, its pixels and its class cost', async () => {
    const pixels = mnist.test.images.slice(0, 784)
    const found = await answer({ type: 'packPicture', pixels, label: 7 }, checkpointOf({ condition: 'label' }))
    expect(new Set(found.seen)).toEqual(new Set([0, 255]))
    expect(found.classes).toBeCloseTo(Math.log2(10), 4)
    expect(found.code).toBeGreaterThan(0)
    expect(Math.abs(found.bits - found.code - found.pixels - found.classes)).toBeLessThan(8)
    expect(found.png).toBeGreaterThan(found.gzip)
    expect(found.grey!.png).toBeGreaterThan(found.png)
    const again = await answer({ type: 'packPicture', pixels: found.seen, label: 7 }, checkpointOf({}))
    expect([again.grey, again.png]).toEqual([null, found.png])
  })
})

it('images are coded few at first, then as many as a model takes at once', () => {
  const found = turns(1000, { batch: 32, size: 48 })
  expect(found[0]).toEqual([0, 1])
  expect(found.at(-1)![1]).toBe(1000)
  expect(Math.max(...found.map(([start, end]) => end - start))).toBe(32)
  for (const [i, [start]] of found.entries()) expect(start).toBe(i === 0 ? 0 : found[i - 1]![1])
})
