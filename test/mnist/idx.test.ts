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
      for (const bytes of [file, gzipSync(file), gzipSync(file, { level: 0 }), gzipSync(gzipSync(file))]) {
        const read = readIdx(bytes, kind, 'file')
        expect(read.count).toBe(count)
        expect(Buffer.compare(read.data, data)).toBe(0)
        expect(Buffer.compare(read.file, file)).toBe(0)
      }
    }
  })

  it('reads labels as other datasets write them: whole numbers of any width, the class in the first column', () => {
    const rows = [7, 0, 9]
    const columns = [0, 4, 2600, 5, 1, 0, 0]
    for (const [type, bytes] of [
      [0x08, 1],
      [0x09, 1],
      [0x0b, 2],
      [0x0c, 4],
    ] as const)
      for (const more of [[], columns]) {
        const numbers = rows.flatMap((label) => [label, ...more.map((value) => value % 2 ** (8 * bytes - 1))])
        const data = Buffer.alloc(numbers.length * bytes)
        for (const [i, number] of numbers.entries()) data.writeIntBE(number, i * bytes, bytes)
        const file =
          more.length === 0
            ? idx((type << 8) + 1, [rows.length], data)
            : idx((type << 8) + 2, [rows.length, more.length + 1], data)
        for (const written of [file, gzipSync(file)]) {
          const read = readIdx(written, 'labels', 'labels')
          expect([[...read.data], read.count]).toEqual([rows, 3])
          expect(Buffer.compare(read.file, file)).toBe(0)
        }
        expect(refusalOf(() => readIdx(file.subarray(0, -1), 'labels', 'labels'))).toBe('data/truncated')
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
    ['a gzip in gzips', gzipSync(gzipSync(gzipSync(good))), 'images', 'data/gzip-nested', /inside/],
    [
      'a gzip of a gzip that is cut off',
      gzipSync(gzipSync(good).subarray(0, -9)),
      'images',
      'data/truncated',
      /no end/,
    ],
    ['a gzip of an empty gzip', gzipSync(gzipSync(Buffer.alloc(0))), 'images', 'data/empty', /empty/],
    ['a ZIP archive', Buffer.from('PK\x03\x04rest'), 'images', 'data/archive', /is a ZIP archive/],
    ['Zstandard', Buffer.from('28b52ffd04', 'hex'), 'images', 'data/archive', /is compressed with Zstandard/],
    ['xz', Buffer.from('fd377a585a0000', 'hex'), 'labels', 'data/archive', /is compressed with xz/],
    ['bzip2', Buffer.from('BZh91AY&SY'), 'images', 'data/archive', /is compressed with bzip2/],
    ['7z', Buffer.from('377abcaf271c', 'hex'), 'images', 'data/archive', /is a 7z archive/],
    ['a gzipped tar', gzipSync(tar()), 'images', 'data/archive', /holds what is a tar archive/],
    ['a message in JSON', Buffer.from('{"message":"Not Found"}'), 'images', 'data/message', /message in JSON/],
    ['an error in a list', Buffer.from(' [{"code": 403}]'), 'labels', 'data/message', /message in JSON/],
    ['a short message', Buffer.from('404: Not Found'), 'images', 'data/text', /begins with “404: Not Found”/],
    ['a table', Buffer.from('label,1x1,1x2\n5,0,0\n'), 'images', 'data/text', /“label,1x1,1x2”/],
    ['zeros of the right size', Buffer.alloc(good.length), 'images', 'data/zeros', /holds zeros/],
    ['gzipped zeros', gzipSync(Buffer.alloc(9000)), 'labels', 'data/zeros', /holds zeros/],
    ['the other byte order', swapped(good), 'images', 'data/byte-order', /wrong byte order/],
    ['labels in the other byte order', swapped(idxLabels(Buffer.alloc(4))), 'labels', 'data/byte-order', /wrong byte/],
    ['fractions as labels', idx(0xd01, [2], Buffer.alloc(8)), 'labels', 'data/not-idx', /0x00000d01/],
    ['images as numbers of four bytes', idx(0xc03, [1, 28, 28], Buffer.alloc(3136)), 'images', 'data/not-idx', /c03/],
    ['labels without columns', idx(0xc02, [5, 0], Buffer.alloc(0)), 'labels', 'data/empty', /holds no labels/],
    ['columns beyond all bounds', idx(0xc02, [5, 2 ** 31], Buffer.alloc(0)), 'labels', 'data/too-large', /columns/],
    ['a class below 0', idx(0xc01, [1], Buffer.alloc(4, 0xff)), 'labels', 'data/label-range', /Label 1 .* is -1/],
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
    expect(refusalOf(() => readIdx(zeros, 'images', 'zeros'))).toBe('data/zeros')
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
    'gzip-nested',
    'archive',
    'message',
    'text',
    'zeros',
    'byte-order',
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
      good = data.length === count * (kind === 'images' ? 784 : 1) && file.length > data.length
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

/** A tar archive's first block. */
function tar(): Buffer {
  const block = Buffer.alloc(512, 'x')
  block.write('ustar', 257)
  return block
}

/** A file whose header begins each number with its lowest byte. */
function swapped(file: Buffer): Buffer {
  const bytes = file[3] === 3 ? 16 : 8
  return Buffer.concat([Buffer.from(file.subarray(0, bytes)).swap32(), file.subarray(bytes)])
}

function flip(bytes: Uint8Array, at: number): Uint8Array {
  const copy = new Uint8Array(bytes)
  const index = copy.length + at
  copy[index] = (copy[index] ?? 0) ^ 1
  return copy
}
