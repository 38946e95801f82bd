/** Cases of matrix products and convolutions. */
import { backend_util, type NamedAttrMap } from '@tensorflow/tfjs-core'
import { type KernelCase, random } from './kernel-case'

/** Up to a few hundred products of standard normal numbers, summed in another order. */
const summed = 1e-5

function product(name: string, a: number[], b: number[], transposeA = false, transposeB = false): KernelCase {
  return {
    kernel: 'BatchMatMul',
    name,
    inputs: { a: random(a, 1), b: random(b, 2) },
    attributes: { transposeA, transposeB },
    tolerance: summed,
  }
}

const products = [
  product('matrices', [3, 5], [5, 2]),
  product('left transposed', [5, 3], [5, 2], true),
  product('right transposed', [3, 5], [2, 5], false, true),
  product('both transposed', [5, 3], [2, 5], true, true),
  product('a row and a column', [1, 7], [7, 1]),
  product('a column and a row', [7, 1], [1, 7]),
  product('stacks', [4, 3, 5], [4, 5, 2]),
  product('stacks, both transposed', [4, 5, 3], [4, 2, 5], true, true),
  product('a stack and one matrix', [4, 3, 5], [1, 5, 2]),
  product('stacks of stacks', [2, 3, 3, 5], [2, 3, 5, 2]),
]

type Four = [number, number, number, number]
type Pad = 'same' | 'valid' | number | [[0, 0], [number, number], [number, number], [0, 0]]

interface Convolution {
  readonly x: Four
  readonly filter: Four
  readonly strides: number | [number, number]
  readonly pad: Pad
  readonly dimRoundingMode?: 'floor' | 'round' | 'ceil'
}

/** Every path of the lowering: odd and even filters, all strides, each kind of padding, and maps that do not fit. */
export const convolutions: Record<string, Convolution> = {
  '4×4 s2 p1, as the ladder has it': { x: [2, 8, 8, 3], filter: [4, 4, 3, 5], strides: 2, pad: 1 },
  '4×4 s2 p1, many channels': { x: [2, 6, 4, 9], filter: [4, 4, 9, 8], strides: 2, pad: 1 },
  '4×4 s2 same, an odd map': { x: [1, 7, 9, 8], filter: [4, 4, 8, 3], strides: 2, pad: 'same' },
  '4×4 s2 valid, a rest': { x: [1, 9, 11, 9], filter: [4, 4, 9, 2], strides: 2, pad: 'valid' },
  '2×4 s2 explicit': { x: [1, 6, 7, 8], filter: [2, 4, 8, 3], strides: 2, pad: [[0, 0], [1, 2], [0, 3], [0, 0]] }, // prettier-ignore
  '6×2 s2 p3, few channels': { x: [2, 7, 6, 2], filter: [6, 2, 2, 3], strides: 2, pad: [[0, 0], [3, 3], [0, 0], [0, 0]] }, // prettier-ignore
  '2×2 s2 valid': { x: [2, 4, 6, 8], filter: [2, 2, 8, 8], strides: 2, pad: 'valid' },
  '3×3 s1 same': { x: [2, 5, 6, 3], filter: [3, 3, 3, 4], strides: 1, pad: 'same' },
  '3×3 s1 valid': { x: [2, 5, 6, 9], filter: [3, 3, 9, 4], strides: 1, pad: 'valid' },
  '3×3 s1 p2': { x: [1, 4, 3, 2], filter: [3, 3, 2, 2], strides: 1, pad: 2 },
  '3×3 s2 same': { x: [2, 7, 8, 8], filter: [3, 3, 8, 3], strides: 2, pad: 'same' },
  '3×3 s2 valid': { x: [2, 8, 7, 2], filter: [3, 3, 2, 3], strides: 2, pad: 'valid' },
  '3×3 s3 p1': { x: [1, 10, 9, 2], filter: [3, 3, 2, 3], strides: 3, pad: 1 },
  '5×3 s1 same': { x: [1, 6, 6, 2], filter: [5, 3, 2, 2], strides: 1, pad: 'same' },
  '1×1 s1': { x: [2, 3, 4, 5], filter: [1, 1, 5, 3], strides: 1, pad: 0 },
  '1×1 s2, between the pixels': { x: [2, 6, 5, 3], filter: [1, 1, 3, 2], strides: 2, pad: 'same' },
  '2×2 s3, gaps': { x: [1, 8, 7, 2], filter: [2, 2, 2, 2], strides: 3, pad: 'valid' },
  '4×4 s1 same: more behind than before': { x: [1, 5, 6, 8], filter: [4, 4, 8, 2], strides: 1, pad: 'same' },
  '3×4 s[1, 2]': { x: [1, 6, 8, 2], filter: [3, 4, 2, 3], strides: [1, 2], pad: [[0, 0], [1, 1], [1, 1], [0, 0]] }, // prettier-ignore
  '4×3 s[2, 1] same': { x: [1, 7, 5, 8], filter: [4, 3, 8, 3], strides: [2, 1], pad: 'same' },
  '3×1 s[3, 2] explicit': { x: [1, 7, 6, 2], filter: [3, 1, 2, 2], strides: [3, 2], pad: [[0, 0], [2, 0], [0, 1], [0, 0]] }, // prettier-ignore
  '3×3 s1 explicit, left and below': { x: [1, 5, 4, 2], filter: [3, 3, 2, 3], strides: 1, pad: [[0, 0], [0, 2], [2, 0], [0, 0]] }, // prettier-ignore
  'the whole map as one pixel': { x: [2, 4, 4, 3], filter: [4, 4, 3, 6], strides: 1, pad: 'valid' },
  // From sixteen channels on, windows are picked pixel by pixel, and transposed convolutions computed in blocks.
  '4×4 s2 p1, picked': { x: [2, 6, 4, 16], filter: [4, 4, 16, 17], strides: 2, pad: 1 },
  '4×4 s2 same, picked, an odd map': { x: [1, 7, 9, 17], filter: [4, 4, 17, 16], strides: 2, pad: 'same' },
  '4×4 s2 valid, picked, a rest': { x: [1, 9, 11, 16], filter: [4, 4, 16, 16], strides: 2, pad: 'valid' },
  '6×2 s2, picked, explicit': { x: [2, 7, 6, 16], filter: [6, 2, 16, 16], strides: 2, pad: [[0, 0], [3, 4], [0, 1], [0, 0]] }, // prettier-ignore
  '2×2 s2 valid, picked': { x: [2, 4, 6, 16], filter: [2, 2, 16, 16], strides: 2, pad: 'valid' },
  '3×3 s1 same, picked': { x: [2, 5, 6, 16], filter: [3, 3, 16, 18], strides: 1, pad: 'same' },
  '3×3 s1 p2, picked': { x: [1, 4, 3, 16], filter: [3, 3, 16, 16], strides: 1, pad: 2 },
  '3×3 s2 same, picked, no blocks': { x: [2, 7, 8, 16], filter: [3, 3, 16, 16], strides: 2, pad: 'same' },
  '3×4 s[1, 2], picked': { x: [1, 6, 8, 16], filter: [3, 4, 16, 16], strides: [1, 2], pad: [[0, 0], [1, 1], [1, 1], [0, 0]] }, // prettier-ignore
  '6×3 s[2, 3], picked': { x: [1, 8, 9, 16], filter: [6, 3, 16, 16], strides: [2, 3], pad: 'same' },
  '1×1 s1, picked': { x: [2, 3, 4, 16], filter: [1, 1, 16, 16], strides: 1, pad: 0 },
  'floor of what does not fit': { x: [1, 6, 6, 8], filter: [3, 3, 8, 2], strides: 2, pad: 0, dimRoundingMode: 'floor' },
}

function gradients(name: string, { x, filter, ...attributes }: Convolution): KernelCase[] {
  const { strides, pad, dimRoundingMode } = attributes
  const info = backend_util.computeConv2DInfo(x, filter, strides, 1, pad, dimRoundingMode)
  const common: NamedAttrMap = { ...attributes, dataFormat: 'NHWC' }
  const dy = random(info.outShape, 3)
  return [
    {
      kernel: 'Conv2D',
      name,
      inputs: { x: random(x, 1), filter: random(filter, 2) },
      attributes: { ...common, dilations: 1 },
      tolerance: summed,
    },
    {
      kernel: 'Conv2DBackpropFilter',
      name,
      inputs: { x: random(x, 1), dy },
      attributes: { ...common, filterShape: filter },
      tolerance: summed,
    },
    {
      kernel: 'Conv2DBackpropInput',
      name,
      inputs: { dy, filter: random(filter, 2) },
      attributes: { ...common, inputShape: x },
      tolerance: summed,
    },
  ]
}

export const linearCases: KernelCase[] = [
  ...products,
  ...Object.entries(convolutions).flatMap(([name, convolution]) => gradients(name, convolution)),
]
