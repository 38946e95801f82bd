/** Small datasets in memory and in folders, made of the first images of the bundled MNIST. */
import { mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { bundledFolder } from '../../main/mnist/bundled'

/** An IDX file of images: its header says `count`, whatever there is of data. */
export function idxImages(pixels: Uint8Array, count = pixels.length / 784, rows = 28, columns = 28): Buffer {
  return idx(0x803, [count, rows, columns], pixels)
}

/** An IDX file of labels. */
export function idxLabels(labels: Uint8Array, count = labels.length): Buffer {
  return idx(0x801, [count], labels)
}

export function idx(magic: number, sizes: readonly number[], data: Uint8Array): Buffer {
  const header = Buffer.alloc(4 + 4 * sizes.length)
  header.writeUInt32BE(magic, 0)
  for (const [dimension, size] of sizes.entries()) header.writeUInt32BE(size, 4 + 4 * dimension)
  return Buffer.concat([header, data])
}

/** Real images and labels: `count` from image number `from` on. */
export async function realPart(split: 'train' | 't10k', count: number, from = 0) {
  const images = await readFile(join(bundledFolder(), `${split}-images-idx3-ubyte`))
  const labels = await readFile(join(bundledFolder(), `${split}-labels-idx1-ubyte`))
  return {
    images: idxImages(images.subarray(16 + from * 784, 16 + (from + count) * 784)),
    labels: idxLabels(labels.subarray(8 + from, 8 + from + count)),
  }
}

export type Files = Record<string, Uint8Array>

/** The four files of a good small set under MNIST's own names, of its first images. */
export async function smallSet(trainImages = 30, testImages = 20): Promise<Files> {
  const train = await realPart('train', trainImages)
  const test = await realPart('t10k', testImages)
  return {
    'train-images-idx3-ubyte': train.images,
    'train-labels-idx1-ubyte': train.labels,
    't10k-images-idx3-ubyte': test.images,
    't10k-labels-idx1-ubyte': test.labels,
  }
}

/** A fresh folder with these files; their names may have folders in them. */
export async function folderWith(files: Files): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'vlae-data-'))
  for (const [name, bytes] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true })
    await writeFile(join(folder, name), bytes)
  }
  return folder
}
