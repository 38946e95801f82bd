/** Dots put together pixel by pixel: one over another, half clear, and beyond the edges. */
import { expect, it } from 'vitest'
import { putStamp, type Stamp } from '../../../renderer/explore/map-dots'

const paper = (width: number, height: number) => ({ width, height, data: new Uint8ClampedArray(4 * width * height) })
const stamp = (side: number, ...color: readonly [number, number, number, number]): Stamp => ({
  side,
  pixels: Uint8ClampedArray.from({ length: 4 * side * side }, (_, i) => color[i % 4]!),
})
const at = ({ data, width }: ReturnType<typeof paper>, x: number, y: number) => [
  ...data.subarray(4 * (y * width + x), 4 * (y * width + x) + 4),
]

it('puts a stamp where its middle is', () => {
  const on = paper(5, 4)
  putStamp(on, stamp(3, 10, 20, 30, 255), 2.5, 1.5)
  for (let y = 0; y < 4; y++)
    for (let x = 0; x < 5; x++)
      expect(at(on, x, y)).toEqual(x >= 1 && x <= 3 && y <= 2 ? [10, 20, 30, 255] : [0, 0, 0, 0])
})

it('mixes what is half clear with what lies under it, as a canvas does', () => {
  const on = paper(1, 1)
  putStamp(on, stamp(1, 200, 0, 0, 51), 0.5, 0.5)
  expect(at(on, 0, 0)).toEqual([200, 0, 0, 51])
  // 0.2 over 0.2 is 0.36: of both colours 0.2 and 0.16 parts
  putStamp(on, stamp(1, 0, 100, 0, 51), 0.5, 0.5)
  expect(at(on, 0, 0)).toEqual([Math.round((200 * 0.16) / 0.36), Math.round((100 * 0.2) / 0.36), 0, 92])
  putStamp(on, stamp(1, 1, 2, 3, 255), 0.5, 0.5)
  expect(at(on, 0, 0)).toEqual([1, 2, 3, 255])
  putStamp(on, stamp(1, 9, 9, 9, 0), 0.5, 0.5)
  expect(at(on, 0, 0)).toEqual([1, 2, 3, 255])
})

it('leaves out what lies beyond an edge', () => {
  const on = paper(2, 2)
  for (const [x, y] of [
    [0, 0],
    [-9, 1],
    [1, 40],
    [NaN, 1],
  ] as const)
    putStamp(on, stamp(2, 1, 2, 3, 255), x, y)
  expect([at(on, 0, 0), at(on, 1, 0), at(on, 0, 1), at(on, 1, 1)]).toEqual([
    [1, 2, 3, 255],
    [0, 0, 0, 0],
    [0, 0, 0, 0],
    [0, 0, 0, 0],
  ])
})
