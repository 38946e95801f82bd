/** What the fixtures' scripts take of large tensors and make small ones of: hashes, the same in Python and here. */

export const weightsSalt = 1
const signsSalt = 2

/** A tensor's projections onto `count` hashed vectors of ±1, one per bit of the hash: at most 32. */
export function project(tensor: Float32Array, number: number, count: number): Float64Array {
  const projections = new Float64Array(count)
  tensor.forEach((value, i) => {
    const bits = mix(i, number, signsSalt)
    for (let k = 0; k < count; k++) projections[k]! += (bits >>> k) & 1 ? value : -value
  })
  return projections
}

/** The hash: of an element's index, its tensor's number and a salt. */
export function mix(index: number, number: number, salt: number): number {
  let h = Math.imul(index, 0x9e3779b1) ^ (Math.imul(number, 0x85ebca77) + Math.imul(salt, 0xc2b2ae3d))
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return (h ^ (h >>> 16)) >>> 0
}
