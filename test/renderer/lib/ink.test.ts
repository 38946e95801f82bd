/** Ink as MNIST's digits: what is drawn large, small or aside, dark or light, comes out as those are. */
import { beforeAll, describe, expect, it } from 'vitest'
import { bundledFolder } from '../../../main/mnist/bundled'
import { loadDataset } from '../../../main/mnist/dataset'
import { asMnist, enlarged, inkOf, stroke, type Ink } from '../../../renderer/lib/ink'

const blank = (side: number): Ink => ({ values: new Uint8Array(side * side), width: side, height: side })

/** Left, top, right and bottom of what is not paper, and the place of the pixel that its mass is centred on. */
function shapeOf(digit: Uint8Array) {
  const inked = [...digit.entries()].filter(([, value]) => value > 0)
  const [xs, ys] = [inked.map(([i]) => i % 28), inked.map(([i]) => Math.floor(i / 28))]
  const mass = inked.reduce((sum, [, value]) => sum + value, 0)
  const centre = (of: (i: number) => number) => inked.reduce((sum, [i, value]) => sum + value * of(i), 0) / mass
  return {
    width: Math.max(...xs) - Math.min(...xs) + 1,
    height: Math.max(...ys) - Math.min(...ys) + 1,
    x: centre((i) => i % 28),
    y: centre((i) => Math.floor(i / 28)),
  }
}

describe('a digit of MNIST', () => {
  let images: Uint8Array
  beforeAll(async () => {
    images = (await loadDataset(bundledFolder())).test.images
  })

  it('drawn large is itself again, to the pixel', () => {
    let same = 0
    for (let i = 0; i < 100; i++) {
      const digit = images.slice(784 * i, 784 * (i + 1))
      if (Buffer.from(asMnist(enlarged(digit, 10))!).equals(Buffer.from(digit))) same++
    }
    expect(same).toBeGreaterThan(95)
  })

  it('on light paper, on dark paper, on paper that is not there, is the same', () => {
    const digit = images.slice(0, 784)
    const { values, width, height } = enlarged(digit, 5)
    const rgba = (of: (ink: number) => readonly [number, number]) =>
      Uint8ClampedArray.from({ length: 4 * values.length }, (_, i) => {
        const [light, alpha] = of(values[Math.floor(i / 4)]!)
        return i % 4 === 3 ? alpha : light
      })
    const made = [
      rgba((ink) => [255 - ink, 255]),
      rgba((ink) => [ink, 255]),
      rgba((ink) => [0, ink]),
      // a grey photograph
      rgba((ink) => [200 - 0.6 * ink, 255]),
    ].map((pixels) => asMnist(inkOf(pixels, width, height)!)!)
    for (const other of made.slice(1)) {
      const differs = other.reduce((sum, value, i) => sum + Math.abs(value - made[0]![i]!), 0)
      expect(differs / 784).toBeLessThan(2)
    }
    const differs = made[0]!.reduce((sum, value, i) => sum + Math.abs(value - digit[i]!), 0)
    expect(differs / 784).toBeLessThan(12)
  })
})

describe('a stroke', () => {
  it('drawn anywhere in any size becomes 20 pixels long, its mass in the middle', () => {
    for (const [x, y, size] of [
      [20, 30, 60],
      [150, 20, 240],
      [200, 190, 80],
    ] as const) {
      const pad = blank(280)
      stroke(pad, { x, y }, { x: x + size / 4, y: Math.min(279, y + size) }, 6)
      const { width, height, x: centreX, y: centreY } = shapeOf(asMnist(pad)!)
      expect(Math.max(width, height)).toBeLessThanOrEqual(21)
      expect(Math.max(width, height)).toBeGreaterThanOrEqual(19)
      // MNIST's: whole pixels to pixel 14
      expect(Math.abs(centreX - 14)).toBeLessThan(0.55)
      expect(Math.abs(centreY - 14)).toBeLessThan(0.55)
    }
  })

  it('of a dot stays a dot where that is asked for', () => {
    const pad = blank(280)
    stroke(pad, { x: 100, y: 100 }, { x: 100, y: 100 }, 12)
    expect(shapeOf(asMnist(pad, 112)!).width).toBeLessThan(7)
    expect(shapeOf(asMnist(pad)!).width).toBe(20)
  })

  it('can be taken away, and then there is none', () => {
    const pad = blank(280)
    stroke(pad, { x: 50, y: 50 }, { x: 200, y: 200 }, 12)
    stroke(pad, { x: 50, y: 50 }, { x: 200, y: 200 }, 20, true)
    expect(asMnist(pad)).toBeNull()
  })

  it('beyond the pad draws what lies on it', () => {
    const pad = blank(280)
    stroke(pad, { x: -500, y: 140 }, { x: 900, y: 140 }, 10)
    expect(shapeOf(asMnist(pad)!).width).toBe(20)
  })
})

it('a picture of one shade has nothing to see in it', () => {
  expect(inkOf(new Uint8ClampedArray(4 * 100).fill(255), 10, 10)).toBeNull()
  expect(inkOf(new Uint8ClampedArray(4 * 100), 10, 10)).toBeNull()
  expect(asMnist(blank(28))).toBeNull()
})
