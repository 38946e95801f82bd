/**
 * MADE (Germain et al. 2015): a network whose i-th output depends on the inputs before the i-th only, made by masks. Each
 * hidden unit has a degree m, the number of inputs that it may see; a weight is kept from degree m to m′ where m′ ≥ m, and
 * to output i where i > m (eqs. 12 and 13, degrees counted from 0).
 */
import { add, cast, concat, greater, greaterEqual, matMul, relu, reverse, slice, tensor, zeros, type Tensor } from '@tensorflow/tfjs-core' // prettier-ignore
import { pairs, present } from '../../../preload/present'
import { batchOf } from '../layers'
import { dense, residualScale } from './linear'
import type { Pass, Piece } from './normalised'
import { solve, type MadeLayer } from './solve'

export interface MadeOptions {
  readonly name: string
  readonly size: number
  /** Units of each hidden layer, ReLUs. */
  readonly hidden: readonly number[]
  /** The last number comes first. */
  readonly reversed?: boolean
  /** Numbers of the context, which all outputs may depend on. */
  readonly context?: number
}

export interface MadeInput {
  /** [B, size] */
  readonly z: Tensor
  /** [B, context] */
  readonly context?: Tensor | undefined
}

export interface Made extends Piece<MadeInput> {
  /** z with z = ε + μ(z), of ε [B, size]. */
  solve(pass: Pass, noise: Tensor, context?: Tensor): Tensor
}

/**
 * z [B, size] → μ [B, size] with μᵢ a function of z₁ … zᵢ₋₁ and the context; small at the start. The context joins the
 * inputs and the last hidden layer: else the first number would know nothing of it.
 */
export function made({ name, size, hidden, reversed = false, context = 0 }: MadeOptions): Made {
  const inputs = [...degrees(size, size), ...known(context)]
  const widths = hidden.map((units) => degrees(units, Math.max(1, size - 1)))
  const layers = pairs([inputs, ...widths.slice(0, -1)], widths).map(([from, to], i) =>
    dense(`${name}.${i}`, from.length, to.length, { mask: () => between(from, to, greaterEqual) }),
  )
  const from = [...present(widths.at(-1), 'hidden layer'), ...known(context)]
  const to = degrees(size, size)
  const last = dense(`${name}.${hidden.length}`, from.length, size, {
    mask: () => between(from, to, greater),
    scale: residualScale,
  })
  return {
    parameters: [...layers, last].flatMap(({ parameters }) => parameters),
    apply(pass, { z, context: given }) {
      const join = (x: Tensor) => (given ? concat([x, given], 1) : x)
      const h = layers.reduce((x, layer) => relu(layer.apply(pass, x)), join(turned(z, reversed)))
      return turned(last.apply(pass, join(h)), reversed)
    },
    solve(pass, noise, given) {
      const all = [...layers, last]
      const computed = all.map((layer, i): MadeLayer => {
        const [weights] = layer.weights(pass)
        const [rows, outputs] = weights.shape as [number, number]
        const bias = add(zeros([batchOf(noise), outputs]), layer.bias(pass))
        if (!given || (i > 0 && i < all.length - 1)) return { weights, bias }
        // the context comes last
        const units = rows - context
        const [ofUnits, ofContext] = [slice(weights, 0, units), slice(weights, units)]
        return { weights: ofUnits, bias: add(matMul(given, ofContext), bias) }
      })
      return turned(solve(computed, widths, turned(noise, reversed)), reversed)
    },
  }
}

/** 0, 1, … count − 1, and again. */
function degrees(units: number, count: number): number[] {
  return Array.from({ length: units }, (_, i) => i % count)
}

/** What everything may depend on. */
function known(context: number): number[] {
  return Array.from({ length: context }, () => -1)
}

/** The mask [from, to], made of comparisons: two short constants instead of one for every weight. */
function between(from: readonly number[], to: readonly number[], mayCome: typeof greater): Tensor {
  const later = tensor([...to], [1, to.length])
  return cast(mayCome(later, tensor([...from], [from.length, 1])), 'float32')
}

function turned(z: Tensor, reversed: boolean): Tensor {
  return reversed ? reverse(z, 1) : z
}
