/**
 * Counter-based random numbers: a number is a pure function of a key and its place, so a run needs no generator state
 * to be resumed, and every machine draws the same numbers (only + − × ÷ √ and integer arithmetic are used).
 *
 * The generator is Threefry-2x32 with 20 rounds (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3").
 */

/** What random numbers are for: each purpose draws from a stream of its own. */
export const stream = {
  initialisation: 0,
  order: 1,
  noise: 2,
  evaluation: 3,
  gallery: 4,
  likelihood: 5,
  binarization: 6,
  bitsBack: 7,
} as const

/** Names a sequence of random numbers. All three are 32-bit unsigned integers. */
export interface RandomKey {
  readonly seed: number
  /** One of `stream`. */
  readonly stream: number
  /** Within the stream: a step, an epoch, the index of a parameter. */
  readonly counter: number
}

/**
 * One block: two 32-bit words of `counter` enciphered under two of `key`, written to out[at] and out[at + 1].
 * Words are given in any 32-bit representation.
 *
 * Its 20 rounds are written out, with two numbers as the only state: a loop over tables of rotations and keys takes four
 * times as long, and a training step needs up to 40,000 blocks.
 */
export function threefry(
  key0: number,
  key1: number,
  counter0: number,
  counter1: number,
  out: Uint32Array,
  at: number,
): void {
  const k0 = key0 | 0
  const k1 = key1 | 0
  const k2 = k0 ^ k1 ^ 0x1bd11bda
  let a = (counter0 + k0) | 0
  let b = (counter1 + k1) | 0
  a = (a + b) | 0
  b = rotated(b, 13) ^ a
  a = (a + b) | 0
  b = rotated(b, 15) ^ a
  a = (a + b) | 0
  b = rotated(b, 26) ^ a
  a = (a + b) | 0
  b = rotated(b, 6) ^ a
  a = (a + k1) | 0
  b = (b + k2 + 1) | 0

  a = (a + b) | 0
  b = rotated(b, 17) ^ a
  a = (a + b) | 0
  b = rotated(b, 29) ^ a
  a = (a + b) | 0
  b = rotated(b, 16) ^ a
  a = (a + b) | 0
  b = rotated(b, 24) ^ a
  a = (a + k2) | 0
  b = (b + k0 + 2) | 0

  a = (a + b) | 0
  b = rotated(b, 13) ^ a
  a = (a + b) | 0
  b = rotated(b, 15) ^ a
  a = (a + b) | 0
  b = rotated(b, 26) ^ a
  a = (a + b) | 0
  b = rotated(b, 6) ^ a
  a = (a + k0) | 0
  b = (b + k1 + 3) | 0

  a = (a + b) | 0
  b = rotated(b, 17) ^ a
  a = (a + b) | 0
  b = rotated(b, 29) ^ a
  a = (a + b) | 0
  b = rotated(b, 16) ^ a
  a = (a + b) | 0
  b = rotated(b, 24) ^ a
  a = (a + k1) | 0
  b = (b + k2 + 4) | 0

  a = (a + b) | 0
  b = rotated(b, 13) ^ a
  a = (a + b) | 0
  b = rotated(b, 15) ^ a
  a = (a + b) | 0
  b = rotated(b, 26) ^ a
  a = (a + b) | 0
  b = rotated(b, 6) ^ a
  a = (a + k2) | 0
  b = (b + k0 + 5) | 0
  out[at] = a
  out[at + 1] = b
}

/** To the left, of 32 bits. */
function rotated(word: number, by: number): number {
  return (word << by) | (word >>> (32 - by))
}

/** The first `count` random words of a key. */
export function words(count: number, key: RandomKey): Uint32Array {
  const out = new Uint32Array(count)
  for (const { at, words } of drawn(key, 0, count)) out.set(words, at)
  return out
}

/** Words drawn at a time: in the nearest cache, and in one place, since a list of them all would be garbage at each step of training. */
const atOnce = 4096
const place = new Uint32Array(atOnce + 2)

/**
 * Draws the words `from`, `from` + 1, … of a key, `count` of them, some at a time.
 * @yields words, to be read before any more are drawn, and how many came before
 */
export function* drawn({ seed, stream, counter }: RandomKey, from: number, count: number) {
  for (let at = 0; at < count; at += atOnce) {
    const skipped = (from + at) % 2
    const end = skipped + Math.min(atOnce, count - at)
    const first = (from + at - skipped) / 2
    for (let i = 0; i < end; i += 2) threefry(seed, stream, first + i / 2, counter, place, i)
    yield { at, words: place.subarray(skipped, end) }
  }
}

/** The middle of a word's share of (0, 1): never 0, never 1. */
function unit(word: number): number {
  return (word + 0.5) * 2 ** -32
}

/** Fills `out` with numbers uniform between low and high, those of the key from number `from` on, and returns it. */
export function uniform(out: Float32Array, key: RandomKey, low = 0, high = 1, from = 0): Float32Array {
  for (const { at, words } of drawn(key, from, out.length))
    for (let i = 0; i < words.length; i++) out[at + i] = low + (high - low) * unit(words[i]!)
  return out
}

/** Fills `out` with standard normal numbers, those of the key from number `from` on, and returns it. */
export function normals(out: Float32Array, key: RandomKey, from = 0): Float32Array {
  for (const { at, words } of drawn(key, from, out.length))
    for (let i = 0; i < words.length; i++) out[at + i] = normalQuantile(unit(words[i]!))
  return out
}

/**
 * A random order of 0 … count − 1 (Fisher and Yates). An index is drawn as ⌊word · n / 2³²⌋, so that no order is
 * preferred by more than n / 2³².
 */
export function permutation(count: number, key: RandomKey): Uint32Array {
  const order = Uint32Array.from({ length: count }, (_, i) => i)
  const random = words(count, key)
  for (let last = count - 1; last > 0; last--) {
    const pick = Math.floor((random[last]! * (last + 1)) / 2 ** 32)
    const value = order[pick]!
    order[pick] = order[last]!
    order[last] = value
  }
  return order
}

/**
 * Φ⁻¹(p), the quantile of the standard normal distribution, for p in [e⁻²⁵, 1 − e⁻²⁵], to about 16 digits
 * (Wichura 1988, algorithm AS 241, PPND16; its third piece, for the far tails, is never reached by 32-bit words).
 */
export function normalQuantile(p: number): number {
  const q = p - 0.5
  if (Math.abs(q) <= 0.425) return q * ratio(centre, 0.180625 - q * q)
  const size = ratio(tail, Math.sqrt(-logarithm(q < 0 ? p : 1 - p)) - 1.6)
  return q < 0 ? -size : size
}

/** ln x for x in (0, 1], by scaling to [√½, √2) and the series 2 · artanh(s) = 2 (s + s³/3 + s⁵/5 + …). */
function logarithm(x: number): number {
  let mantissa = x
  let exponent = 0
  for (; mantissa < Math.SQRT1_2; exponent--) mantissa *= 2
  const s = (mantissa - 1) / (mantissa + 1)
  let series = 0
  for (let odd = 21; odd > 0; odd -= 2) series = series * s * s + 1 / odd
  return 2 * s * series + exponent * Math.LN2
}

/** Of two polynomials, the coefficients from the highest power down. */
interface Quotient {
  readonly numerator: readonly number[]
  readonly denominator: readonly number[]
}

/** Short, so that it is compiled into what calls it: each number that it gives would be garbage. */
function ratio({ numerator, denominator }: Quotient, x: number): number {
  let above = 0
  let below = 0
  for (let i = 0; i < numerator.length; i++) {
    above = above * x + numerator[i]!
    below = below * x + denominator[i]!
  }
  return above / below
}

/** AS 241 for |p − ½| ≤ 0.425. */
const centre: Quotient = {
  numerator: [
    2509.0809287301227, 33430.57558358813, 67265.7709270087, 45921.95393154987, 13731.69376550946, 1971.5909503065513,
    133.14166789178438, 3.3871328727963665,
  ],
  denominator: [
    5226.495278852854, 28729.085735721943, 39307.89580009271, 21213.794301586597, 5394.196021424751, 687.1870074920579,
    42.31333070160091, 1,
  ],
}

/** AS 241 for p or 1 − p between e⁻²⁵ and 0.075. */
const tail: Quotient = {
  numerator: [
    0.0007745450142783414, 0.022723844989269184, 0.2417807251774506, 1.2704582524523684, 3.6478483247632045,
    5.769497221460691, 4.630337846156546, 1.4234371107496835,
  ],
  denominator: [
    1.0507500716444169e-9, 0.0005475938084995345, 0.015198666563616457, 0.14810397642748008, 0.6897673349851,
    1.6763848301838038, 2.053191626637759, 1,
  ],
}
