/** The model that comes with the app, asked: it is as good as its card says; what needs no data is answered without, and nothing is kept. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { bundledFolder } from '../../main/mnist/bundled'
import { answer } from '../../main/questions/answers'
import { Checkpoints } from '../../main/questions/checkpoints'
import { pickImages } from '../../main/questions/images'
import { shippedFolder } from '../../main/runs/shipped'
import { Datasets } from '../../main/training/datasets'
import { evaluateLosses } from '../../main/training/evaluate'
import { PreparedEngines } from '../../main/training/prepared-engines'
import { questions, type Packing, type Question } from '../../preload/contract'
import { present } from '../../preload/present'

const folder = present(shippedFolder(), 'data/shipped')
const engines = new PreparedEngines()
const checkpoints = new Checkpoints(engines, new Datasets(), () => undefined)
afterAll(async () => {
  checkpoints.release()
  await engines.release()
})

/** @param bundled where MNIST is; null: nowhere */
async function asking<T>(
  bundled: string | null,
  work: (ask: (asked: Question) => Promise<unknown>) => Promise<T>,
): Promise<T> {
  const checkpoint = await checkpoints.open({ folder, bundledFolder: bundled })
  try {
    return await work((asked) => answer(asked, checkpoint))
  } finally {
    checkpoint.done()
  }
}

/** A one, drawn. */
const pixels = Uint8Array.from({ length: 784 }, (_, i) => (i % 28 > 12 && i % 28 < 16 && i > 140 && i < 640 ? 255 : 0))
const code = Float32Array.from({ length: 48 }, (_, i) => Math.sin(i))

describe('without its data', () => {
  const free: Question[] = [
    { type: 'sample', digit: 3, count: 2 },
    { type: 'encode', pixels },
    { type: 'decode', codes: code },
    { type: 'morph', code, label: 1 },
    { type: 'fewSamples', label: 1 },
    { type: 'between', from: code, to: code.map((value) => -value), labels: [1, 7], steps: 3, path: 'prior' },
    { type: 'packPicture', pixels, label: 1 },
    { type: 'keptLikelihood', samples: 64, images: 1000 },
    { type: 'export', format: 'pt' },
  ]
  const bound: Question[] = [
    { type: 'testImages', images: [0] },
    { type: 'reconstruct', images: [0] },
    { type: 'compress', images: [0] },
    { type: 'map' },
    { type: 'codeMoments' },
    { type: 'mapPictures' },
    { type: 'pack', images: 1 },
    { type: 'evaluate' },
    { type: 'likelihood', samples: 2, images: 1 },
  ]

  it('each question is one that needs none, or one that says what to do', () => {
    expect([...free, ...bound].map(({ type }) => type).toSorted()).toEqual(Object.keys(questions).toSorted())
  })

  it.each(free)('$type is answered', async (question) => {
    expect(await asking(null, (ask) => ask(question))).toBeDefined()
  })

  it.each(bound)('$type says what to do', async (question) => {
    const refused = { code: 'run/data-gone', remedy: expect.stringMatching(/^Put it back/) as unknown }
    await expect(asking(null, (ask) => ask(question))).rejects.toMatchObject(refused)
  })
})

describe('with it', () => {
  it('costs what its card says, within what 500 images may differ by', async () => {
    const { test } = JSON.parse(readFileSync(join(folder, 'card.json'), 'utf8')) as {
      test: { loss: number; images: number }
    }
    const checkpoint = await checkpoints.open({ folder, bundledFolder: bundledFolder() })
    const all = (await checkpoint.data()).test
    // from all over the set: its first half is easier
    const some = Array.from({ length: 500 }, (_, i) => Math.floor((i * test.images) / 500))
    const loss = (
      await evaluateLosses(checkpoint.programs, checkpoint.parameters, { ...pickImages(all, some), count: 500 })
    )['loss']
    checkpoint.done()
    // images differ by some 22 nats: three standard errors
    expect(Math.abs(present(loss, 'loss') - test.loss)).toBeLessThan((3 * 22) / Math.sqrt(500))
  })

  it('packs 1,000 test images as real bits, had again to the pixel, within 2 % of the bound that evaluating states', async () => {
    const found = (await asking(bundledFolder(), (ask) => ask({ type: 'pack', images: 1000 }))) as Packing
    expect([found.images, found.binarized, found.classes]).toEqual([1000, true, true])
    const bound = 1000 * (found.bound / Math.LN2 + Math.log2(10))
    expect(Math.abs((8 * found.bytes) / bound - 1)).toBeLessThan(0.02)
  })

  it('says that what was found of it is not kept, and keeps nothing', async () => {
    const before = readdirSync(folder)
    const found = await asking(bundledFolder(), (ask) =>
      ask({ type: 'likelihood', samples: 2, images: 2, weights: 'saved' }),
    )
    expect(found).toMatchObject({ images: 2, unkept: { code: 'run/shipped' } })
    expect(readdirSync(folder)).toEqual(before)
  })
})
