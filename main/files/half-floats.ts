/** Floating-point numbers of 16 bits, which Node 20 has no arrays for, as float32: it holds each of them exactly. */

/** IEEE 754's binary16: 1 bit of sign, 5 of exponent, 10 of fraction. */
export function fromFloat16(bits: Uint16Array): Float32Array {
  return Float32Array.from(bits, (number) => {
    const exponent = (number >> 10) & 31
    const fraction = number & 1023
    const size =
      exponent === 31
        ? fraction === 0
          ? Infinity
          : Number.NaN
        : exponent === 0
          ? fraction * 2 ** -24
          : (1024 + fraction) * 2 ** (exponent - 25)
    return number & 0x8000 ? -size : size
  })
}

/** Google's bfloat16: the upper half of a float32. */
export function fromBfloat16(bits: Uint16Array): Float32Array {
  return new Float32Array(Uint32Array.from(bits, (number) => number << 16).buffer)
}
