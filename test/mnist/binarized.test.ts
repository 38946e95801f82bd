/** MNIST as it was binarized once: three .amat files as a dataset, and what is wrong with them. */
import { rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, describe, expect, it } from 'vitest'
import { DataInspector as Looked } from '../../main/app/data-inspector'
import { inspectDataset, loadDataset } from '../../main/mnist/dataset'
import { assertLabelled } from '../../main/training/datasets'
import { runSettings } from '../../preload/contract'
import { checkRefusal } from '../files/expect-refusal'
import { folderWith, smallSet, type Files } from './small-set'

const folders: string[] = []
afterAll(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true })
})

async function make(files: Files): Promise<string> {
  const folder = await folderWith(files)
  folders.push(folder)
  return folder
}

/** Images, each with a 1 at the place of its number, from `first` on. */
const amat = (count: number, first = 0, change: (line: string[], i: number) => string[] = (line) => line): Buffer =>
  Buffer.from(
    Array.from({ length: count }, (_, i) => {
      const line = Array.from({ length: 784 }, (_, place) => (place === first + i ? '1' : '0'))
      return `${change(line, i).join(' ')} \n`
    }).join(''),
  )
const set = () => ({
  'binarized_mnist_train.amat': amat(5),
  'binarized_mnist_valid.amat': amat(3, 5),
  'binarized_mnist_test.amat': amat(2, 8),
})
/** The place of the ink of each image. */
const inks = (images: Uint8Array) => Array.from({ length: images.length / 784 }, (_, i) => images.subarray(i * 784, (i + 1) * 784).indexOf(255)) // prettier-ignore

describe('the fixed binarization', () => {
  it('is a dataset without labels, the validation images behind those to train on', async () => {
    const folder = await make(set())
    const data = await loadDataset(folder)
    expect(data).toMatchObject({ name: basename(folder), folder, hasLabels: false, classes: null })
    expect([inks(data.train.images), inks(data.test.images)]).toEqual([[0, 1, 2, 3, 4, 5, 6, 7], [8, 9]]) // prettier-ignore
    expect([data.train.count, data.test.count]).toEqual([8, 2])
    expect(data.train.images.buffer).toBeInstanceOf(SharedArrayBuffer)
    expect(data.notes).toEqual([
      'The 3 images of binarized_mnist_valid.amat follow the 5 of binarized_mnist_train.amat. Models that hold images out use them for that; others train on them unless the image limit is 5.',
    ])
    const { 'binarized_mnist_valid.amat': _, ...two } = set()
    expect(await loadDataset(await make(two))).toMatchObject({ train: { count: 5 }, notes: [] })
  })

  it('is the same however it is written, zipped, and whichever of its files is picked', async () => {
    const { fingerprint } = await loadDataset(await make(set()))
    const asText = (files: Files, change: (text: string) => string) =>
      Object.fromEntries(Object.entries(files).map(([name, bytes]) => [name, Buffer.from(change(String(bytes)))]))
    const zipped = Object.fromEntries(Object.entries(set()).map(([name, bytes]) => [`${name}.gz`, gzipSync(bytes)]))
    const other = { 'other_train.amat': amat(3), 'other_test.amat': amat(3, 3) }
    const beside = join(await make({ ...set(), ...other }), 'binarized_mnist_test.amat')
    for (const place of [
      await make(asText(set(), (text) => text.replaceAll(' \n', '\r\n').replaceAll('1', '1.0'))),
      await make(zipped),
      beside,
      join(await make({ ...set(), ...(await smallSet()) }), 'binarized_mnist_train.amat'),
    ])
      expect(await loadDataset(place)).toMatchObject({ fingerprint, hasLabels: false })
    // and is found again there
    expect((await loadDataset((await loadDataset(beside)).folder)).fingerprint).toBe(fingerprint)
  })

  it('is not what a folder with MNIST’s own files is read as', async () => {
    expect(await loadDataset(await make({ ...set(), ...(await smallSet()) }))).toMatchObject({ hasLabels: true })
  })

  it('is shown without classes', async () => {
    const looked = new Looked()
    const report = await looked.report(await make(set()))
    expect(report.train).toEqual({ count: 8, histogram: null })
    expect(report.files).toHaveLength(3)
    expect(await looked.digits({ split: 'test', from: 0, count: 5 })).toMatchObject({ columns: 2, labels: null })
  })

  it('is refused to a model that is to know the class, with what to do', async () => {
    const data = await loadDataset(await make(set()))
    const label = runSettings.parse({ condition: 'label' })
    let refusal: unknown
    try {
      assertLabelled(label, data)
    } catch (thrown) {
      refusal = thrown
    }
    expect(refusal).toMatchObject({
      code: 'data/no-labels',
      message: `The images of ${data.name} have no labels, but this model’s prior needs each image’s class.`,
      remedy: 'Set Prior to “Without classes” (condition none), or choose data with labels.',
    })
    expect(() => assertLabelled(runSettings.parse({ condition: 'none' }), data)).not.toThrow()
    expect(() => assertLabelled(label, { ...data, hasLabels: true })).not.toThrow()
  })
})

describe('is refused', () => {
  async function refusal(files: Files) {
    const folder = await make(files)
    const thrown: unknown = await loadDataset(folder).catch((reason: unknown) => reason)
    const { problems, fingerprint } = await inspectDataset(folder)
    const error = checkRefusal(thrown)
    expect([problems[0]!.message, fingerprint]).toEqual([error.message, undefined])
    return error
  }

  it('without its test images', async () => {
    const { code, message } = await refusal({
      'binarized_mnist_train.amat': amat(2),
      'binarized_mnist_valid.amat': amat(1),
    })
    expect(code).toBe('data/missing')
    expect(message).toMatch(
      /holds binarized_mnist_train\.amat, .*valid\.amat, but binarized_mnist_test\.amat is missing\.$/,
    )
  })

  it('with grey levels, or lines of another length, by the line', async () => {
    const grey = amat(3, 0, (line, i) => (i === 2 ? line.with(5, '0.5') : line))
    expect((await refusal({ ...set(), 'binarized_mnist_valid.amat': grey })).message).toContain(
      'Line 3 of binarized_mnist_valid.amat has the value 0.5',
    )
    const short = amat(3, 0, (line, i) => (i === 1 ? line.slice(1) : line))
    expect((await refusal({ ...set(), 'binarized_mnist_test.amat': short })).message).toContain(
      'Line 2 of binarized_mnist_test.amat has 783 numbers',
    )
  })

  it('with the training images as test images, or a broken archive', async () => {
    expect((await refusal({ ...set(), 'binarized_mnist_test.amat': amat(5) })).code).toBe('data/mixed')
    const cut = gzipSync(amat(5)).subarray(0, 40)
    expect((await refusal({ ...set(), 'binarized_mnist_test.amat': cut })).code).toBe('data/corrupt')
  })

  it('where there are two sets, without saying which', async () => {
    const other = { 'other_train.amat': amat(3), 'other_test.amat': amat(3, 3) }
    const { code, message } = await refusal({ ...set(), ...other })
    expect(code).toBe('data/several')
    expect(message).toContain('binarized_mnist_train.amat, other_train.amat')
  })
})
