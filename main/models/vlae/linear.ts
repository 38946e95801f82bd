/** The weight-normalised layers of the paper's VLAE, and the residual blocks that they are put together to. */
import {
  add,
  conv2d,
  conv2dTranspose,
  elu,
  matMul,
  pad,
  slice,
  type Tensor,
  type Tensor4D,
} from '@tensorflow/tfjs-core'
import * as layers from '../layers'
import type { MapShape, Parameter } from '../layers'
import { normalised, type Direction, type Normalised, type Piece } from './normalised'

/** Rows or columns of zeros around a map. */
export interface Borders {
  readonly top: number
  readonly bottom: number
  readonly left: number
  readonly right: number
}

interface Options {
  /** Of the outputs when training starts, 1 if not given. */
  readonly scale?: number
}

/** Deviation of the directions at the start (Salimans & Kingma 2016, §3). */
const initial = { deviation: 0.05 }
/** PyTorch's padding of 1. */
const around: Borders = { top: 1, bottom: 1, left: 1, right: 1 }

/** The direction of a convolution [height, width, in, out]. */
export function convolutionDirection(name: string, from: number, to: number, height: number, width: number): Direction {
  const shape = [to, from, height, width]
  const torch = { shape, view: shape, permute: [2, 3, 1, 0] }
  return { parameter: { name, shape: [height, width, from, to], torch, initial }, axis: 3 }
}

/** x·W + b: [B, from] → [B, to]; a flattened map is given by its shape. */
export function dense(
  name: string,
  from: number | MapShape,
  to: number | MapShape,
  { mask, ...options }: Options & Pick<Direction, 'mask'> = {},
): Normalised {
  const [weight, bias] = layers.dense(name, from, to) as [Parameter, Parameter]
  const parameter = { ...weight, name: `${name}.v`, initial }
  const [, outputs] = weight.shape as [number, number]
  return normalised({
    ...options,
    name,
    outputs,
    torch: bias.torch,
    directions: [{ parameter, axis: 1, ...(mask && { mask }) }],
    map: (x, [w]) => matMul(x, w),
    scalesOutputs: true,
  })
}

/** A convolution of 3×3 pixels, or of one: [B, H, W, from] → [B, ⌈H/stride⌉, ⌈W/stride⌉, to]. */
export function convolution(
  name: string,
  from: number,
  to: number,
  { kernel = 3, stride = 1, ...options }: Options & { readonly kernel?: 1 | 3; readonly stride?: 1 | 2 } = {},
): Piece {
  return normalised({
    ...options,
    name,
    outputs: to,
    directions: [convolutionDirection(`${name}.v`, from, to, kernel, kernel)],
    map: (x, [w]) => convolve(kernel === 3 ? padded(x, around) : x, w, stride),
  })
}

/** A transposed convolution of 3×3 pixels and stride 2: [B, n, n, from] → [B, size, size, to], size 2n or 2n − 1. */
export function transposedConvolution(
  name: string,
  from: number,
  to: number,
  { size, ...options }: Options & { readonly size: number },
): Piece {
  const shape = [from, to, 3, 3]
  const torch = { shape, view: shape, permute: [2, 3, 1, 0] }
  const parameter: Parameter = { name: `${name}.v`, shape: [3, 3, to, from], torch, initial }
  return normalised({
    ...options,
    name,
    outputs: to,
    directions: [{ parameter, axis: 2 }],
    map: (x, [w]) => {
      const [batch, n] = x.shape as [number, number]
      const whole = 2 * n + 1
      const y = conv2dTranspose(x as Tensor4D, w as Tensor4D, [batch, whole, whole, to], 2, 'valid')
      return slice(y, [0, 1, 1, 0], [batch, size, size, to])
    },
  })
}

/** A convolution of a map that is padded already. */
export function convolve(x: Tensor, filter: Tensor, stride = 1): Tensor {
  return conv2d(x as Tensor4D, filter as Tensor4D, stride, 'valid')
}

/** A map with zeros around it. */
export function padded(x: Tensor, { top, bottom, left, right }: Borders): Tensor {
  return pad(x, [[0, 0], [top, bottom], [left, right], [0, 0]]) // prettier-ignore
}

/** What a block's last layer adds to its input at the start, as a share (Kingma et al. 2016, IAF, app. B; openai/iaf). */
export const residualScale = 0.1

/** x + second(elu(first(elu(x)))), or skip(x) in place of x where the size changes (He et al. 2016, pre-activation). */
export function residual(first: Piece, second: Piece, skip?: Piece): Piece {
  const all = [first, second, ...(skip ? [skip] : [])]
  return {
    parameters: all.flatMap(({ parameters }) => parameters),
    apply(pass, x) {
      const y = second.apply(pass, elu(first.apply(pass, elu(x))))
      return add(y, skip ? skip.apply(pass, x) : x)
    },
  }
}
