/** Functions of four floats: polynomials within two units in the last place, infinities and NaN as they should be. */

// @ts-ignore: decorator
@inline
function poly5(x: v128, a: f32, b: f32, c: f32, d: f32, e: f32, f: f32): v128 {
  let y = f32x4.splat(a)
  y = f32x4.add(f32x4.mul(y, x), f32x4.splat(b))
  y = f32x4.add(f32x4.mul(y, x), f32x4.splat(c))
  y = f32x4.add(f32x4.mul(y, x), f32x4.splat(d))
  y = f32x4.add(f32x4.mul(y, x), f32x4.splat(e))
  return f32x4.add(f32x4.mul(y, x), f32x4.splat(f))
}

/** Added to a smaller number it leaves no digit behind the point: the sum's last bits are the nearest whole number's. */
const magic: f32 = 12582912

/** x − n ln 2, in two parts of ln 2 so that little is lost. */
// @ts-ignore: decorator
@inline
function restOf(x: v128, n: v128): v128 {
  const high = f32x4.sub(x, f32x4.mul(n, f32x4.splat(0.693359375)))
  return f32x4.sub(high, f32x4.mul(n, f32x4.splat(-2.1219444e-4)))
}

/** eʳ − 1 for |r| ≤ ln 2/2 (Cephes, expf). */
// @ts-ignore: decorator
@inline
function smallExpm1(r: v128): v128 {
  const q = poly5(r, 1.987569150e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 0.5)
  return f32x4.add(f32x4.mul(f32x4.mul(r, r), q), r)
}

/** 2ⁿ of four whole numbers from −126 to 127, in their last eight bits. */
// @ts-ignore: decorator
@inline
function powerOf2(n: v128): v128 {
  return i32x4.add(i32x4.shl(n, 23), i32x4.splat(0x3f800000))
}

/** eˣ; below −87.3 a subnormal number, as it should be. */
// @ts-ignore: decorator
@inline
export function exp(x: v128): v128 {
  const inside = f32x4.pmin(f32x4.pmax(x, f32x4.splat(-104)), f32x4.splat(89))
  const rounded = f32x4.add(f32x4.mul(inside, f32x4.splat(1.44269504)), f32x4.splat(magic))
  const y = f32x4.add(smallExpm1(restOf(inside, f32x4.sub(rounded, f32x4.splat(magic)))), f32x4.splat(1))
  // 2¹²⁸ and 2⁻¹⁵⁰ have no float: two halves have
  const whole = i32x4.sub(rounded, f32x4.splat(magic))
  const half = i32x4.shr_s(whole, 1)
  return f32x4.mul(f32x4.mul(y, powerOf2(half)), powerOf2(i32x4.sub(whole, half)))
}

/**
 * eˣ − 1 for x ≤ 0: with x/ln 2 = n + f, |f| ≤ ½, it is 2ⁿ(2ᶠ − 1) + 2ⁿ − 1. The polynomial is (2ᶠ − 1)/f's with the least
 * largest relative error, 1.1e-8.
 */
// @ts-ignore: decorator
@inline
export function expm1OfNegative(x: v128): v128 {
  const u = f32x4.mul(f32x4.pmax(x, f32x4.splat(-30)), f32x4.splat(1.44269504))
  const rounded = f32x4.add(u, f32x4.splat(magic))
  const f = f32x4.sub(u, f32x4.sub(rounded, f32x4.splat(magic)))
  const g = poly5(f, 1.54035128e-4, 1.33907355e-3, 9.61823749e-3, 5.55035743e-2, 2.40226498e-1, 6.93147188e-1)
  const scale = powerOf2(rounded)
  return f32x4.add(f32x4.mul(f32x4.mul(g, f), scale), f32x4.sub(scale, f32x4.splat(1)))
}

/** ln x (Cephes, logf). */
// @ts-ignore: decorator
@inline
export function log(x: v128): v128 {
  const tiny = f32x4.lt(x, f32x4.splat(1.17549435e-38))
  const normal = v128.bitselect(f32x4.mul(x, f32x4.splat(8388608)), x, tiny)
  // x = 2ᵉ · (1 + f) with 1 + f from √½ to √2
  const root = i32x4.splat(0x3f3504f3)
  const bits = i32x4.sub(normal, root)
  const lift = v128.and(tiny, f32x4.splat(-23))
  const e = f32x4.add(f32x4.convert_i32x4_s(i32x4.shr_s(bits, 23)), lift)
  const f = f32x4.sub(i32x4.add(v128.and(bits, i32x4.splat(0x7fffff)), root), f32x4.splat(1))
  let y = poly5(f, 7.0376836292e-2, -1.151461031e-1, 1.1676998740e-1, -1.2420140846e-1, 1.4249322787e-1, -1.6668057665e-1)
  y = f32x4.add(f32x4.mul(y, f), f32x4.splat(2.0000714765e-1))
  y = f32x4.add(f32x4.mul(y, f), f32x4.splat(-2.4999993993e-1))
  y = f32x4.add(f32x4.mul(y, f), f32x4.splat(3.3333331174e-1))
  const square = f32x4.mul(f, f)
  y = f32x4.mul(f32x4.mul(y, f), square)
  y = f32x4.add(y, f32x4.mul(e, f32x4.splat(-2.12194440e-4)))
  y = f32x4.sub(y, f32x4.mul(square, f32x4.splat(0.5)))
  y = f32x4.add(f32x4.add(f, y), f32x4.mul(e, f32x4.splat(0.693359375)))
  const infinite = f32x4.splat(f32.POSITIVE_INFINITY)
  // +∞ and NaN are their own
  y = v128.bitselect(y, x, f32x4.lt(x, infinite))
  y = v128.bitselect(f32x4.splat(f32.NEGATIVE_INFINITY), y, f32x4.eq(x, f32x4.splat(0)))
  return v128.or(y, f32x4.lt(x, f32x4.splat(0)))
}

/** 1/(1 + e⁻ˣ) */
// @ts-ignore: decorator
@inline
export function sigmoid(x: v128): v128 {
  return sigmoidBy(x, exp(f32x4.neg(f32x4.abs(x))))
}

/** @param decay e^−|x| */
// @ts-ignore: decorator
@inline
export function sigmoidBy(x: v128, decay: v128): v128 {
  const one = f32x4.splat(1)
  const above = v128.bitselect(decay, one, f32x4.lt(x, f32x4.splat(0)))
  return f32x4.div(above, f32x4.add(one, decay))
}

/** With t = e^−2|x| − 1: −t/(2 + t), and x's sign. */
// @ts-ignore: decorator
@inline
export function tanh(x: v128): v128 {
  const sign = v128.and(x, f32x4.splat(-0.0))
  const t = expm1OfNegative(f32x4.mul(f32x4.abs(x), f32x4.splat(-2)))
  return v128.or(f32x4.div(f32x4.abs(t), f32x4.add(f32x4.splat(2), t)), sign)
}

/** x for x ≥ 0, α(eˣ − 1) below: of both one is 0. */
// @ts-ignore: decorator
@inline
export function elu(x: v128, alpha: v128): v128 {
  const zero = f32x4.splat(0)
  const below = f32x4.mul(alpha, expm1OfNegative(f32x4.pmin(zero, x)))
  return f32x4.add(f32x4.pmax(x, zero), below)
}
