/** Cases of the kernels that work number by number. */
import { bool, float, int, type Input, type KernelCase, random } from './kernel-case'

/** ±0, small, large, and what is no number. */
const usual = [0, -0, 1, -1, 0.5, -2.5, 1e-6, -1e-6, 3, -3, 14, -14, 20, -20, 87, -87]
const extreme = [1e30, -1e30, Infinity, -Infinity]
const everything = float([...usual, ...extreme, NaN])
const positive = float([0, 1e-30, 1e-6, 0.25, 1, 2, 1000, 1e30, Infinity])

/** One operation, rounded once: tfjs computes it in double precision and rounds, which gives the same float. */
const rounded = 0
/** Polynomials in single precision against JavaScript's functions in double. */
const approximated = 1e-6

/** The shapes that two operands can meet in. */
const meetings: Record<string, [Input, Input]> = {
  'of one shape': [random([3, 4], 1), random([3, 4], 2)],
  'with a scalar right': [random([3, 4], 1), float([0.7], [])],
  'with a scalar left': [float([-0.3], []), random([3, 4], 2)],
  'with a row': [random([2, 3, 4], 1), random([4], 2)],
  'with a column, both grow': [random([3, 1], 1), random([1, 4], 2)],
  'with fewer axes left': [random([4], 1), random([2, 3, 4], 2)],
  'of numbers filled with one value': [float([2, 2], [2, 1]), float([3, 3, 3], [1, 3])],
  'with zeros that grow it': [random([1, 3], 1), float([0, 0], [2, 1])],
  'with ones that grow it': [float([1, 1], [2, 1]), random([1, 3], 1)],
  'of scalars': [float([2.5], []), float([-0.5], [])],
}

function binary(kernel: string, tolerance: number, more: KernelCase['inputs'][] = []): KernelCase[] {
  return [
    ...Object.entries(meetings).map(([name, [a, b]]) => ({ kernel, name, inputs: { a, b }, tolerance })),
    ...more.map((inputs, i) => ({ kernel, name: `special ${i + 1}`, inputs, tolerance })),
  ]
}

/** All pairs of some numbers. */
function pairs(values: readonly number[]): { a: Input; b: Input } {
  return {
    a: float(values.flatMap((x) => values.map(() => x))),
    b: float(values.flatMap(() => values)),
  }
}

const whole = { a: int([5, -5, 0, 7, 2 ** 30]), b: int([2, 2, 3, -7, -1]) }
const special = pairs([0, -0, 1, -1.5, 1e30, -1e30, Infinity, -Infinity, NaN])

const arithmetic = [
  ...binary('Add', rounded, [special, whole]),
  ...binary('Sub', rounded, [special, whole]),
  ...binary('Multiply', rounded, [special, whole]),
  ...binary('RealDiv', rounded, [special]),
  ...binary('Maximum', rounded, [special, whole]),
  ...binary('Minimum', rounded, [special, whole]),
  {
    kernel: 'Pow',
    name: 'of numbers above 0, 0 and whole exponents',
    inputs: { a: float([0, 0.5, 2, 3, -2, -2, 9, 5, 0]), b: float([2, 3, -1, 0.5, 2, 3, 1.5, 0, 0]) },
    tolerance: approximated,
  },
  {
    kernel: 'Pow',
    name: 'of numbers below 0 with fractions is NaN',
    inputs: { a: float([-2, -0.5]), b: float([0.5, 1.5]) },
    tolerance: approximated,
  },
  {
    kernel: 'Pow',
    name: 'with a constant exponent',
    inputs: { a: positive, b: float([1.5], []) },
    tolerance: approximated,
  },
]

const comparisons = ['Greater', 'GreaterEqual', 'Less', 'LessEqual', 'Equal'].flatMap((kernel) =>
  binary(kernel, 0, [special, whole]),
)

const truth = { a: bool([0, 0, 1, 1]), b: bool([0, 1, 0, 1]) }
const logic: KernelCase[] = [
  { kernel: 'LogicalAnd', name: 'truth table', inputs: truth, tolerance: 0 },
  {
    kernel: 'LogicalAnd',
    name: 'broadcast',
    inputs: { a: bool([1, 0], [2, 1]), b: bool([1, 1, 0], [1, 3]) },
    tolerance: 0,
  },
  { kernel: 'LogicalNot', name: 'truth table', inputs: { x: bool([0, 1, 1]) }, tolerance: 0 },
  {
    kernel: 'Select',
    name: 'of one shape',
    inputs: { condition: bool([1, 0, 0, 1], [2, 2]), t: random([2, 2], 1), e: random([2, 2], 2) },
    tolerance: 0,
  },
  {
    kernel: 'Select',
    name: 'NaN that is not picked does not matter',
    inputs: { condition: bool([1, 0]), t: float([1, NaN]), e: float([NaN, 2]) },
    tolerance: 0,
  },
  {
    kernel: 'Select',
    name: 'of whole numbers',
    inputs: { condition: bool([1, 0]), t: int([1, 2]), e: int([3, 4]) },
    tolerance: 0,
  },
  {
    kernel: 'Select',
    name: 'of scalars',
    inputs: { condition: bool([1], []), t: float([1], []), e: float([2], []) },
    tolerance: 0,
  },
]

function unary(kernel: string, tolerance: number, x: Input = everything): KernelCase[] {
  return [
    { kernel, name: 'special numbers', inputs: { x }, tolerance },
    { kernel, name: 'a scalar', inputs: { x: float([0.75], []) }, tolerance },
    {
      kernel,
      name: 'four axes',
      inputs: { x: float(random([2, 3, 2, 2]).values.map(Math.abs), [2, 3, 2, 2]) },
      tolerance,
    },
  ]
}

const functions = [
  ...unary('Abs', rounded),
  ...unary('Neg', rounded),
  ...unary('Relu', rounded),
  ...unary('Square', rounded),
  ...unary('Sqrt', rounded, positive),
  ...unary('Rsqrt', approximated, positive),
  ...unary('Erf', approximated),
  ...unary('Exp', approximated),
  ...unary('Log', approximated, float([...positive.values, -1, NaN])),
  ...unary('Sigmoid', approximated),
  ...unary('Tanh', approximated),
  ...unary('Softplus', approximated),
  ...unary('Elu', approximated),
  ...['Abs', 'Neg', 'Square'].map((kernel) => ({
    kernel,
    name: 'whole numbers',
    inputs: { x: int([0, 3, -3, 40_000]) },
    tolerance: 0,
  })),
]

const withAttributes: KernelCase[] = [
  ...[0, -1, 0.25, NaN].map((alpha) => ({
    kernel: 'Step',
    name: `alpha ${alpha}`,
    inputs: { x: float([...usual, ...extreme]) },
    attributes: { alpha },
    tolerance: 0,
  })),
  { kernel: 'Step', name: 'whole numbers', inputs: { x: int([0, 3, -3]) }, attributes: { alpha: -1 }, tolerance: 0 },
  {
    kernel: 'EluGrad',
    name: 'both sides and at 0',
    inputs: { dy: float([1, 2, -3, 4, 5]), y: float([0, 0.5, -0.25, -1, 3]) },
    tolerance: rounded,
  },
  ...(
    [
      [-1, 1],
      [0, Infinity],
      [-Infinity, 2.5],
      [3, 3],
    ] as const
  ).map(([clipValueMin, clipValueMax]) => ({
    kernel: 'ClipByValue',
    name: `to [${clipValueMin}, ${clipValueMax}]`,
    inputs: { x: everything },
    attributes: { clipValueMin, clipValueMax },
    tolerance: 0,
  })),
  {
    kernel: 'ClipByValue',
    name: 'whole numbers',
    inputs: { x: int([-5, 0, 5]) },
    attributes: { clipValueMin: -1, clipValueMax: 2 },
    tolerance: 0,
  },
]

const conversions: KernelCase[] = [
  ...(['float32', 'int32', 'bool'] as const).flatMap((dtype) => [
    {
      kernel: 'Cast',
      name: `float32 to ${dtype}`,
      inputs: { x: float([0, 1, -1, 2.7, -2.7, 255, 1e6]) },
      attributes: { dtype },
      tolerance: 0,
    },
    {
      kernel: 'Cast',
      name: `int32 to ${dtype}`,
      inputs: { x: int([0, 1, -1, 255, 16_777_216]) },
      attributes: { dtype },
      tolerance: 0,
    },
    { kernel: 'Cast', name: `bool to ${dtype}`, inputs: { x: bool([0, 1]) }, attributes: { dtype }, tolerance: 0 },
  ]),
  { kernel: 'Identity', name: 'as it is', inputs: { x: everything }, tolerance: 0 },
  ...['ZerosLike', 'OnesLike'].flatMap((kernel) => [
    { kernel, name: 'float32', inputs: { x: random([2, 3]) }, tolerance: 0 },
    { kernel, name: 'int32', inputs: { x: int([4, 5]) }, tolerance: 0 },
    { kernel, name: 'bool', inputs: { x: bool([0, 1]) }, tolerance: 0 },
    { kernel, name: 'a scalar', inputs: { x: float([3], []) }, tolerance: 0 },
  ]),
  ...(
    [
      [[2, 3], -0.5, 'float32'],
      [[], 7, 'float32'],
      [[4], 7, 'int32'],
    ] as const
  ).map(([shape, value, dtype]) => ({
    kernel: 'Fill',
    name: `${dtype} [${shape.join()}]`,
    inputs: {},
    attributes: { shape: [...shape], value, dtype },
    tolerance: 0,
  })),
]

export const elementwiseCases: KernelCase[] = [
  ...arithmetic,
  ...comparisons,
  ...logic,
  ...functions,
  ...withAttributes,
  ...conversions,
]
