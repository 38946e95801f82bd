/** The layers that models are built of: their parameters with PyTorch's names, layouts and initialisation, and what they compute. */
import { add, conv2d, conv2dTranspose, matMul, reshape, type Tensor, type Tensor4D } from '@tensorflow/tfjs-core'
import { side } from '../../preload/images'
import { pairs } from '../../preload/present'
import { entryOf } from '../optimizers/named'
import type { Tensors } from './model'
import type { ParameterShape } from './parameters'
import { normals, stream, uniform } from './random'

/** How a parameter starts: uniform in ±bound, normal with a deviation (0: zeros), or all of one value. */
export type Initial = { readonly bound: number } | { readonly deviation: number } | { readonly value: number }

/** A parameter with its start. */
export interface Parameter extends ParameterShape {
  readonly initial: Initial
}

/** A feature map [height, width, channels] that PyTorch flattens channel by channel, and we row by row. */
export type MapShape = readonly [height: number, width: number, channels: number]

/**
 * A fully connected layer's weight [in, out] and bias [out].
 * An end that is a flattened feature map is given by its shape: PyTorch's order of it is the other one.
 */
export function dense(name: string, from: number | MapShape, to: number | MapShape): Parameter[] {
  const [input, output] = [channelMajor(from), channelMajor(to)]
  const bound = 1 / Math.sqrt(input.size)
  return [
    {
      name: `${name}.weight`,
      shape: [input.size, output.size],
      torch: {
        shape: [output.size, input.size],
        view: [...output.view, ...input.view],
        permute: [...input.permute.map((axis) => axis + output.view.length), ...output.permute],
      },
      initial: { bound },
    },
    {
      name: `${name}.bias`,
      shape: [output.size],
      torch: { shape: [output.size], view: output.view, permute: output.permute },
      initial: { bound },
    },
  ]
}

/** A convolution's weight [height, width, in, out] and bias [out]. */
export function convolution(name: string, from: number, to: number, kernel: number): Parameter[] {
  const bound = 1 / Math.sqrt(from * kernel * kernel)
  return [filter(`${name}.weight`, to, from, kernel, bound), vector(`${name}.bias`, to, { bound })]
}

/**
 * A transposed convolution's weight [height, width, out, in] and bias [out].
 * PyTorch takes its fan-in from the weight's second axis, which here is the number of outputs.
 */
export function transposedConvolution(name: string, from: number, to: number, kernel: number): Parameter[] {
  const bound = 1 / Math.sqrt(to * kernel * kernel)
  return [filter(`${name}.weight`, from, to, kernel, bound), vector(`${name}.bias`, to, { bound })]
}

/** A table of one row per class. */
export function table(name: string, rows: number, columns: number, initial: Initial): Parameter {
  const shape = [rows, columns]
  return { name, shape, torch: { shape, view: shape, permute: [0, 1] }, initial }
}

/** B of a tensor [B, …]. @throws RangeError of one without axes */
export function batchOf({ shape: [batch] }: Tensor): number {
  if (batch === undefined) throw new RangeError('a single number is no batch')
  return batch
}

/** An image as others have it: channels, rows, columns. */
export const imageShape = [1, side, side] as const

/** [B, 784] → [B, 1, 28, 28]. */
export function asImages(pixels: Tensor): Tensor {
  return reshape(pixels, [-1, ...imageShape])
}

/** x·W + b: [B, in] → [B, out]. */
export function applyDense(parameters: Tensors, name: string, x: Tensor): Tensor {
  return add(matMul(x, entryOf(parameters, `${name}.weight`)), entryOf(parameters, `${name}.bias`))
}

/**
 * PyTorch's padding of 1, as what it comes to for kernel 4, stride 2 and maps of even size: TensorFlow's kernels take no
 * numbers.
 */
const padding = 'same'

/** A convolution of stride 2 with padding 1; kernel 4 halves the map: [B, H, W, in] → [B, H/2, W/2, out]. */
export function applyConvolution(parameters: Tensors, name: string, x: Tensor): Tensor {
  const filter = entryOf(parameters, `${name}.weight`) as Tensor4D
  return add(conv2d(x as Tensor4D, filter, 2, padding), entryOf(parameters, `${name}.bias`))
}

/** A transposed convolution of stride 2 with padding 1; kernel 4 doubles the map: [B, H, W, in] → [B, 2H, 2W, out]. */
export function applyTransposedConvolution(parameters: Tensors, name: string, x: Tensor): Tensor {
  const filter = entryOf(parameters, `${name}.weight`) as Tensor4D
  const [batch, height, width] = x.shape as [number, number, number]
  const y = conv2dTranspose(x as Tensor4D, filter, [batch, 2 * height, 2 * width, filter.shape[2]], 2, padding)
  return add(y, entryOf(parameters, `${name}.bias`))
}

/** Fresh values of all parameters, one after another: a function of the seed. */
export function initialise(parameters: readonly Parameter[], seed: number): Float32Array {
  const sizes = parameters.map(({ shape }) => shape.reduce((size, length) => size * length, 1))
  const flat = new Float32Array(sizes.reduce((all, size) => all + size, 0))
  let end = 0
  for (const [counter, [{ initial }, size]] of pairs(parameters, sizes).entries()) {
    const values = flat.subarray(end, (end += size))
    const key = { seed, stream: stream.initialisation, counter }
    if ('value' in initial) values.fill(initial.value)
    else if ('bound' in initial) uniform(values, key, -initial.bound, initial.bound)
    else {
      normals(values, key)
      values.forEach((value, i) => (values[i] = value * initial.deviation))
    }
  }
  return flat
}

/** PyTorch's filter [first, second, height, width] as ours: [height, width, second, first]. */
function filter(name: string, first: number, second: number, kernel: number, bound: number): Parameter {
  const shape = [first, second, kernel, kernel]
  return {
    name,
    shape: [kernel, kernel, second, first],
    torch: { shape, view: shape, permute: [2, 3, 1, 0] },
    initial: { bound },
  }
}

function vector(name: string, length: number, initial: Initial): Parameter {
  return { name, shape: [length], torch: { shape: [length], view: [length], permute: [0] }, initial }
}

/** An end of a dense layer: its size, PyTorch's view of it, and the order of that view's axes that is ours. */
function channelMajor(end: number | MapShape): { size: number; view: number[]; permute: number[] } {
  if (typeof end === 'number') return { size: end, view: [end], permute: [0] }
  const [height, width, channels] = end
  return { size: height * width * channels, view: [channels, height, width], permute: [1, 2, 0] }
}
