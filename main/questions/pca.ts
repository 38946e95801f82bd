/** PCA, principal component analysis: the two directions in which rows of numbers vary most. */

/** Sweeps over all pairs after which Jacobi's method has long converged: it does so quadratically, mostly in six to eight. */
const mostSweeps = 30

/** Where rows are seen from; in float32 as they are. */
export interface Plane {
  /** [size], the mean of the rows. */
  readonly centre: Float32Array<ArrayBuffer>
  /** [2, size], of length 1 and at right angles; the number that is largest in each is positive, so that they do not flip. */
  readonly axes: Float32Array<ArrayBuffer>
  /** Of all variance, what lies along each; 0 where the rows are all the same. */
  readonly shares: [number, number]
}

/** @param rows [count, size], finite; one at least */
export function pca(rows: Float32Array, size: number): Plane {
  const centre = meanOf(rows, size)
  const { values, vectors } = eigen(covariance(rows, centre), size)
  const total = values.reduce((sum, value) => sum + Math.max(0, value), 0)
  const order = Array.from(values.keys()).toSorted((a, b) => values[b]! - values[a]!)
  const axes = new Float32Array(2 * size)
  const share = (place: number): number => {
    const at = order[place]
    if (at === undefined) return 0
    const axis = Float64Array.from({ length: size }, (_, i) => vectors[i * size + at]!)
    const largest = axis.reduce((most, value) => (Math.abs(value) > Math.abs(most) + 1e-9 ? value : most), 0)
    axes.set(
      axis.map((value) => (largest < 0 ? -value : value)),
      place * size,
    )
    return total > 0 ? Math.max(0, values[at]!) / total : 0
  }
  return { centre: Float32Array.from(centre), axes, shares: [share(0), share(1)] }
}

function meanOf(rows: Float32Array, size: number): Float64Array {
  const sums = new Float64Array(size)
  for (let i = 0; i < rows.length; i++) sums[i % size]! += rows[i]!
  return sums.map((sum) => sum / (rows.length / size))
}

/** [size, size], of the rows about their mean. */
function covariance(rows: Float32Array, centre: Float64Array): Float64Array {
  const size = centre.length
  const matrix = new Float64Array(size * size)
  const row = new Float64Array(size)
  for (let start = 0; start < rows.length; start += size) {
    for (let i = 0; i < size; i++) row[i] = rows[start + i]! - centre[i]!
    for (let i = 0; i < size; i++) for (let j = i; j < size; j++) matrix[i * size + j]! += row[i]! * row[j]!
  }
  const count = rows.length / size
  for (let i = 0; i < size; i++)
    for (let j = i; j < size; j++) matrix[j * size + i] = matrix[i * size + j] = matrix[i * size + j]! / count
  return matrix
}

/** Jacobi's method: pairs of rows and columns of a symmetric matrix are turned until nothing is left beside its diagonal. */
function eigen(matrix: Float64Array, size: number): { values: Float64Array; vectors: Float64Array } {
  const a = matrix.slice()
  const vectors = Float64Array.from({ length: size * size }, (_, i) => (i % (size + 1) === 0 ? 1 : 0))
  const norm = a.reduce((sum, value) => sum + value * value, 0)
  for (let sweep = 0; sweep < mostSweeps && besideDiagonal(a, size) > 1e-24 * norm; sweep++)
    for (let p = 0; p < size - 1; p++) for (let q = p + 1; q < size; q++) turn(a, vectors, size, p, q)
  return { values: Float64Array.from({ length: size }, (_, i) => a[i * (size + 1)]!), vectors }
}

function besideDiagonal(a: Float64Array, size: number): number {
  let sum = 0
  for (const [i, value] of a.entries()) if (i % (size + 1) !== 0) sum += value * value
  return sum
}

/** By the angle that makes a[p, q] zero. */
function turn(a: Float64Array, vectors: Float64Array, size: number, p: number, q: number): void {
  const beside = a[p * size + q]!
  if (beside === 0) return
  const theta = (a[q * (size + 1)]! - a[p * (size + 1)]!) / (2 * beside)
  const t = (theta < 0 ? -1 : 1) / (Math.abs(theta) + Math.hypot(theta, 1))
  const cos = 1 / Math.hypot(t, 1)
  const sin = t * cos
  for (let k = 0; k < size; k++) mix(a, k * size + p, k * size + q, cos, sin)
  for (let k = 0; k < size; k++) mix(a, p * size + k, q * size + k, cos, sin)
  for (let k = 0; k < size; k++) mix(vectors, k * size + p, k * size + q, cos, sin)
}

function mix(numbers: Float64Array, one: number, other: number, cos: number, sin: number): void {
  const [a, b] = [numbers[one]!, numbers[other]!]
  numbers[one] = cos * a - sin * b
  numbers[other] = sin * a + cos * b
}
