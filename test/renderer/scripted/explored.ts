/** What the script answers Explore with: numbers and pictures of the right shape. */
import type { Encoding, Tiles } from '../../../preload/contract'
import { samples, type Digits } from './pictures'

export function testImages({ images, labels }: Digits, indices: number[]): Tiles {
  const pixels = new Uint8Array(indices.length * 784)
  for (const [i, index] of indices.entries()) pixels.set(images.subarray(index * 784, (index + 1) * 784), i * 784)
  return { rows: 1, columns: indices.length, pixels, labels: Uint8Array.from(indices, (index) => labels[index]!) }
}

export function encoded(digits: Digits, epoch: number, pixels: Uint8Array, byClass: boolean): Encoding {
  const size = 48
  const classes = byClass ? 10 : 1
  const likeliest = byClass ? pixels.reduce((sum, level) => sum + level, 0) % 10 : null
  const shares = Float32Array.from({ length: 10 }, (_, label) => (label === likeliest ? 0.91 : 0.01))
  return {
    seen: pixels.slice(),
    latents: [
      { name: 'z1', size: 32 },
      { name: 'z2', size: 16 },
    ],
    mean: Float32Array.from({ length: size }, (_, i) => Math.sin(i * 1.7)),
    logVariance: Float32Array.from({ length: size }, (_, i) => -(i % 5)),
    costs: Float32Array.from({ length: classes * size }, (_, i) => (i % 7 === 0 ? 2.4 : i % 5 === 0 ? 0.8 : 0.02)),
    standardised: {
      mean: Float32Array.from({ length: classes * size }, (_, i) => (i % 7 === 0 ? 1.7 : 0.1)),
      deviation: Float32Array.from({ length: classes * size }, (_, i) => (i % 7 === 0 ? 0.3 : 0.9)),
    },
    classes: byClass ? shares : null,
    likeliest,
    residual: 71.4,
    back: row(digits, epoch, 1),
  }
}

/** So many digits, of the classes in turn. */
export function row(digits: Digits, epoch: number, count: number): Tiles {
  const classes = Array.from({ length: count }, (_, i) => i % 10)
  const { pixels } = samples(digits, epoch, classes, 1, 0)
  return { rows: 1, columns: count, pixels, labels: null }
}
