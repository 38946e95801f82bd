/** UMAP: the same each time, neighbours near each other, from where it is told to start. */
import { describe, expect, it } from 'vitest'
import { classesTogether } from '../../../renderer/lib/map'
import { layOut } from '../../../renderer/lib/umap'
import { random } from '../../random'

const [count, size] = [45, 6]
const labels = Uint8Array.from({ length: count }, (_, i) => i % 3)
const chance = random(5)
/** Three clouds. */
const codes = Float32Array.from(
  { length: count * size },
  (_, i) => chance() + (i % size === Math.floor(i / size) % 3 ? 6 : 0),
)
const start = Float32Array.from({ length: 2 * count }, () => chance() - 0.5)

function laidOut() {
  const layout = layOut(codes, size, start)
  let done = 0
  while (done < 100) done = layout.step()
  return layout.places()
}

describe('UMAP', () => {
  it('starts where it is told, and is the same each time', () => {
    const layout = layOut(codes, size, start)
    expect(layout.steps).toBeGreaterThan(100)
    expect(layout.places()).toEqual(start.map((value) => Math.fround(10 * value)))
    expect(laidOut()).toEqual(laidOut())
  })

  it('brings neighbours near each other', () => {
    expect(classesTogether(start, labels)).toBeLessThan(0.7)
    expect(classesTogether(laidOut(), labels)).toBe(1)
  })

  it('of two codes or one leaves them where they are, and of three takes all for neighbours', () => {
    for (const few of [1, 2]) {
      const layout = layOut(codes.subarray(0, few * size), size, start.subarray(0, 2 * few))
      expect([layout.steps, layout.step()]).toEqual([0, 0])
      expect(layout.places()).toEqual(start.subarray(0, 2 * few))
    }
    const layout = layOut(codes.subarray(0, 3 * size), size, start.subarray(0, 6))
    layout.step()
    expect(layout.places().every(Number.isFinite)).toBe(true)
  })
})
