/** What it takes to keep a test image: the same whoever asks, and what a pixel is predicted from. */
import { beforeAll, describe, expect, it } from 'vitest'
import { OnnxEngine } from '../../main/engine/lanes/cpu'
import { pictureSizes } from '../../main/files/picture-sizes'
import { bundledFolder } from '../../main/mnist/bundled'
import { loadDataset } from '../../main/mnist/dataset'
import type { Dataset } from '../../main/mnist/types'
import { createModel } from '../../main/models/create'
import type { Model } from '../../main/models/model'
import { createVlae, paper } from '../../main/models/vlae/vlae'
import { compress } from '../../main/questions/compress'
import type { Checkpoint } from '../../main/questions/question'
import { createPrograms } from '../../main/training/programs'
import { asSeen } from '../../main/training/seen'
import { question, type QuestionOf } from '../../preload/contract'

let mnist: Dataset
const engine = new OnnxEngine(1)
beforeAll(async () => {
  mnist = await loadDataset(bundledFolder())
})

async function ask(model: Model, images: number[], parameters = model.initialise(3)) {
  const asked = question.parse({ type: 'compress', images }) as QuestionOf<'compress'>
  const data = async () => ({ ...mnist, test: asSeen(model, mnist.test) })
  const checkpoint = { programs: createPrograms(engine, model), parameters, data }
  return compress(asked, checkpoint as Partial<Checkpoint> as Checkpoint, {})
}

describe('what it takes to keep test images', () => {
  it('is the same of each, whichever others are asked for; its pixels’ costs are the residual', async () => {
    const model = createModel({ condition: 'label' })
    const both = await ask(model, [7, 42])
    expect(both.images).toHaveLength(2)
    const [alone] = (await ask(model, [42])).images
    expect(alone!.rate).toBeCloseTo(both.images[1]!.rate, 4)
    const sum = both.pixelCosts.subarray(784).reduce((total, cost) => total + cost, 0)
    expect(sum).toBeCloseTo(both.images[1]!.residual, 6)
    expect(both.images[1]!.residual).toBeGreaterThan(100)
    // from the code alone
    expect(both.sees).toHaveLength(0)
  })

  it('of a model without a code has no rate, and names the pixels before', async () => {
    const model = createVlae({ ...paper, decoder: 'alone', window: { width: 4, above: 2 } })
    const { images, sees } = await ask(model, [0, 1, 2])
    expect(images.map(({ rate }) => rate)).toEqual([0, 0, 0])
    // 4×2: two to the left of it, and two rows of four above
    expect(Array.from({ length: sees.length / 2 }, (_, i) => [sees[2 * i], sees[2 * i + 1]])).toEqual([
      ...[-2, -1].flatMap((row) => [-2, -1, 0, 1].map((column) => [row, column])),
      [0, -2],
      [0, -1],
    ])
  })

  it('is refused of an image that is not there', async () => {
    await expect(ask(createModel({ condition: 'none' }), [10_000])).rejects.toMatchObject({
      code: 'data/no-such-image',
      message: 'There is no test image 10000: the dataset has 10000.',
    })
  })
})

describe('the size of a picture as a file', () => {
  it('counts a bit a pixel where it has only ink and none', () => {
    const binary = mnist.test.images.slice(0, 784).map((level) => (level > 127 ? 255 : 0))
    const grey = mnist.test.images.slice(0, 784)
    const [asBits, asBytes] = [pictureSizes(binary), pictureSizes(grey)]
    expect(asBits.png).toBeLessThan(asBytes.png)
    expect(asBits.gzip).toBeLessThan(asBytes.gzip)
    // 98 bytes of pixels at most, what a format says besides, and no less than anything can be
    expect(asBits.gzip).toBeLessThan(98 + 30)
    expect(asBits.png).toBeLessThan(112 + 90)
    const blank = pictureSizes(new Uint8Array(784))
    expect(blank.gzip).toBeLessThan(asBits.gzip)
  })
})
