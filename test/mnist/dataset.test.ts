/** Folders of data: every spelling that is good, and every mistake with its own sentence. */
import { execFileSync } from 'node:child_process'
import { chmod, mkdir, rm, symlink, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { inspectDataset, loadDataset } from '../../main/mnist/dataset'
import type { AppError } from '../../preload/errors'
import { checkRefusal } from '../files/expect-refusal'
import { folderWith, idx, idxImages, idxLabels, realPart, smallSet, type Files } from './small-set'

/** Rights do not keep this user from anything. */
const mayReadAll = process.platform === 'win32' || process.getuid?.() === 0

const folders: string[] = []
afterAll(async () => {
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
    expect((await refusal(join(folder, 'file'))).code).toBe('data/not-a-folder')
    expect((await refusal(join(folder, 'file', 'more'))).code).toBe('disk/wrong-kind')
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

  it('names what is there in place of what is missing', async () => {
    const { 't10k-labels-idx1-ubyte': _, ...three } = await smallSet()
    for (const like of [
      't10k-labels-idx1-ubyte.gz.crdownload',
      't10k-labels-idx1-ubyte.zip',
      't10k-labels-idx1-ubyte/',
    ]) {
      const folder = await make(three)
      if (like.endsWith('/')) await mkdir(join(folder, like))
      else await writeFile(join(folder, like), 'x')
      const { code, message } = await refusal(folder)
      expect(code).toBe('data/missing')
      expect(message).toContain(
        `t10k-labels-idx1-ubyte (there is only ${like.replace('/', '')}, which is not it) is missing`,
      )
    }
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

    // a file of the one that is meant says it, and is where the set is found again
    const chosen = await loadDataset(join(folder, 'emnist-mnist-t10k-labels-idx1-ubyte'))
    expect(chosen).toMatchObject({ name: 'emnist-mnist', folder: join(folder, 'emnist-mnist-train-images-idx3-ubyte') })
    expect((await loadDataset(chosen.folder)).fingerprint).toBe(chosen.fingerprint)
    await rm(join(folder, 'emnist-mnist-t10k-labels-idx1-ubyte'))
    const less = await refusal(chosen.folder)
    expect([less.code, less.message]).toEqual(['data/missing', expect.stringContaining('but emnist-mnist-t10k-labels')])
  })

  it('takes a file that was picked for its folder', async () => {
    const folder = await make(renamed(await smallSet(), (name) => `${name}.gz`))
    const dataset = await loadDataset(join(folder, 't10k-labels-idx1-ubyte.gz'))
    expect(dataset).toMatchObject({ folder, train: { count: 30 } })
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

  it.skipIf(process.platform === 'win32')('refuses a pipe in a file’s place, without waiting', async () => {
    const { 'train-labels-idx1-ubyte': _, ...three } = await smallSet()
    const folder = await make(three)
    const path = join(folder, 'train-labels-idx1-ubyte')
    execFileSync('mkfifo', [path])
    expect((await refusal(folder)).code).toBe('data/not-a-file')
  })

  it('refuses a file beyond the cap unread', async () => {
    const folder = await make(await smallSet())
    // A hole of 1 TB: takes no room, and would fill the memory.
    const path = join(folder, 'train-images-idx3-ubyte')
    await writeFile(path, '')
    await truncate(path, 2 ** 40)
    expect((await refusal(folder)).code).toBe('data/too-large')
  })
})

describe('folders as people have them', () => {
  let files: Files
  let fingerprint: string
  beforeAll(async () => {
    files = await smallSet()
    fingerprint = (await loadDataset(await make(files))).fingerprint
  })
  const broken = Buffer.from('<html>')
  const zipped = (bytes: Uint8Array | undefined) => gzipSync(bytes!)
  const all = (place: (name: string) => string) => renamed(files, place)
  const images = 'train-images-idx3-ubyte'
  const mac = Buffer.from('00051607000200004d6163204f53205820', 'hex')

  const layouts: [string, () => Files][] = [
    ['a folder of each file’s name', () => all((name) => `${name}/${name}`)],
    [
      'folders of the files’ names beside good files',
      () => ({ ...all((name) => name.replace('-idx', '.idx')), ...renamed(files, (name) => `${name}/${name}`) }),
    ],
    ['some files in folders of their names', () => all((name) => (name.includes('images') ? `${name}/${name}` : name))],
    [
      'a folder of the file’s name with something else in it',
      () => ({ ...all((name) => `${name}.gz`), [`${images}/x`]: broken }),
    ],
    ['a folder for each split', () => all((name) => `${name.startsWith('train') ? 'train' : 'test'}/${name}`)],
    ['torchvision’s folder', () => ({ ...all((name) => `raw/${name}`), [`raw/${images}.gz`]: zipped(files[images]) })],
    ['the folder above torchvision’s', () => all((name) => `MNIST/raw/${name}`)],
    [
      'the folder above that of the files',
      () => ({ ...all((name) => `mnist/${name}`), 'readme.txt': broken, 'x/y': broken }),
    ],
    ['macOS’s companions', () => ({ ...files, ...renamed(files, (name) => `._${name}`), '.DS_Store': mac })],
    ['macOS’s companions of gzipped files', () => ({ ...all((name) => `${name}.gz`), ...all((name) => `._${name}`) })],
    ['a hidden folder with another set', () => ({ ...files, ...renamed(files, (name) => `.trash/${name}`) })],
    [
      'an empty file beside the good one',
      () => ({ ...files, [images]: Buffer.alloc(0), [`${images}.gz`]: zipped(files[images]) }),
    ],
    [
      'a broken file beside the good one',
      () => ({ ...files, [images]: broken, [`${images}.gz`]: zipped(files[images]) }),
    ],
    [
      'a broken archive beside the good file',
      () => ({ ...files, [`${images}.gz`]: zipped(files[images]).subarray(0, 99) }),
    ],
    ['a broken download and the second one', () => ({ ...files, [images]: broken, [`${images} (1)`]: files[images]! })],
    ['a copy of each in place of it', () => all((name) => `${name} (2).gz`)],
    [
      'copies as other systems call them',
      () => all((name) => (name.includes('images') ? `${name} - Copy` : `${name} copy.gz`)),
    ],
    [
      'copies as other browsers call them',
      () => all((name) => (name.includes('images') ? `${name}(1).gz` : `${name}.gz (1)`)),
    ],
    [
      'capitals',
      () =>
        Object.fromEntries(Object.entries(files).map(([name, bytes]) => [`${name.toUpperCase()}.GZ`, zipped(bytes)])),
    ],
    ['.gz twice in the name', () => all((name) => `${name}.gz.gz`)],
  ]
  it.each(layouts)('%s', async (_, files) => {
    const dataset = await loadDataset(await make(files()))
    expect(dataset).toMatchObject({ fingerprint, train: { count: 30 }, test: { count: 20 } })
    expect((await loadDataset(dataset.folder)).fingerprint).toBe(fingerprint)
  })

  it('may be one of the folders inside that of a set', async () => {
    const split = await make(all((name) => `${name.startsWith('train') ? 'train' : 'test'}/${name}`))
    const own = await make(all((name) => `${name}/${name}`))
    for (const [folder, picked] of [
      [split, 'test'],
      [split, `train/${images}`],
      [own, images],
      [own, `${images}/${images}`],
    ] as const)
      expect(await loadDataset(join(folder, picked))).toMatchObject({ folder, fingerprint })
    await rm(join(own, images), { recursive: true })
    expect((await refusal(join(own, 'train-labels-idx1-ubyte'))).code).toBe('data/missing')
  })

  it('are named by what is in them', async () => {
    const folder = await make(all((name) => `MNIST/raw/${name}`))
    expect(await loadDataset(folder)).toMatchObject({ name: 'MNIST', folder: join(folder, 'MNIST') })
    expect(await inspectDataset(join(folder, 'MNIST', 'raw'))).toMatchObject({
      name: 'MNIST',
      files: Object.keys(files),
    })
    expect((await inspectDataset(folder)).files[0]).toBe(`MNIST/raw/${images}`)
  })

  it('say what was read in place of what', async () => {
    const folder = await make({ ...files, [images]: broken, [`${images}.gz`]: zipped(files[images]) })
    expect((await inspectDataset(folder)).notes).toEqual([
      expect.stringMatching(
        /^train-images-idx3-ubyte is a web page.*; train-images-idx3-ubyte\.gz was read in its place\.$/,
      ),
    ])
    await writeFile(join(folder, `${images}.gz`), zipped(files[images]).subarray(0, 99))
    // none is good: the likelier one's problem is told
    expect((await refusal(folder)).code).toBe('data/web-page')
  })

  it('say when the end of the images was never written', async () => {
    const cut = Buffer.from(files[images]!).fill(0, 16 + 784 * 25 + 400)
    const { notes, problems } = await inspectDataset(await make({ ...files, [images]: cut }))
    expect(problems).toEqual([])
    expect(notes).toEqual([`The last 4 images of ${images} are black: the rest of it may be missing.`])
  })

  it('with several sets in several folders are asked about', async () => {
    const folder = await make({ ...all((name) => `MNIST/raw/${name}`), ...all((name) => `FashionMNIST/raw/${name}`) })
    const error = await refusal(folder)
    expect(error).toMatchObject({
      code: 'data/several',
      message: `${folder} holds several datasets: FashionMNIST, MNIST.`,
    })
    expect((await loadDataset(join(folder, 'MNIST'))).fingerprint).toBe(fingerprint)
  })

  it('are not mixed with another one in it', async () => {
    const { [images]: _, ...three } = files
    const folder = await make({ ...three, ...renamed(files, (name) => `old/${name}`) })
    expect((await refusal(folder)).code).toBe('data/missing')
  })

  it.skipIf(process.platform === 'win32')('may be links, and hold links', async () => {
    const [folder, other] = [await make(all((name) => `set/${name}`)), await make({})]
    await symlink(join(folder, 'set'), join(other, 'link'))
    await symlink(folder, join(folder, 'set', 'round'))
    await symlink('nowhere', join(other, 'broken'))
    expect((await loadDataset(other)).fingerprint).toBe(fingerprint)
    expect((await loadDataset(join(other, 'link'))).fingerprint).toBe(fingerprint)
    for (const name of Object.keys(files)) await symlink(join(folder, 'set', name), join(other, name))
    expect((await loadDataset(other)).folder).toBe(other)
    await rm(join(folder, 'set', images))
    expect((await refusal(other)).code).toBe('disk/not-found')
  })

  it.skipIf(mayReadAll)('say what may not be read', async () => {
    const folder = await make({ ...files, 'locked/x': broken })
    await chmod(join(folder, 'locked'), 0)
    await chmod(join(folder, images), 0)
    expect(await refusal(folder)).toMatchObject({ code: 'disk/denied', message: expect.stringContaining(images) })
    await writeFile(join(folder, `${images}.gz`), zipped(files[images]))
    expect((await loadDataset(folder)).fingerprint).toBe(fingerprint)
    await chmod(join(folder, 'locked'), 0o700)
  })

  it('may be QMNIST’s, whose labels are tables', async () => {
    const table = (labels: Uint8Array) => {
      const data = Buffer.alloc(labels.length * 32, 1)
      for (const [i, label] of labels.subarray(8).entries()) data.writeInt32BE(label, 32 * i)
      return idx(0xc02, [labels.length - 8, 8], data.subarray(0, -8 * 32))
    }
    const folder = await make({
      'qmnist-train-images-idx3-ubyte.gz': zipped(files[images]),
      'qmnist-train-labels-idx2-int.gz': zipped(table(files['train-labels-idx1-ubyte']!)),
      'qmnist-test-images-idx3-ubyte.gz': zipped(files['t10k-images-idx3-ubyte']),
      'qmnist-test-labels-idx2-int.gz': zipped(table(files['t10k-labels-idx1-ubyte']!)),
    })
    const [qmnist, mnist] = [await loadDataset(folder), await loadDataset(await make(files))]
    expect([qmnist.train, qmnist.test]).toEqual([mnist.train, mnist.test])
    expect(qmnist.fingerprint).not.toBe(mnist.fingerprint)
  })

  it('of a whole disk are left after some of them', async () => {
    const folder = await make(Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`${i}/x`, broken])))
    expect((await refusal(folder)).code).toBe('data/not-found')
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
