/** How far codes lie off their prior. */
import { expect, it } from 'vitest'
import { normals } from '../../../main/models/random'
import { codeGap } from '../../../renderer/lib/code-gap'

/** Moments of so many codes drawn of N(mean, deviation²) in each of 48 numbers. */
function drawn(images: number, mean: number, deviation: number, label: number | null = null) {
  const size = 48
  const noise = normals(new Float32Array(images * size), { seed: 5, stream: 1, counter: label ?? 0 })
  const column = (i: number) => Array.from({ length: images }, (_, row) => mean + deviation * noise[row * size + i]!)
  const means = Float32Array.from({ length: size }, (_, i) => column(i).reduce((sum, value) => sum + value / images, 0))
  const variance = Float32Array.from({ length: size }, (_, i) =>
    column(i).reduce((sum, value) => sum + (value - means[i]!) ** 2 / images, 0),
  )
  return { label, images, mean: means, variance }
}
const latents = [
  { name: 'z1', size: 47 },
  { name: 'z2', size: 1 },
]

it('is nothing where codes are what the prior draws, however few', () => {
  for (const images of [50, 200, 2000])
    expect(codeGap({ latents, groups: [drawn(images, 0, 1)] })!.nats).toBeLessThan(0.25)
})

it('is KL( N(m, s²) ‖ N(0, 1) ), summed over the numbers, a mean over the images', () => {
  const one = 48 * ((0.5 ** 2 + 0.8 ** 2 - 1) / 2 - Math.log(0.8))
  expect(codeGap({ latents, groups: [drawn(2000, 0.5, 0.8)] })!.nats / one).toBeCloseTo(1, 1)
  const two = codeGap({ latents, groups: [drawn(1500, 0, 1, 0), drawn(500, 0.5, 0.8, 1)] })!
  expect(Math.abs(two.nats / (one / 4) - 1)).toBeLessThan(0.1)
  expect(two.furthest.label).toBe(1)
})

it('names the number that lies furthest off', () => {
  const group = drawn(2000, 0, 1, 3)
  group.mean[47] = -2
  const { furthest } = codeGap({ latents, groups: [group, { ...drawn(1, 9, 1, 4) }] })!
  expect(furthest).toMatchObject({ name: 'z2', label: 3, mean: -2 })
  expect(codeGap({ latents: [], groups: [] })).toBeNull()
})
