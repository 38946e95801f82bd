/**
 * An operation on every number of a block, four at a time. Inputs go on by 16 bytes from four to four, or by none: then four
 * equal numbers stand for all. Behind the last number nothing is read or written.
 */

// @ts-ignore: decorator
@inline
const four: usize = 16

/** One to three numbers, and zeros. */
export function loadSome(from: usize, step: usize, count: i32): v128 {
  if (step == 0) return v128.load(from)
  let x = v128.load_zero<u32>(from)
  if (count > 1) x = f32x4.replace_lane(x, 1, load<f32>(from, 4))
  if (count > 2) x = f32x4.replace_lane(x, 2, load<f32>(from, 8))
  return x
}

/** One to three numbers. */
export function storeSome(to: usize, x: v128, count: i32): void {
  store<f32>(to, f32x4.extract_lane(x, 0))
  if (count > 1) store<f32>(to, f32x4.extract_lane(x, 1), 4)
  if (count > 2) store<f32>(to, f32x4.extract_lane(x, 2), 8)
}

/** @param F has `of(x, p, q)`, p and q four times an attribute each */
export function unary<F>(to: usize, a: usize, stepA: usize, p: f32, q: f32, count: i32): void {
  const f = changetype<F>(0)
  const pp = f32x4.splat(p)
  const qq = f32x4.splat(q)
  const end = to + (<usize>(count & ~3) << 2)
  while (to < end) {
    v128.store(to, f.of(v128.load(a), pp, qq))
    to += four
    a += stepA
  }
  const rest = count & 3
  if (rest) storeSome(to, f.of(loadSome(a, stepA, rest), pp, qq), rest)
}

/** @param F has `of(x, y)` */
export function binary<F>(to: usize, a: usize, stepA: usize, b: usize, stepB: usize, count: i32): void {
  const f = changetype<F>(0)
  const end = to + (<usize>(count & ~3) << 2)
  if (stepA & stepB) {
    const last = to + (<usize>(count & ~15) << 2)
    while (to < last) {
      v128.store(to, f.of(v128.load(a), v128.load(b)))
      v128.store(to, f.of(v128.load(a, 16), v128.load(b, 16)), 16)
      v128.store(to, f.of(v128.load(a, 32), v128.load(b, 32)), 32)
      v128.store(to, f.of(v128.load(a, 48), v128.load(b, 48)), 48)
      to += 4 * four
      a += 4 * four
      b += 4 * four
    }
  }
  while (to < end) {
    v128.store(to, f.of(v128.load(a), v128.load(b)))
    to += four
    a += stepA
    b += stepB
  }
  const rest = count & 3
  if (rest) storeSome(to, f.of(loadSome(a, stepA, rest), loadSome(b, stepB, rest)), rest)
}

/** @param F has `of(x, y, z)` */
export function ternary<F>(
  to: usize,
  a: usize,
  stepA: usize,
  b: usize,
  stepB: usize,
  c: usize,
  stepC: usize,
  count: i32,
): void {
  const f = changetype<F>(0)
  const end = to + (<usize>(count & ~3) << 2)
  while (to < end) {
    v128.store(to, f.of(v128.load(a), v128.load(b), v128.load(c)))
    to += four
    a += stepA
    b += stepB
    c += stepC
  }
  const rest = count & 3
  if (!rest) return
  storeSome(to, f.of(loadSome(a, stepA, rest), loadSome(b, stepB, rest), loadSome(c, stepC, rest)), rest)
}
