/** Cases of the kernels that move numbers: all of them exact. */
import type { NamedAttrMap } from '@tensorflow/tfjs-core'
import { bool, float, int, type Input, type KernelCase, random } from './kernel-case'

const cube = random([2, 3, 4])
const picture = random([2, 3, 5, 2])

function exact(kernel: string, name: string, inputs: KernelCase['inputs'], attributes: NamedAttrMap = {}): KernelCase {
  return { kernel, name, inputs, attributes, tolerance: 0 }
}

const reshapes = [
  exact('Reshape', 'to fewer axes', { x: cube }, { shape: [6, 4] }),
  exact('Reshape', 'with an axis left open', { x: cube }, { shape: [2, -1] }),
  exact('Reshape', 'to the same', { x: cube }, { shape: [2, 3, 4] }),
  exact('Reshape', 'to a scalar', { x: float([3]) }, { shape: [] }),
  exact('Reshape', 'of a scalar', { x: float([3], []) }, { shape: [1, 1] }),
  exact('Reshape', 'of whole numbers', { x: int([1, 2, 3, 4]) }, { shape: [2, 2] }),
  exact('Reshape', 'of booleans', { x: bool([1, 0, 1, 0]) }, { shape: [2, 2] }),
  ...[0, 1, 3, -1, -4].map((dim) => exact('ExpandDims', `at ${dim}`, { input: cube }, { dim })),
]

const transposes = [
  ...[
    [0, 1, 2],
    [2, 1, 0],
    [1, 2, 0],
    [0, 2, 1],
  ].map((perm) => exact('Transpose', perm.join(), { x: cube }, { perm })),
  exact('Transpose', 'that moves axes of length one only', { x: random([1, 3, 1, 4]) }, { perm: [1, 2, 3, 0] }),
  exact('Transpose', 'axes of length one and others', { x: random([1, 3, 1, 4]) }, { perm: [3, 0, 1, 2] }),
  exact('Transpose', 'NHWC to NCHW', { x: picture }, { perm: [0, 3, 1, 2] }),
]

const slices = [
  exact('Slice', 'inside', { x: cube }, { begin: [0, 1, 2], size: [2, 1, 2] }),
  exact('Slice', 'to the end', { x: cube }, { begin: [1, 0, 1], size: [-1, -1, -1] }),
  exact('Slice', 'with fewer axes than there are', { x: cube }, { begin: [1], size: [1] }),
  exact('Slice', 'by numbers', { x: cube }, { begin: 1, size: 1 }),
  exact('Slice', 'of everything', { x: cube }, { begin: [0, 0, 0], size: [2, 3, 4] }),
  exact('Slice', 'of whole numbers', { x: int([5, 6, 7]) }, { begin: [1], size: [2] }),
  exact('Slice', 'of booleans', { x: bool([1, 0, 1]) }, { begin: [1], size: [2] }),
  ...[0, 1, -1].map((axis) =>
    exact('SplitV', `equal parts, axis ${axis}`, { x: random([4, 2, 6]) }, { numOrSizeSplits: 2, axis }),
  ),
  exact('SplitV', 'by sizes', { x: cube }, { numOrSizeSplits: [1, 3], axis: 2 }),
  exact('SplitV', 'with a size left open', { x: cube }, { numOrSizeSplits: [1, -1, 1], axis: 2 }),
  exact('SplitV', 'into one', { x: cube }, { numOrSizeSplits: 1, axis: 0 }),
  ...[0, 1, -1].map((axis) => exact('Unpack', `axis ${axis}`, { value: cube }, { axis })),
  exact('Unpack', 'to scalars', { value: float([1, 2, 3]) }, { axis: 0 }),
]

const gathers = [
  ...[0, 1, -1].map((axis) =>
    exact('GatherV2', `axis ${axis}`, { x: cube, indices: int([1, 0, 1]) }, { axis, batchDims: 0 }),
  ),
  exact('GatherV2', 'of whole numbers', { x: int([5, 6, 7]), indices: int([2, 2, 0]) }, { axis: 0, batchDims: 0 }),
  exact('GatherV2', 'in rows', { x: float([5, 6, 7]), indices: int([2, 0, 1, 1], [2, 2]) }, { axis: 0, batchDims: 0 }),
]

const pads = [
  exact('PadV2', 'uneven', { x: cube }, { paddings: [[0, 0], [1, 2], [3, 0]], constantValue: 0 }), // prettier-ignore
  exact('PadV2', 'with another value', { x: float([1, 2]) }, { paddings: [[2, 1]], constantValue: -0.5 }),
  exact('PadV2', 'with −∞', { x: float([1, 2]) }, { paddings: [[0, 1]], constantValue: -Infinity }),
  exact('PadV2', 'by nothing', { x: float([1, 2]) }, { paddings: [[0, 0]], constantValue: 3 }),
  exact('PadV2', 'of whole numbers', { x: int([1, 2]) }, { paddings: [[1, 1]], constantValue: 7 }),
  exact('PadV2', 'of whole numbers with zeros', { x: int([1, 2]) }, { paddings: [[1, 1]], constantValue: 0 }),
]

const parts = (shapes: number[][]): Input[] => shapes.map((shape, i) => random(shape, i))
const joins = [
  exact('Concat', 'first axis', parts([[1, 3], [2, 3]]), { axis: 0 }), // prettier-ignore
  exact('Concat', 'last axis', parts([[2, 1, 3], [2, 1, 1], [2, 1, 2]]), { axis: 2 }), // prettier-ignore
  exact('Concat', 'from the end', parts([[2, 1], [2, 2]]), { axis: -1 }), // prettier-ignore
  exact('Concat', 'one alone', parts([[2, 2]]), { axis: 0 }),
  exact('Concat', 'an empty one among them', [random([2, 2]), float([], [0, 2])], { axis: 0 }),
  exact('Concat', 'more than ten', parts(Array.from({ length: 12 }, (_, i) => [1 + (i % 3)])), { axis: 0 }),
  exact('Concat', 'whole numbers', [int([1, 2]), int([3])], { axis: 0 }),
  ...[0, 1, 2, -1].map((axis) => exact('Pack', `axis ${axis}`, parts([[2, 3], [2, 3], [2, 3]]), { axis })), // prettier-ignore
  exact('Pack', 'scalars', [float([1], []), float([2], [])], { axis: 0 }),
  exact('Pack', 'one alone', [random([2])], { axis: 1 }),
]

const repeats = [
  exact('Tile', 'along all axes', { x: random([2, 3]) }, { reps: [2, 3] }),
  exact('Tile', 'of length one', { x: random([1, 3, 1]) }, { reps: [4, 1, 2] }),
  exact('Tile', 'not at all', { x: random([2, 3]) }, { reps: [1, 1] }),
  exact('Tile', 'whole numbers', { x: int([1, 2]) }, { reps: [2] }),
  exact('Tile', 'booleans', { x: bool([1, 0]) }, { reps: [2] }),
  ...[[0], [2], [-1], [0, 2], [0, 1, 2], []].map((dims) =>
    exact('Reverse', `axes [${dims.join()}]`, { x: cube }, { dims }),
  ),
  exact('Reverse', 'a vector', { x: int([1, 2, 3]) }, { dims: [0] }),
  exact('Reverse', 'of length one', { x: random([1, 2]) }, { dims: [0] }),
]

const labels = int([0, 3, 9, 2, 2])
const oneHots = [
  exact('OneHot', 'as whole numbers', { indices: labels }, { depth: 10, onValue: 1, offValue: 0, dtype: 'int32' }),
  exact('OneHot', 'as floats', { indices: labels }, { depth: 10, onValue: 1, offValue: 0, dtype: 'float32' }),
  exact('OneHot', 'other values', { indices: labels }, { depth: 10, onValue: 5, offValue: -2, dtype: 'float32' }),
  exact('OneHot', 'other whole values', { indices: labels }, { depth: 10, onValue: 0, offValue: 1, dtype: 'int32' }),
  exact(
    'OneHot',
    'beyond the depth and below 0: none',
    { indices: int([3, -1, 0]) },
    { depth: 3, onValue: 1, offValue: 0, dtype: 'float32' },
  ),
  exact(
    'OneHot',
    'a table',
    { indices: int([0, 1, 1, 0], [2, 2]) },
    { depth: 2, onValue: 1, offValue: 0, dtype: 'float32' },
  ),
]

export const shapeCases: KernelCase[] = [
  ...reshapes,
  ...transposes,
  ...slices,
  ...gathers,
  ...pads,
  ...joins,
  ...repeats,
  ...oneHots,
]
