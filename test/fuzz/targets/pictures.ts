/** Pictures that lie in a run's folder: PNG files. */
import assert from 'node:assert/strict'
import { deflateSync } from 'node:zlib'
import * as fc from 'fast-check'
import { decodeGrid, encodeGrid } from '../../../main/files/png'
import { answerOf } from '../../files/expect-refusal'
import { damaged, damages } from '../../files/mutate'
import { chunk, header, png } from '../../files/png-chunks'
import { oddText, pattern } from '../near'
import { target } from '../target'

const grids = fc
  .record({
    count: fc.integer({ min: 1, max: 4 }),
    from: fc.nat(250),
    columns: fc.integer({ min: 1, max: 3 }),
    text: fc.dictionary(fc.constantFrom('run', 'epoch'), fc.string({ maxLength: 20 })),
  })
  .map(({ count, from, columns, text }) => ({ images: pattern(count * 784, from), columns, text }))
const good = grids.map((grid) => encodeGrid(grid))

const side = fc.oneof(fc.constantFrom(0, 1, 32, 62, 4096, 10_000, 10_001, 2 ** 31, 2 ** 32 - 1), fc.nat(100))
const headers = fc
  .tuple(
    side,
    side,
    fc.constantFrom(1, 2, 4, 8, 16, 7),
    fc.constantFrom(0, 2, 3, 4, 6, 1),
    fc.constantFrom(0, 0, 0, 1, 2),
  )
  .map((fields) => header(...fields))
/** Hundreds of megabytes in hundreds of kilobytes. */
let bomb: Uint8Array | undefined
const pixels = fc.oneof(
  { weight: 30, arbitrary: fc.tuple(fc.nat(1100), fc.nat(250)).map((args) => deflateSync(pattern(...args))) },
  {
    weight: 30,
    arbitrary: fc.constantFrom(1056, 1100, 33 * 32, 63 * 62).map((size) => deflateSync(new Uint8Array(size))),
  },
  { weight: 10, arbitrary: fc.uint8Array({ maxLength: 64 }) },
  { weight: 1, arbitrary: fc.constant(null).map(() => (bomb ??= deflateSync(new Uint8Array(200 << 20)))) },
)
const others = fc.oneof(
  fc
    .tuple(
      fc.constantFrom('tEXt', 'tRNS', 'PLTE', 'pHYs', 'iCCP', 'acTL', 'abcd', 'zTXt'),
      fc.uint8Array({ maxLength: 40 }),
    )
    .map(([type, data]) => chunk(type, data)),
  fc.tuple(oddText, oddText).map(([keyword, text]) => chunk('tEXt', Buffer.from(`${keyword}\0${text}`, 'latin1'))),
  pixels.map((profile) => chunk('iCCP', Buffer.concat([Buffer.from('profile\0\0', 'latin1'), profile]))),
)
const built = fc
  .record({
    head: fc.array(headers, { minLength: 0, maxLength: 2 }),
    before: fc.array(others, { maxLength: 2 }),
    data: fc.array(
      pixels.map((data) => chunk('IDAT', data)),
      { maxLength: 2 },
    ),
    end: fc.constantFrom([chunk('IEND', new Uint8Array(0))], []),
  })
  .map(({ head, before, data, end }) => png(...head, ...before, ...data, ...end))

export const pictures = [
  target({
    name: 'png',
    cheap: 2,
    inputs: fc.oneof(
      { weight: 1, arbitrary: good },
      { weight: 4, arbitrary: fc.tuple(good, damages).map(([file, list]) => damaged(file, list)) },
      { weight: 5, arbitrary: built },
    ),
    open: async () => ({
      async try(bytes) {
        await answerOf(() => {
          const { images, rows, columns } = decodeGrid(bytes)
          assert.equal(images.length, rows * columns * 784)
        })
      },
    }),
  }),
  target({
    name: 'png-good',
    inputs: grids,
    open: async () => ({
      try(grid) {
        const { images } = decodeGrid(encodeGrid(grid))
        assert.deepEqual(images.subarray(0, grid.images.length), grid.images)
      },
    }),
  }),
]
