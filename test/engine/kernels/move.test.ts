/** Kernels that move numbers, against the same in plain loops. */
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { KernelMemory } from './memory'

const memory = new KernelMemory()
const { pick, pickSpans, combine, transpose } = memory.kernels
const upTo = (most: number, least = 1) => fc.integer({ min: least, max: most })
const counted = (size: number) => Float32Array.from({ length: size }, (_, i) => i + 1)
const apart = upTo(3, 0)

describe('pick', () => {
  const lengths = fc.oneof(upTo(20), fc.constantFrom(32, 33, 63, 64, 100))
  const places = fc.array(upTo(90, -1), { minLength: 1, maxLength: 30 })

  it('copies runs of any length, and zeros, image by image', () => {
    fc.assert(
      fc.property(lengths, places, upTo(3), upTo(9, 0), apart, apart, (length, table, images, gap, from, to) => {
        memory.clear()
        const [image, step] = [91 + length, length + gap]
        const source = memory.put(counted(images * image), from)
        const at = memory.put(Int32Array.from(table))
        // what is between runs stays 0, as the room for them was
        const size = (table.length * images - 1) * step + length
        const expected = new Float32Array(size)
        for (let i = 0; i < images; i++)
          table.forEach((place, run) => {
            for (let k = 0; k < length; k++)
              expected[(i * table.length + run) * step + k] = place < 0 ? 0 : i * image + place + k + 1
          })
        const found = memory.result(
          size,
          (target) => pick(source, target, at, table.length, length, step, images, image, table.length * step),
          to,
        )
        expect(found).toEqual([...expected])
      }),
    )
  })

  it('writes zeros over what was there', () => {
    memory.clear()
    const [source, table] = [memory.put(counted(8)), memory.put(Int32Array.of(-1, 0, -1))]
    for (const length of [1, 2, 3, 4, 7, 8]) {
      const target = memory.put(counted(3 * length))
      pick(source, target, table, 3, length, length, 1, 0, 0)
      const zeros = Array<number>(length).fill(0)
      expect([...memory.floats(target, 3 * length)]).toEqual([...zeros, ...counted(length), ...zeros])
    }
  })
})

it('pickSpans copies runs of different lengths, and zeros, image by image', () => {
  const span = fc.tuple(upTo(90, -1), fc.oneof(upTo(9), upTo(100)))
  fc.assert(
    fc.property(fc.array(span, { minLength: 1, maxLength: 12 }), upTo(3), apart, apart, (spans, images, from, to) => {
      memory.clear()
      const image = 191
      const source = memory.put(counted(images * image), from)
      const table = memory.put(Int32Array.from(spans.flat()))
      const each = spans.flatMap(([place, length]) => Array.from({ length }, (_, k) => (place < 0 ? -1 : place + k)))
      const expected = Array.from({ length: images }, (_, i) => each.map((at) => (at < 0 ? 0 : i * image + at + 1)))
      const found = memory.result(images * each.length, (target) => pickSpans(source, target, table, spans.length, images, image, each.length), to) // prettier-ignore
      expect(found).toEqual(expected.flat())
    }),
  )
})

it('transpose turns matrices of any shape', () => {
  fc.assert(
    fc.property(upTo(19), upTo(19), upTo(3), apart, apart, (rows, columns, images, from, to) => {
      memory.clear()
      const size = rows * columns
      const source = memory.put(counted(images * size), from)
      const expected = Array.from({ length: images * size }, (_, i) => {
        const [image, place] = [Math.floor(i / size), i % size]
        return image * size + (place % rows) * columns + Math.floor(place / rows) + 1
      })
      const found = memory.result(images * size, (target) => transpose(source, target, rows, columns, images, size, size), to) // prettier-ignore
      expect(found).toEqual(expected)
    }),
  )
})

it('combine adds runs and takes others away, image by image', () => {
  const runs = fc.array(upTo(20, 0), { maxLength: 4 })
  const terms = fc.array(fc.tuple(runs, runs), { minLength: 1, maxLength: 12 })
  const lengths = fc.constantFrom(1, 4, 8, 16, 20, 32, 36)
  fc.assert(
    fc.property(lengths, terms, upTo(6), upTo(2), (length, terms, images, apart) => {
      memory.clear()
      const image = 21 * length + 4
      const numbers = Float32Array.from({ length: images * image }, (_, i) => Math.sin(i))
      const source = memory.put(numbers)
      // runs of the result may lie apart, and in any order
      const order = terms.map((_, run) => terms.length - 1 - run)
      const table = terms.flatMap(([added, taken], run) => [
        order[run]! * apart * length,
        added.length,
        taken.length,
        ...[...added, ...taken].map((place) => place * length),
      ])
      const at = memory.put(Int32Array.from(table))
      const step = terms.length * apart * length
      const expected = new Float32Array((images - 1) * step + ((terms.length - 1) * apart + 1) * length)
      for (let i = 0; i < images; i++)
        terms.forEach(([added, taken], run) => {
          for (let k = 0; k < length; k++) {
            const of = (place: number) => numbers[i * image + place * length + k]!
            const sum = added.reduce((sum, place) => Math.fround(sum + of(place)), 0)
            expected[i * step + order[run]! * apart * length + k] = taken.reduce((sum, place) => Math.fround(sum - of(place)), sum) // prettier-ignore
          }
        })
      const found = memory.result(expected.length, (target) =>
        combine(source, target, at, terms.length, length, images, image, step),
      )
      expect(found).toEqual([...expected])
    }),
  )
})
