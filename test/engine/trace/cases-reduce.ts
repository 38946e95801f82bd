/** Cases of the kernels that reduce axes. */
import { bool, float, int, type KernelCase, random } from './kernel-case'

const x = random([2, 3, 4])

/** Float sums are added up in another order than tfjs', which rounds in single precision after every number. */
const summed = 1e-6

/** Axes as tfjs' ops hand them on. */
const axes: Record<string, number | number[]> = {
  'the first axis': 0,
  'the last axis': -1,
  'two axes': [0, 2],
  'two axes from the end': [-1, -2],
  'all axes': [0, 1, 2],
  'no axes': [],
}

function over(kernel: string, attribute: 'axis' | 'reductionIndices', tolerance: number): KernelCase[] {
  return [
    ...Object.entries(axes).flatMap(([name, axis]) =>
      [false, true].map((keepDims) => ({
        kernel,
        name: `${name}${keepDims ? ', kept as length 1' : ''}`,
        inputs: { x },
        attributes: { [attribute]: axis, keepDims },
        tolerance,
      })),
    ),
    {
      kernel,
      name: 'whole numbers',
      inputs: { x: int([1, -2, 3, 4, 5, 7], [2, 3]) },
      attributes: { [attribute]: 1, keepDims: false },
      tolerance: kernel === 'Mean' ? summed : 0,
    },
    {
      kernel,
      name: 'infinities',
      inputs: { x: float([-1, 1, Infinity, 2, -Infinity, 3, 1e30, 1e30], [4, 2]) },
      attributes: { [attribute]: 1, keepDims: false },
      tolerance,
    },
    {
      kernel,
      name: 'a scalar',
      inputs: { x: float([2.5], []) },
      attributes: { [attribute]: [], keepDims: false },
      tolerance,
    },
    {
      kernel,
      name: 'one number a row',
      inputs: { x: random([3, 1]) },
      attributes: { [attribute]: 1, keepDims: false },
      tolerance,
    },
  ]
}

export const reduceCases: KernelCase[] = [
  ...over('Sum', 'axis', summed),
  ...over('Mean', 'axis', summed),
  ...over('Max', 'reductionIndices', 0),
  ...['Sum', 'Mean'].map((kernel) => ({
    kernel,
    name: 'NaN stays',
    inputs: { x: float([NaN, 1, 2, NaN, Infinity, -Infinity], [3, 2]) },
    attributes: { axis: 1, keepDims: false },
    tolerance: 0,
  })),
  {
    kernel: 'Sum',
    name: 'booleans count',
    inputs: { x: bool([1, 0, 1, 1, 0, 0], [2, 3]) },
    attributes: { axis: 1, keepDims: false },
    tolerance: 0,
  },
  {
    kernel: 'Mean',
    name: 'booleans are a share',
    inputs: { x: bool([1, 0, 1, 1, 0, 0], [2, 3]) },
    attributes: { axis: 1, keepDims: false },
    tolerance: summed,
  },
]
