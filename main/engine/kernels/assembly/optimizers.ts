/**
 * Optimizers' updates in place: what main/optimizers/(name)/fused.ts does to one number, in its order, for four. The gradient is
 * the sum of the lanes', which lie `stride` bytes apart.
 */

const four: usize = 16

// @ts-ignore: decorator
@inline
function sumOfLanes(at: usize, lanes: i32, stride: usize): v128 {
  let sum = v128.load(at)
  for (let lane = 1; lane < lanes; lane++) {
    at += stride
    sum = f32x4.add(sum, v128.load(at))
  }
  return sum
}

// @ts-ignore: decorator
@inline
function towards(start: v128, share: v128, end: v128): v128 {
  return f32x4.add(start, f32x4.mul(share, f32x4.sub(end, start)))
}

/** 0 where it is nearer to it than `least`. */
// @ts-ignore: decorator
@inline
function flushed(x: v128, least: v128): v128 {
  return v128.andnot(x, f32x4.lt(f32x4.abs(x), least))
}

export function adam(
  parameters: usize,
  firstMoment: usize,
  secondMoment: usize,
  gradients: usize,
  lanes: i32,
  stride: usize,
  count: i32,
  share1: f32,
  share2: f32,
  negligible: f32,
  stepSize: f32,
  epsilon: f32,
): void {
  const end = parameters + (<usize>count << 2)
  const least = f32x4.splat(negligible)
  while (parameters < end) {
    const gradient = sumOfLanes(gradients, lanes, stride)
    let m = towards(v128.load(firstMoment), f32x4.splat(share1), gradient)
    let v = towards(v128.load(secondMoment), f32x4.splat(share2), f32x4.mul(gradient, gradient))
    m = flushed(m, least)
    v = flushed(v, least)
    v128.store(firstMoment, m)
    v128.store(secondMoment, v)
    const way = f32x4.div(f32x4.mul(f32x4.splat(stepSize), m), f32x4.add(f32x4.sqrt(v), f32x4.splat(epsilon)))
    v128.store(parameters, f32x4.sub(v128.load(parameters), way))
    parameters += four
    firstMoment += four
    secondMoment += four
    gradients += four
  }
}

export function sumOfSquares(gradients: usize, lanes: i32, stride: usize, count: i32): f64 {
  const end = gradients + (<usize>count << 2)
  let first = f64x2.splat(0)
  let last = f64x2.splat(0)
  while (gradients < end) {
    const gradient = sumOfLanes(gradients, lanes, stride)
    const a = f64x2.promote_low_f32x4(gradient)
    const b = f64x2.promote_low_f32x4(v128.shuffle<f32>(gradient, gradient, 2, 3, 2, 3))
    first = f64x2.add(first, f64x2.mul(a, a))
    last = f64x2.add(last, f64x2.mul(b, b))
    gradients += four
  }
  const sum = f64x2.add(first, last)
  return f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1)
}

export function adamax(
  parameters: usize,
  firstMoment: usize,
  infinityNorm: usize,
  average: usize,
  gradients: usize,
  lanes: i32,
  stride: usize,
  count: i32,
  keepMoment: f32,
  moveMoment: f32,
  keepNorm: f32,
  leastNorm: f32,
  negligible: f32,
  factor: f32,
  rate: f32,
  keep: f32,
  move: f32,
): void {
  const end = parameters + (<usize>count << 2)
  const least = f32x4.splat(negligible)
  while (parameters < end) {
    const gradient = f32x4.mul(sumOfLanes(gradients, lanes, stride), f32x4.splat(factor))
    const kept = f32x4.mul(v128.load(firstMoment), f32x4.splat(keepMoment))
    const m = f32x4.add(kept, f32x4.mul(gradient, f32x4.splat(moveMoment)))
    const norm = f32x4.mul(v128.load(infinityNorm), f32x4.splat(keepNorm))
    const u = f32x4.max(norm, f32x4.add(f32x4.abs(gradient), f32x4.splat(leastNorm)))
    const moved = f32x4.sub(v128.load(parameters), f32x4.mul(f32x4.splat(rate), f32x4.div(m, u)))
    const mean = f32x4.mul(v128.load(average), f32x4.splat(keep))
    v128.store(firstMoment, flushed(m, least))
    v128.store(infinityNorm, u)
    v128.store(parameters, moved)
    v128.store(average, f32x4.add(mean, f32x4.mul(moved, f32x4.splat(move))))
    parameters += four
    firstMoment += four
    infinityNorm += four
    average += four
    gradients += four
  }
}
