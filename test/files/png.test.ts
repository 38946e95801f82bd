/** Picture grids: every pixel comes back, and any PNG reader sees the layout that is promised. */
import { deflateSync } from 'node:zlib'
import * as fc from 'fast-check'
import { decode } from 'fast-png'
import { describe, expect, it } from 'vitest'
import { decodeGrid, encodeGrid } from '../../main/files/png'
import { refusalOf } from './expect-refusal'
import { damaged, damages } from './mutate'
import { chunk, header, png } from './png-chunks'

function tiles(count: number): Uint8Array {
  return Uint8Array.from({ length: count * 784 }, (_, i) => (i * 7 + Math.floor(i / 784) * 31) % 256)
}

describe('picture grids', () => {
  it('have the sizes of the gallery: 10 rows of 8 samples, 2 rows of 8 reconstructions', () => {
    const samples = decode(encodeGrid({ images: tiles(80), columns: 8 }))
    expect([samples.width, samples.height, samples.channels, samples.depth]).toEqual([242, 302, 1, 8])
    const reconstructions = decode(encodeGrid({ images: tiles(16), columns: 8 }))
    expect([reconstructions.width, reconstructions.height]).toEqual([242, 62])
  })

  it('put each tile where the doc comment says, and black between them', () => {
    const images = tiles(6)
    const { data, width } = decode(encodeGrid({ images, columns: 3, gap: 2 }))
    const pixel = (x: number, y: number) => data[y * width + x]
    for (let tile = 0; tile < 6; tile++) {
      const left = 2 + (tile % 3) * 30
      const top = 2 + Math.floor(tile / 3) * 30
      for (const [x, y] of [
        [0, 0],
        [27, 0],
        [0, 27],
        [13, 14],
        [27, 27],
      ] as const) {
        expect(pixel(left + x, top + y)).toBe(images[tile * 784 + y * 28 + x])
      }
      expect([pixel(left - 1, top), pixel(left - 2, top), pixel(left + 28, top), pixel(left, top - 1)]).toEqual([
        0, 0, 0, 0,
      ])
    }
  })

  it('come back whole', () => {
    const grid = fc.record({
      count: fc.integer({ min: 1, max: 12 }),
      columns: fc.integer({ min: 1, max: 5 }),
      gap: fc.nat(4),
    })
    fc.assert(
      fc.property(grid, fc.infiniteStream(fc.nat(255)), ({ count, columns, gap }, bytes) => {
        const images = Uint8Array.from({ length: count * 784 }, () => bytes.next().value)
        const decoded = decodeGrid(encodeGrid({ images, columns, gap }), gap)
        expect(decoded.columns).toBe(columns)
        expect(decoded.rows).toBe(Math.ceil(count / columns))
        expect(decoded.images.subarray(0, images.length)).toEqual(images)
        expect(decoded.images.subarray(images.length).every((level) => level === 0)).toBe(true)
      }),
      { numRuns: 30 },
    )
  })

  it('carry text', () => {
    const text = { run: '2026-11-22-0812-ladder', epoch: '7' }
    expect(decodeGrid(encodeGrid({ images: tiles(1), columns: 1, text })).text).toEqual(text)
    const other = encodeGrid({ images: tiles(1), columns: 1, text: { run: 'über 数字' } })
    expect(decodeGrid(other).text).toEqual({ run: 'über ??' })
  })

  it('are the same bytes for the same pictures', () => {
    const grid = { images: tiles(80), columns: 8, text: { epoch: '0' } }
    expect(Buffer.compare(encodeGrid(grid), encodeGrid(grid))).toBe(0)
  })

  it('are refused where they are none', () => {
    expect(refusalOf(() => decodeGrid(new Uint8Array(0)))).toBe('png/unreadable')
    expect(refusalOf(() => decodeGrid(new Uint8Array(100)))).toBe('png/unreadable')
    const grid = encodeGrid({ images: tiles(4), columns: 2 })
    expect(refusalOf(() => decodeGrid(grid.subarray(0, grid.length - 20)))).toBe('png/unreadable')
    expect(refusalOf(() => decodeGrid(grid, 3))).toBe('png/not-a-grid')
    const huge = grid.slice()
    new DataView(huge.buffer).setUint32(16, 2 ** 31)
    expect(refusalOf(() => decodeGrid(huge))).toBe('png/unreadable')
  })

  it('are refused where they would unpack to more than they show', () => {
    const bomb = deflateSync(new Uint8Array(64 << 20))
    const profile = Buffer.concat([Buffer.from('profile\0\0'), bomb])
    const small = chunk('IDAT', deflateSync(new Uint8Array(32 * 33)))
    const end = chunk('IEND', new Uint8Array(0))
    expect(refusalOf(() => decodeGrid(png(header(32, 32), small, end)))).toBeUndefined()
    const before = process.memoryUsage().arrayBuffers
    for (const chunks of [
      [header(32, 32), chunk('IDAT', bomb), end],
      [header(32, 32), chunk('iCCP', profile), small, end],
      [header(10_000, 10_000), small, end],
      [header(4000, 4000, 16, 6), small, end],
      [header(32, 32), header(4000, 4000, 16, 6), small, end],
      [chunk('tEXt', new Uint8Array(13)), header(2 ** 31, 2 ** 31), small, end],
    ])
      expect(refusalOf(() => decodeGrid(png(...chunks)))).toBe('png/unreadable')
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(32 << 20)
  })

  it('answer every damage with pictures or a refusal', () => {
    const grid = encodeGrid({ images: tiles(4), columns: 2, text: { epoch: '3' } })
    fc.assert(
      fc.property(damages, (list) => {
        const bytes = damaged(grid, list)
        const code = refusalOf(() => decodeGrid(bytes))
        expect([undefined, 'png/unreadable', 'png/not-a-grid']).toContain(code)
      }),
      { numRuns: 500 },
    )
  })
})
