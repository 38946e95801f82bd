/** The bundled MNIST, byte for byte the published one. */
import { createHash } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bundledFolder } from '../../main/mnist/bundled'
import { inspectDataset, loadDataset } from '../../main/mnist/dataset'
import type { Dataset } from '../../main/mnist/types'

/** SHA-256 of the four unzipped files, as published. */
const published = {
  'train-images-idx3-ubyte': 'ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db',
  'train-labels-idx1-ubyte': '65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5',
  't10k-images-idx3-ubyte': '0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7',
  't10k-labels-idx1-ubyte': 'ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2',
}
const names = Object.keys(published)

describe('the bundled MNIST', () => {
  let mnist: Dataset
  beforeAll(async () => {
    mnist = await loadDataset(bundledFolder())
  })

  it('is the published one', async () => {
    for (const [name, sha256] of Object.entries(published)) {
      const file = await readFile(join(bundledFolder(), name))
      expect(createHash('sha256').update(file).digest('hex')).toBe(sha256)
    }
  })

  it('has 60,000 training and 10,000 test images in shared memory', () => {
    expect(mnist.name).toBe('MNIST (bundled)')
    expect(mnist.classes).toEqual([...'0123456789'])
    expect([mnist.train.count, mnist.test.count]).toEqual([60_000, 10_000])
    for (const split of [mnist.train, mnist.test]) {
      expect(split.images).toHaveLength(split.count * 784)
      expect(split.labels).toHaveLength(split.count)
      expect(split.images.buffer).toBeInstanceOf(SharedArrayBuffer)
      expect(split.labels.buffer).toBeInstanceOf(SharedArrayBuffer)
    }
    expect([...mnist.train.labels.subarray(0, 10)]).toEqual([5, 0, 4, 1, 9, 2, 1, 3, 1, 4])
    expect([...mnist.test.labels.subarray(0, 10)]).toEqual([7, 2, 1, 0, 4, 1, 4, 9, 5, 9])
  })

  it('holds the pixels of the files', async () => {
    const file = await readFile(join(bundledFolder(), 't10k-images-idx3-ubyte'))
    expect(Buffer.compare(mnist.test.images, file.subarray(16))).toBe(0)
  })

  it('has one fingerprint, over the four unzipped files', async () => {
    const hash = createHash('sha256')
    for (const name of names) hash.update(await readFile(join(bundledFolder(), name)))
    expect(mnist.fingerprint).toBe(hash.digest('hex'))
    expect(mnist.fingerprint).toBe('b2d8f5bf39174ee5ffeefa97e42d673c35432b411bb5d1f74fbbeddae7f1690a')
  })

  it('is inspected: counts, classes, no problems', async () => {
    const inspection = await inspectDataset(bundledFolder())
    expect(inspection.problems).toEqual([])
    expect(inspection.notes).toEqual([])
    expect(inspection.files).toEqual(names)
    expect(inspection.fingerprint).toBe(mnist.fingerprint)
    expect(inspection.train?.perClass).toEqual([5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949])
    expect(inspection.test?.perClass).toEqual([980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009])
  })

  it('loads with less than a second of computing', async () => {
    const before = process.cpuUsage()
    await loadDataset(bundledFolder())
    // of this process: what else the machine is doing does not count
    const { user, system } = process.cpuUsage(before)
    expect(user + system).toBeLessThan(1e6)
  })
})

describe('the same data, gzipped and under the other names', () => {
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'vlae-mnist-'))
  })
  afterAll(() => rm(folder, { recursive: true }))

  it('has the same fingerprint', async () => {
    for (const [index, name] of names.entries()) {
      const bytes = await readFile(join(bundledFolder(), name))
      // Gzipped with .gz, gzipped without, plain with .gz (by its bytes it is plain), plain.
      const target = name.replace('-idx', '.idx') + (index % 2 === 0 ? '.gz' : '')
      await writeFile(join(folder, target), index < 2 ? gzipSync(bytes, { level: 1 }) : bytes)
    }
    const copy = await loadDataset(folder)
    expect(copy.fingerprint).toBe((await loadDataset(bundledFolder())).fingerprint)
    expect(copy.name).toMatch(/^vlae-mnist-/)
  })
})
