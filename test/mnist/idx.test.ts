/** The IDX reader: good files in, and every real-world failure under its own name. */
import { gunzipSync, gzipSync } from 'node:zlib'
import * as fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { readIdx, type IdxKind } from '../../main/mnist/idx'
import { errorOf, refusalOf } from '../files/expect-refusal'
import { damaged, damages } from '../files/mutate'
import { idx, idxImages, idxLabels, realPart } from './small-set'

const two = new Uint8Array(2 * 784).fill(7)

describe('readIdx', () => {
  it('reads images and labels, gzipped or not', () => {
    const labels = Uint8Array.of(0, 9, 5)
    for (const [kind, file, data, count] of [
      ['images', idxImages(two), two, 2],
      ['labels', idxLabels(labels), labels, 3],
    ] as const) {
      for (const bytes of [file, gzipSync(file), gzipSync(file, { level: 0 })]) {
        const read = readIdx(bytes, kind, 'file')
        expect(read.count).toBe(count)
        expect(Buffer.compare(read.data, data)).toBe(0)
        expect(Buffer.compare(read.file, file)).toBe(0)
      }
    }
  })

  it('reads gzip in several members, and from any place in a larger buffer', () => {
    const file = idxImages(two)
    const members = Buffer.concat([gzipSync(file.subarray(0, 100)), gzipSync(file.subarray(100))])
    expect(readIdx(members, 'images', 'file').count).toBe(2)
    const larger = Buffer.concat([Buffer.from('xyz'), file])
    expect(readIdx(new Uint8Array(larger).subarray(3), 'images', 'file').count).toBe(2)
  })

  const page = '<!DOCTYPE html><html><body>403 Forbidden</body></html>'
  const good = idxImages(two)
  const cases: [string, Uint8Array, IdxKind, string, RegExp][] = [
    ['an empty file', Buffer.alloc(0), 'images', 'data/empty', /empty/],
    ['an empty gzip', gzipSync(Buffer.alloc(0)), 'images', 'data/empty', /empty/],
    ['a header that says no images', idxImages(Buffer.alloc(0)), 'images', 'data/empty', /says 0/],
    ['a web page', Buffer.from(page), 'images', 'data/web-page', /web page/],
    ['a web page with a byte order mark', Buffer.from(`\ufeff\n ${page}`), 'images', 'data/web-page', /web page/],
    ['an XML error', Buffer.from('<?xml version="1.0"?><Error/>'), 'labels', 'data/web-page', /web page/],
    ['a gzipped web page', gzipSync(page), 'images', 'data/web-page', /web page/],
    ['a truncated raw file', good.subarray(0, 1000), 'images', 'data/truncated', /1,000 bytes.*1,584 bytes/],
    ['a raw file cut in its header', good.subarray(0, 10), 'images', 'data/truncated', /header/],
    ['a raw file cut in its magic number', good.subarray(0, 3), 'images', 'data/truncated', /header/],
    ['a truncated gzip', gzipSync(good).subarray(0, -9), 'images', 'data/truncated', /no end/],
    ['a gzip cut in its header', gzipSync(good).subarray(0, 5), 'images', 'data/truncated', /no end/],
    ['a gzip of a truncated file', gzipSync(good.subarray(0, 1000)), 'images', 'data/truncated', /1,000 bytes/],
    [
      'a damaged gzip',
      gzipSync(good).map((byte, at) => (at === 12 ? byte ^ 255 : byte)),
      'images',
      'data/corrupt',
      /un/,
    ],
    ['a gzip with a wrong checksum', flip(gzipSync(good), -6), 'images', 'data/corrupt', /unzipped/],
    ['a gzip in a gzip', gzipSync(gzipSync(good)), 'images', 'data/gzip-twice', /inside/],
    ['a ZIP archive', Buffer.from('PK\x03\x04rest'), 'images', 'data/zip', /ZIP/],
    [
      'a Git LFS pointer',
      Buffer.from('version https://git-lfs.github.com/spec/v1\n'),
      'images',
      'data/lfs-pointer',
      /LFS/,
    ],
    ['labels where images are expected', idxLabels(Uint8Array.of(1)), 'images', 'data/swapped', /swapped/],
    ['images where labels are expected', gzipSync(good), 'labels', 'data/swapped', /swapped/],
    ['another file', Buffer.from('\x93NUMPY\x01\x00 and so on', 'latin1'), 'images', 'data/not-idx', /0x934e554d/],
    ['IDX of floats', idx(0xd03, [1, 28, 28], Buffer.alloc(784 * 4)), 'images', 'data/not-idx', /0x00000d03/],
    ['colour images', idx(0x804, [1, 28, 28, 3], Buffer.alloc(784 * 3)), 'images', 'data/not-idx', /0x00000804/],
    ['images of 32×32', idxImages(Buffer.alloc(1024), 1, 32, 32), 'images', 'data/image-size', /32×32/],
    ['images of 28×14', idxImages(Buffer.alloc(784), 2, 14, 28), 'images', 'data/image-size', /28×14/],
    ['sizes whose product overflows', idxImages(two, 2, 2 ** 31, 2 ** 31), 'images', 'data/image-size', /28×28/],
    ['a count beyond the cap', idxImages(two, 2 ** 32 - 1), 'images', 'data/too-large', /4,294,967,295/],
    ['a file that goes on', Buffer.concat([good, good]), 'images', 'data/too-long', /goes on/],
    ['a gzip that goes on', gzipSync(Buffer.concat([good, good])), 'images', 'data/too-long', /goes on/],
    ['a label above 9', idxLabels(Uint8Array.of(0, 9, 25)), 'labels', 'data/label-range', /Label 3 .* is 25/],
  ]
  it.each(cases)('refuses %s', (_, bytes, kind, code, message) => {
    const error = errorOf(() => readIdx(bytes, kind, 'train-file.gz'))
    expect(error?.code).toBe(code)
    expect(error?.message).toMatch(message)
    expect(error?.message).toContain('train-file.gz')
  })

  it('stops a gzip bomb at the size that its header announces', () => {
    // 16 members of 64 MB of zeros, behind a good header: 1 GB in 1 MB.
    const zeros = gzipSync(Buffer.alloc(64 << 20), { level: 1 })
    const bomb = Buffer.concat([gzipSync(idxImages(two)), ...Array.from({ length: 16 }, () => zeros)])
    const before = process.resourceUsage().maxRSS
    expect(refusalOf(() => readIdx(bomb, 'images', 'bomb'))).toBe('data/too-long')
    expect(refusalOf(() => readIdx(zeros, 'images', 'zeros'))).toBe('data/not-idx')
    const grownKilobytes = process.resourceUsage().maxRSS - before
    expect(grownKilobytes).toBeLessThan(40_000)
  })
})

describe('readIdx on damaged real files', () => {
  let images: Buffer
  let labels: Buffer
  beforeAll(async () => {
    const part = await realPart('t10k', 20)
    images = part.images
    labels = (await realPart('t10k', 10_000)).labels
  })

  const answers = [
    'empty',
    'web-page',
    'truncated',
    'corrupt',
    'gzip-twice',
    'zip',
    'lfs-pointer',
    'swapped',
    'not-idx',
  ]
    .concat(['image-size', 'too-large', 'too-long', 'label-range'])
    .map((code) => `data/${code}`)
    .concat('a good file')

  /** A refusal by name, or whether the file is what its header says. */
  function answer(bytes: Uint8Array, kind: IdxKind): string {
    let good = false
    const code = refusalOf(() => {
      const { file, data, count } = readIdx(bytes, kind, 'damaged')
      const fits = data.length === count * (kind === 'images' ? 784 : 1)
      good = fits && file.length - data.length === (kind === 'images' ? 16 : 8)
      if (kind === 'labels') good &&= data.every((label) => label <= 9)
    })
    return code ?? (good ? 'a good file' : 'a wrong file')
  }

  it.each(['images', 'labels'] as const)('answers every damage of raw %s', (kind) => {
    const file = kind === 'images' ? images : labels
    fc.assert(
      fc.property(damages, (list) => {
        expect(answers).toContain(answer(damaged(file, list), kind))
      }),
      { numRuns: 1000 },
    )
  })

  it.each(['images', 'labels'] as const)('answers every damage of gzipped %s', (kind) => {
    const file = gzipSync(kind === 'images' ? images : labels)
    fc.assert(
      fc.property(damages, (list) => {
        expect(answers).toContain(answer(damaged(file, list), kind))
      }),
      { numRuns: 1000 },
    )
  })

  it('answers any bytes', () => {
    const start = fc.constantFrom('', '1f8b0800', '00000803', '00000801', '0000080300000001', '3c', '504b0304')
    fc.assert(
      fc.property(start, fc.uint8Array({ maxLength: 64 }), fc.constantFrom('images', 'labels'), (head, tail, kind) => {
        expect(answers).toContain(answer(Buffer.concat([Buffer.from(head, 'hex'), tail]), kind))
      }),
      { numRuns: 3000 },
    )
  })

  it('sees every cut of a gzipped file', () => {
    const file = gzipSync(images)
    for (let length = 0; length < file.length; length += 7) {
      const code = refusalOf(() => readIdx(file.subarray(0, length), 'images', 'cut'))
      expect([length, code]).toEqual([length, length === 0 ? 'data/empty' : 'data/truncated'])
    }
    expect(gunzipSync(file)).toEqual(images)
  })
})

function flip(bytes: Uint8Array, at: number): Uint8Array {
  const copy = new Uint8Array(bytes)
  const index = copy.length + at
  copy[index] = (copy[index] ?? 0) ^ 1
  return copy
}
