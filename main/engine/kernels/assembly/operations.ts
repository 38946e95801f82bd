/** The operations of a chain. Truth is 1 or 0, as a float. */
import { binary, ternary, unary } from './each'
import { elu, exp, log, sigmoid, sigmoidBy, tanh } from './functions'

// @ts-ignore: decorator
@inline
function truth(mask: v128): v128 {
  return v128.and(mask, f32x4.splat(1))
}

// @ts-ignore: decorator
@inline
function between(x: v128, least: v128, most: v128): v128 {
  return f32x4.pmin(f32x4.pmax(x, least), most)
}

// Of one number, and two attributes
class Copy { @inline of(x: v128, p: v128, q: v128): v128 { return x } }
class Neg { @inline of(x: v128, p: v128, q: v128): v128 { return f32x4.neg(x) } }
class Abs { @inline of(x: v128, p: v128, q: v128): v128 { return f32x4.abs(x) } }
class Relu { @inline of(x: v128, p: v128, q: v128): v128 { return f32x4.pmax(x, f32x4.splat(0)) } }
class Not { @inline of(x: v128, p: v128, q: v128): v128 { return truth(f32x4.eq(x, f32x4.splat(0))) } }
class Exp { @inline of(x: v128, p: v128, q: v128): v128 { return exp(x) } }
class Log { @inline of(x: v128, p: v128, q: v128): v128 { return log(x) } }
class Sqrt { @inline of(x: v128, p: v128, q: v128): v128 { return f32x4.sqrt(x) } }
class Sigmoid { @inline of(x: v128, p: v128, q: v128): v128 { return sigmoid(x) } }
class Tanh { @inline of(x: v128, p: v128, q: v128): v128 { return tanh(x) } }
class Elu { @inline of(x: v128, p: v128, q: v128): v128 { return elu(x, p) } }
class HardSigmoid { @inline of(x: v128, p: v128, q: v128): v128 {
  return between(f32x4.add(f32x4.mul(p, x), q), f32x4.splat(0), f32x4.splat(1))
} }
class Clip { @inline of(x: v128, p: v128, q: v128): v128 { return between(x, p, q) } }

// Of two numbers
class Add { @inline of(x: v128, y: v128): v128 { return f32x4.add(x, y) } }
class Sub { @inline of(x: v128, y: v128): v128 { return f32x4.sub(x, y) } }
class Mul { @inline of(x: v128, y: v128): v128 { return f32x4.mul(x, y) } }
class Div { @inline of(x: v128, y: v128): v128 { return f32x4.div(x, y) } }
class Min { @inline of(x: v128, y: v128): v128 { return f32x4.min(x, y) } }
class Max { @inline of(x: v128, y: v128): v128 { return f32x4.max(x, y) } }
class Greater { @inline of(x: v128, y: v128): v128 { return truth(f32x4.gt(x, y)) } }
class GreaterOrEqual { @inline of(x: v128, y: v128): v128 { return truth(f32x4.ge(x, y)) } }
class Less { @inline of(x: v128, y: v128): v128 { return truth(f32x4.lt(x, y)) } }
class LessOrEqual { @inline of(x: v128, y: v128): v128 { return truth(f32x4.le(x, y)) } }
class Equal { @inline of(x: v128, y: v128): v128 { return truth(f32x4.eq(x, y)) } }
class And { @inline of(x: v128, y: v128): v128 {
  const zero = f32x4.splat(0)
  return truth(v128.and(f32x4.ne(x, zero), f32x4.ne(y, zero)))
} }
class Gate { @inline of(x: v128, y: v128): v128 { return v128.and(x, f32x4.gt(y, f32x4.splat(0))) } }
class EluGrad { @inline of(dy: v128, y: v128): v128 {
  const one = f32x4.splat(1)
  return f32x4.mul(dy, between(f32x4.add(y, one), f32x4.splat(0), one))
} }
class SigmoidBy { @inline of(x: v128, y: v128): v128 { return sigmoidBy(x, y) } }

// Of three numbers
class Where { @inline of(x: v128, y: v128, z: v128): v128 {
  return v128.bitselect(y, z, f32x4.ne(x, f32x4.splat(0)))
} }
class MulAdd { @inline of(x: v128, y: v128, z: v128): v128 { return f32x4.add(f32x4.mul(x, y), z) } }

/** Every operation of one number, in chain.ts's order; false where it is none of these. */
// prettier-ignore
export function ofOne(op: i32, to: usize, a: usize, stepA: usize, p: f32, q: f32, count: i32): bool {
  switch (op) {
    case 0: unary<Copy>(to, a, stepA, p, q, count); return true
    case 1: unary<Neg>(to, a, stepA, p, q, count); return true
    case 2: unary<Abs>(to, a, stepA, p, q, count); return true
    case 3: unary<Relu>(to, a, stepA, p, q, count); return true
    case 4: unary<Not>(to, a, stepA, p, q, count); return true
    case 5: unary<Exp>(to, a, stepA, p, q, count); return true
    case 6: unary<Log>(to, a, stepA, p, q, count); return true
    case 7: unary<Sqrt>(to, a, stepA, p, q, count); return true
    case 8: unary<Sigmoid>(to, a, stepA, p, q, count); return true
    case 9: unary<Tanh>(to, a, stepA, p, q, count); return true
    case 10: unary<Elu>(to, a, stepA, p, q, count); return true
    case 11: unary<HardSigmoid>(to, a, stepA, p, q, count); return true
    case 12: unary<Clip>(to, a, stepA, p, q, count); return true
  }
  return false
}

/** The first of two numbers; those of one come before. */
const firstOfTwo: i32 = 13

// prettier-ignore
export function ofTwo(op: i32, to: usize, a: usize, stepA: usize, b: usize, stepB: usize, count: i32): bool {
  switch (op - firstOfTwo) {
    case 0: binary<Add>(to, a, stepA, b, stepB, count); return true
    case 1: binary<Sub>(to, a, stepA, b, stepB, count); return true
    case 2: binary<Mul>(to, a, stepA, b, stepB, count); return true
    case 3: binary<Div>(to, a, stepA, b, stepB, count); return true
    case 4: binary<Min>(to, a, stepA, b, stepB, count); return true
    case 5: binary<Max>(to, a, stepA, b, stepB, count); return true
    case 6: binary<Greater>(to, a, stepA, b, stepB, count); return true
    case 7: binary<GreaterOrEqual>(to, a, stepA, b, stepB, count); return true
    case 8: binary<Less>(to, a, stepA, b, stepB, count); return true
    case 9: binary<LessOrEqual>(to, a, stepA, b, stepB, count); return true
    case 10: binary<Equal>(to, a, stepA, b, stepB, count); return true
    case 11: binary<And>(to, a, stepA, b, stepB, count); return true
    case 12: binary<Gate>(to, a, stepA, b, stepB, count); return true
    case 13: binary<EluGrad>(to, a, stepA, b, stepB, count); return true
    case 14: binary<SigmoidBy>(to, a, stepA, b, stepB, count); return true
  }
  return false
}

const firstOfThree: i32 = 28

// prettier-ignore
export function ofThree(
  op: i32, to: usize, a: usize, stepA: usize, b: usize, stepB: usize, c: usize, stepC: usize, count: i32,
): void {
  switch (op - firstOfThree) {
    case 0: ternary<Where>(to, a, stepA, b, stepB, c, stepC, count); break
    case 1: ternary<MulAdd>(to, a, stepA, b, stepB, c, stepC, count); break
  }
}
