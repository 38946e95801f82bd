/** Datasets that someone hands over: IDX files, zipped or not, and folders of them. */
import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import * as fc from 'fast-check'
import { inspectDataset, loadDataset } from '../../../main/mnist/dataset'
import { readIdx, type IdxKind } from '../../../main/mnist/idx'
import { answerOf, checkRefusal } from '../../files/expect-refusal'
import { damaged, damages } from '../../files/mutate'
import { idx, idxImages, idxLabels } from '../../mnist/small-set'
import { oddText, pattern } from '../near'
import { target } from '../target'

const digits = fc.record({ count: fc.integer({ min: 1, max: 3 }), from: fc.nat(250) }).map(({ count, from }) => ({
  images: pattern(count * 784, from),
  labels: pattern(count, from).map((level) => level % 10),
}))

const good: fc.Arbitrary<Uint8Array> = fc.oneof(
  digits.map(({ images }) => new Uint8Array(idxImages(images))),
  digits.map(({ labels }) => new Uint8Array(idxLabels(labels))),
)

/** A header that says anything: types and numbers of dimensions that others use, sizes that are not there. */
const headed = fc
  .record({
    type: fc.oneof(fc.constantFrom(0x08, 0x09, 0x0b, 0x0c, 0x0d, 0x0e), fc.nat(255)),
    sizes: fc.array(fc.oneof(fc.constantFrom(0, 1, 2, 8, 28, 784, 2 ** 16, 2 ** 31, 2 ** 32 - 1), fc.nat(64)), {
      maxLength: 5,
    }),
    data: fc.uint8Array({ maxLength: 2000 }),
  })
  .map(({ type, sizes, data }) => new Uint8Array(idx((type << 8) | sizes.length, sizes, data)))

const foreign = fc
  .tuple(
    fc.constantFrom(
      '',
      '<',
      ' <html>',
      '{"error":"no"}',
      'PK\u0003\u0004',
      'version https://git-lfs',
      '\u001f\u008b\b',
    ),
    fc.uint8Array({ maxLength: 64 }),
  )
  .map(([start, rest]) => new Uint8Array(Buffer.concat([Buffer.from(start, 'latin1'), rest])))

const raw: fc.Arbitrary<Uint8Array> = fc.oneof(
  { weight: 1, arbitrary: good },
  { weight: 5, arbitrary: fc.tuple(good, damages).map(([file, list]) => damaged(file, list)) },
  { weight: 3, arbitrary: headed },
  { weight: 1, arbitrary: foreign },
)

/** A file of zeros that is a thousandth of its size when it is zipped, whatever its header says. */
const bomb = fc
  .record({ count: fc.constantFrom(0, 1, 5000, 1_000_000), megabytes: fc.integer({ min: 1, max: 8 }) })
  .map(({ count, megabytes }) => gzipSync(idxImages(new Uint8Array(megabytes << 20), count)))

const zipped: fc.Arbitrary<Uint8Array> = fc.oneof(
  { weight: 20, arbitrary: raw.map((file) => gzipSync(file)) },
  { weight: 20, arbitrary: fc.tuple(good, damages).map(([file, list]) => damaged(gzipSync(file), list)) },
  { weight: 5, arbitrary: raw.map((file) => gzipSync(gzipSync(file))) },
  { weight: 5, arbitrary: fc.tuple(raw, raw).map((files) => Buffer.concat(files.map((file) => gzipSync(file)))) },
  { weight: 1, arbitrary: bomb },
)

const kind = fc.constantFrom<IdxKind>('images', 'labels')

interface IdxInput {
  readonly bytes: Uint8Array
  readonly kind: IdxKind
}

function tryIdx({ bytes, kind }: IdxInput): Promise<unknown> {
  return answerOf(() => {
    const { data, count } = readIdx(bytes, kind, 'the file')
    assert.equal(data.length, count * (kind === 'images' ? 784 : 1))
    if (kind === 'labels') assert.ok(data.every((label) => label <= 9))
  })
}

async function tryGood({ images, labels }: { images: Uint8Array; labels: Uint8Array }): Promise<void> {
  for (const pack of [(file: Uint8Array) => file, (file: Uint8Array) => gzipSync(file)]) {
    assert.deepEqual(new Uint8Array(readIdx(pack(idxImages(images)), 'images', 'good').data), images)
    assert.deepEqual(new Uint8Array(readIdx(pack(idxLabels(labels)), 'labels', 'good').data), labels)
  }
}

const entry = fc.oneof(
  { weight: 6, arbitrary: raw },
  { weight: 2, arbitrary: zipped },
  { weight: 1, arbitrary: fc.constantFrom('folder', 'link to nothing', 'link to itself', 'link to a device') },
)
const names = ['train-images-idx3-ubyte', 'train-labels-idx1-ubyte', 't10k-images-idx3-ubyte', 't10k-labels-idx1-ubyte']
const name = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom(...names) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(
        fc.constantFrom('', '._', 'emnist-', '.'),
        fc.constantFrom(...names),
        fc.constantFrom('', '.gz', '.GZ', '.txt'),
      )
      .map((parts) => parts.join('').replace(/-(idx)/, '.$1')),
  },
  { weight: 1, arbitrary: oddText.filter((text) => /^[^/\0]{1,60}$/u.test(text) && !/^\.\.?$/.test(text)) },
)

export const data = [
  target({
    name: 'idx',
    cheap: 6,
    inputs: fc.record({ bytes: raw, kind }),
    open: async () => ({ try: async (input) => void (await tryIdx(input)) }),
  }),
  target({
    name: 'gzip',
    cheap: 6,
    inputs: fc.record({ bytes: zipped, kind }),
    open: async () => ({ try: async (input) => void (await tryIdx(input)) }),
  }),
  target({ name: 'idx-good', cheap: 4, inputs: digits, open: async () => ({ try: tryGood }) }),
  target({
    name: 'data-folder',
    inputs: fc.uniqueArray(fc.tuple(name, entry), {
      selector: ([name]) => name.toLowerCase(),
      minLength: 1,
      maxLength: 6,
    }),
    open: async (inside) => {
      return {
        async try(entries) {
          // one of its own: a try that is given up for its time may still be at work in its folder
          const folder = mkdtempSync(join(inside, 'data-'))
          try {
            for (const [name, content] of entries) lay(join(folder, name), content)
            const found = await inspectDataset(folder)
            for (const problem of found.problems) assert.notEqual(problem.code, 'internal')
            const loaded = await loadDataset(folder).catch(checkRefusal)
            assert.equal(found.problems.length === 0, 'train' in loaded)
          } finally {
            rmSync(folder, { recursive: true })
          }
        },
      }
    },
  }),
]

function lay(path: string, content: Uint8Array | string): void {
  if (typeof content !== 'string') writeFileSync(path, content)
  else if (content === 'folder') mkdirSync(path)
  else symlinkSync({ 'link to nothing': 'nothing', 'link to a device': '/dev/zero' }[content] ?? path, path)
}
