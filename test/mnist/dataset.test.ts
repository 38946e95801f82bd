/** Folders of data: every spelling that is good, and every mistake with its own sentence. */
import { execFileSync } from 'node:child_process'
import { mkdir, rm, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterEach, describe, expect, it } from 'vitest'
import { inspectDataset, loadDataset } from '../../main/mnist/dataset'
import type { AppError } from '../../preload/errors'
import { checkRefusal } from '../files/expect-refusal'
import { folderWith, idxImages, idxLabels, realPart, smallSet, type Files } from './small-set'

const folders: string[] = []
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true })
})

async function make(files: Files): Promise<string> {
  const folder = await folderWith(files)
  folders.push(folder)
  return folder
}

/** The refusal of a folder; inspecting it must name the same problem first. */
async function refusal(folder: string): Promise<AppError> {
  const thrown: unknown = await loadDataset(folder).catch((reason: unknown) => reason)
  const error = checkRefusal(thrown)
  const { problems, fingerprint } = await inspectDataset(folder)
  expect(problems[0]).toMatchObject({ code: error.code, message: error.message })
  expect(fingerprint).toBeUndefined()
  return error
}

function renamed(files: Files, rename: (name: string) => string): Files {
  return Object.fromEntries(Object.entries(files).map(([name, bytes]) => [rename(name), bytes]))
}

describe('loadDataset', () => {
  it('reads every spelling to the same data', async () => {
    const files = await smallSet()
    const { fingerprint } = await loadDataset(await make(files))
    const spellings: Files[] = [
      renamed(files, (name) => name.replace('-idx', '.idx')),
      renamed(files, (name) => name.toUpperCase()),
      renamed(files, (name) => name.replace('t10k', 'test')),
      renamed(files, (name) => `emnist-digits-${name.replace('t10k', 'test')}`),
      renamed(files, (name) => `${name}.gz`),
      Object.fromEntries(Object.entries(files).map(([name, bytes]) => [`${name}.gz`, gzipSync(bytes)])),
      Object.fromEntries(Object.entries(files).map(([name, bytes]) => [name, gzipSync(bytes)])),
    ]
    for (const spelling of spellings) {
      const dataset = await loadDataset(await make(spelling))
      expect(dataset).toMatchObject({ fingerprint, train: { count: 30 }, test: { count: 20 } })
    }
  })

  it('prefers unzipped files, and MNIST’s own names before a named set', async () => {
    const files = await smallSet()
    const other = await realPart('train', 5, 100)
    const folder = await make({
      ...files,
      'train-images-idx3-ubyte.gz': gzipSync(other.images),
      'train-labels-idx1-ubyte.gz': gzipSync(other.labels),
      ...renamed(files, (name) => `emnist-letters-${name}`),
    })
    expect((await loadDataset(folder)).train.count).toBe(30)
  })

  it('has another fingerprint for other data', async () => {
    const files = await smallSet()
    const { fingerprint } = await loadDataset(await make(files))
    const changed = new Uint8Array(files['t10k-labels-idx1-ubyte'] as Uint8Array)
    changed[8] = ((changed[8] ?? 0) + 1) % 10
    const other = await loadDataset(await make({ ...files, 't10k-labels-idx1-ubyte': changed }))
    expect(other.fingerprint).not.toBe(fingerprint)
  })

  it('refuses a folder that is missing, or is a file', async () => {
    const folder = await make({ file: Buffer.from('x') })
    expect((await refusal(join(folder, 'none'))).code).toBe('disk/not-found')
    expect((await refusal(join(folder, 'file'))).code).toBe('disk/wrong-kind')
  })

  it('says what a folder holds instead of MNIST', async () => {
    expect((await refusal(await make({}))).message).toContain('holds nothing')
    const other = await refusal(await make({ 'photo.jpg': Buffer.from('x'), 'mnist.npz': Buffer.from('x') }))
    expect(other.code).toBe('data/not-found')
    expect(other.message).toContain('mnist.npz, photo.jpg')
    expect(other.remedy).toContain('train-images-idx3-ubyte')
  })

  it('says what is there and what is missing', async () => {
    const { 't10k-labels-idx1-ubyte': _, ...three } = await smallSet()
    const error = await refusal(await make(three))
    expect(error.code).toBe('data/missing')
    expect(error.message).toMatch(/train-labels-idx1-ubyte.*but t10k-labels-idx1-ubyte is missing/)
  })

  it('asks which of several sets is meant', async () => {
    const files = await smallSet()
    const folder = await make({
      ...renamed(files, (n) => `emnist-digits-${n}`),
      ...renamed(files, (n) => `emnist-mnist-${n}`),
    })
    const error = await refusal(folder)
    expect(error.code).toBe('data/several')
    expect(error.message).toContain('emnist-digits, emnist-mnist')
  })

  it('sees training labels of the test set, and the other way round', async () => {
    const files = await smallSet()
    const folder = await make({
      ...files,
      'train-labels-idx1-ubyte': files['t10k-labels-idx1-ubyte'] as Uint8Array,
      't10k-labels-idx1-ubyte': files['train-labels-idx1-ubyte'] as Uint8Array,
    })
    const error = await refusal(folder)
    expect(error.code).toBe('data/mixed')
    expect(error.message).toContain('30 training images with 20 labels')
  })

  it('sees all of the training and test files exchanged', async () => {
    const count = { train: 60_000, test: 10_000 }
    const pixels = new Uint8Array(count.train * 784)
    const folder = await make({
      'train-images-idx3-ubyte': idxImages(pixels.subarray(0, count.test * 784)),
      'train-labels-idx1-ubyte': idxLabels(new Uint8Array(count.test)),
      't10k-images-idx3-ubyte': idxImages(pixels),
      't10k-labels-idx1-ubyte': idxLabels(new Uint8Array(count.train)),
    })
    expect((await refusal(folder)).code).toBe('data/mixed')
  })

  it('sees one file used as training and test images', async () => {
    const { images, labels } = await realPart('train', 10)
    const folder = await make({
      'train-images-idx3-ubyte': images,
      'train-labels-idx1-ubyte': labels,
      't10k-images-idx3-ubyte': gzipSync(images),
      't10k-labels-idx1-ubyte': labels,
    })
    const error = await refusal(folder)
    expect(error.code).toBe('data/mixed')
    expect(error.message).toContain('the same')
  })

  it('sees a count that does not match, in either set', async () => {
    const files = await smallSet()
    const { labels } = await realPart('train', 29)
    const error = await refusal(await make({ ...files, 'train-labels-idx1-ubyte': labels }))
    expect(error.code).toBe('data/count-mismatch')
    expect(error.message).toContain('training set has 30 images but 29 labels')
    const other = await refusal(await make({ ...files, 't10k-labels-idx1-ubyte': labels }))
    expect(other.message).toContain('test set has 20 images but 29 labels')
  })

  it('refuses a folder or a pipe in a file’s place, without waiting', async () => {
    const { 'train-labels-idx1-ubyte': _, ...three } = await smallSet()
    const folder = await make(three)
    const path = join(folder, 'train-labels-idx1-ubyte')
    await mkdir(path)
    expect((await refusal(folder)).code).toBe('data/not-a-file')
    await rm(path, { recursive: true })
    if (process.platform === 'win32') return
    execFileSync('mkfifo', [path])
    expect((await refusal(folder)).code).toBe('data/not-a-file')
  })

  it('refuses a file beyond the cap unread', async () => {
    const folder = await make(await smallSet())
    // A hole of 1 TB: takes no room, and would fill the memory.
    const path = join(folder, 'train-images-idx3-ubyte')
    await writeFile(path, '')
    await truncate(path, 2 ** 40)
    const start = performance.now()
    expect((await refusal(folder)).code).toBe('data/too-large')
    expect(performance.now() - start).toBeLessThan(2000)
  })
})

describe('inspectDataset', () => {
  it('counts images and classes', async () => {
    const folder = await make(await smallSet())
    const inspection = await inspectDataset(folder)
    expect(inspection).toMatchObject({ folder, problems: [], train: { count: 30 }, test: { count: 20 } })
    expect(inspection.train?.perClass).toEqual([2, 6, 4, 4, 4, 2, 2, 2, 1, 3])
    expect(inspection.fingerprint).toBe((await loadDataset(folder)).fingerprint)
  })

  it('names every problem, and still shows the set that is good', async () => {
    const files = await smallSet()
    const folder = await make({
      ...files,
      'train-images-idx3-ubyte': Buffer.from('<html>'),
      'train-labels-idx1-ubyte': (files['train-labels-idx1-ubyte'] as Uint8Array).subarray(0, 20),
    })
    const inspection = await inspectDataset(folder)
    expect(inspection.problems.map(({ code }) => code)).toEqual(['data/web-page', 'data/truncated'])
    expect(inspection.train).toBeUndefined()
    expect(inspection.test?.count).toBe(20)
    expect(inspection.fingerprint).toBeUndefined()
  })

  it('notes what is unusual but can be used', async () => {
    const train = await realPart('train', 5)
    const test = await realPart('t10k', 20)
    const folder = await make({
      'train-images-idx3-ubyte': train.images,
      'train-labels-idx1-ubyte': train.labels,
      't10k-images-idx3-ubyte': test.images,
      't10k-labels-idx1-ubyte': test.labels,
    })
    const inspection = await inspectDataset(folder)
    expect(inspection.problems).toEqual([])
    expect(inspection.notes).toEqual([
      'There are no training images of class 2, 3, 6, 7, 8.',
      'There are more test images than training images.',
    ])
  })
})
