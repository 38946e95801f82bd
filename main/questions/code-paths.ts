/** Ways from one code to another. Knows no tensors. */
import type { PathKind } from '../../preload/contract'

/**
 * Points on the way, [steps, size], both ends among them. `straight`: z₀ + t(z₁ − z₀). `prior`, of standard normal noise: along
 * the sphere on which such noise lies, its length changing evenly (Shoemake 1985; White 2016).
 */
export function pathBetween(from: Float32Array, to: Float32Array, steps: number, path: PathKind): Float32Array {
  const size = from.length
  const angle = path === 'prior' ? angleBetween(from, to) : 0
  const points = new Float32Array(steps * size)
  for (let step = 0; step < steps; step++) {
    const t = step / (steps - 1)
    const [a, b] = weights(t, angle)
    for (let i = 0; i < size; i++) points[step * size + i] = a * from[i]! + b * to[i]!
  }
  return points
}

/** Of two rows of points, step by step less of the one and more of the other. */
export function blended(one: Float32Array, other: Float32Array, steps: number): Float32Array {
  const size = one.length / steps
  return one.map((value, i) => {
    const t = Math.floor(i / size) / (steps - 1)
    return (1 - t) * value + t * other[i]!
  })
}

function weights(t: number, angle: number): readonly [number, number] {
  // opposite or alike, they lie on no one circle
  const sine = Math.sin(angle)
  if (sine < 1e-4) return [1 - t, t]
  return [Math.sin((1 - t) * angle) / sine, Math.sin(t * angle) / sine]
}

function angleBetween(a: Float32Array, b: Float32Array): number {
  const dot = (one: Float32Array, other: Float32Array) => one.reduce((sum, value, i) => sum + value * other[i]!, 0)
  const lengths = Math.sqrt(dot(a, a) * dot(b, b))
  return lengths === 0 ? 0 : Math.acos(Math.min(1, Math.max(-1, dot(a, b) / lengths)))
}
