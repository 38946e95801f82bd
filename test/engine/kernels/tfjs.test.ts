/** Kernels against tfjs' CPU backend: what the reference engine computes. */
import type { Tensor } from '@tensorflow/tfjs-core'
import { describe, expect, it } from 'vitest'
import type { Operation } from '../../../main/engine/kernels/chain'
import { encodeChain } from '../../../main/engine/kernels/encode'
import { tf } from '../../../main/engine/tfjs/tfjs'
import { KernelMemory } from './memory'

const memory = new KernelMemory()

const numbers = (size: number, seed: number) => Float32Array.from({ length: size }, (_, i) => 2 * Math.sin(3 * seed + 1.7 * i)) // prettier-ignore
const [rows, columns] = [21, 37]
const x = tf.tensor(numbers(rows * columns, 1), [rows, columns])
const y = tf.tensor(numbers(rows * columns, 2), [rows, columns])

/** What one operation gives, and its sums over rows, over columns and over all. */
function computed(op: Operation, inputs: readonly Tensor[], attributes: readonly number[]) {
  memory.clear()
  const to = memory.room(rows * columns)
  const per = { column: columns, row: rows, all: 1 } as const
  const sums = (Object.keys(per) as (keyof typeof per)[]).map((kind) => ({ per: kind, of: inputs.length, to: memory.room(per[kind]) })) // prettier-ignore
  const operands = inputs.map((input) => {
    const kind = input.size === columns ? 'column' : input.size === rows ? 'row' : input.size === 1 ? 'all' : 'place'
    return { per: kind, at: memory.put(input.dataSync() as Float32Array) } as const
  })
  const steps = [{ op, of: inputs.map((_, i) => i), attributes, to }]
  memory.kernels.chain(memory.put(encodeChain({ rows, columns, operands, steps, sums }).words), memory.scratch)
  return [tf.tensor(memory.floats(to, rows * columns).slice(), [rows, columns]), ...sums.map(({ per: kind, to }) => tf.tensor(memory.floats(to, per[kind]).slice()))] // prettier-ignore
}

const of = (tensor: Tensor) => [...tensor.dataSync()]
/** The same, but for rounding. */
const near = (wanted: Tensor, digits = 4) => of(wanted).map((value) => expect.closeTo(value, digits))

describe('a chain of one', () => {
  const bias = tf.tensor(numbers(columns, 3), [1, columns])
  const each = tf.tensor(numbers(rows, 4), [rows, 1])
  const half = tf.scalar(0.5)
  const above = tf.abs(x)
  const elu = tf.elu(x)
  it.each<[Operation, Tensor[], Tensor, number[]?]>([
    ['add', [x, bias], tf.add(x, bias)],
    ['sub', [each, y], tf.sub(each, y)],
    ['mul', [x, half], tf.mul(x, half)],
    ['div', [x, each], tf.div(x, each)],
    ['max', [x, bias], tf.maximum(x, bias)],
    ['min', [x, y], tf.minimum(x, y)],
    ['greater', [x, bias], tf.greater(x, bias)],
    ['lessOrEqual', [x, each], tf.lessEqual(x, each)],
    ['where', [tf.step(x), y, bias], tf.where(tf.greater(x, 0), y, tf.tile(bias, [rows, 1]))],
    ['exp', [x], tf.exp(x)],
    ['log', [above], tf.log(above)],
    ['sqrt', [above], tf.sqrt(above)],
    ['sigmoid', [x], tf.sigmoid(x)],
    ['tanh', [x], tf.tanh(x)],
    ['relu', [x], tf.relu(x)],
    ['gate', [y, tf.relu(x)], tf.grad((t) => tf.relu(t))(x, y)],
    ['elu', [x], elu, [1]],
    ['eluGrad', [y, elu], tf.grad((t) => tf.elu(t))(x, y)],
    ['clip', [x], tf.clipByValue(x, -1, 0.5), [-1, 0.5]],
  ])('%s', (op, inputs, wanted, attributes = []) => {
    const [result, ...sums] = computed(op, inputs, attributes) as [Tensor, Tensor, Tensor, Tensor]
    expect(of(result)).toEqual(near(wanted))
    const whole = tf.cast(wanted, 'float32')
    expect(sums.map(of)).toEqual([tf.sum(whole, 0), tf.sum(whole, 1), tf.sum(whole)].map((sum) => near(sum, 3)))
  })
})

/** The table that moves a tensor's numbers as a function of tensors does: what it makes of their places. */
function tableOf(shape: number[], move: (places: Tensor) => Tensor): Int32Array {
  const size = tf.util.sizeFromShape(shape)
  // places from 1 on: what is filled in is 0
  const moved = move(tf.reshape(tf.range(1, size + 1), shape))
  return Int32Array.from(moved.dataSync(), (place) => place - 1)
}

it.each<[string, (image: Tensor) => Tensor]>([
  ['pad', (t) => tf.pad(t, [[1, 2], [0, 1], [1, 0]])], // prettier-ignore
  ['slice', (t) => tf.slice(t, [1, 0, 2], [3, 4, 1])],
  ['concat', (t) => tf.concat([t, tf.reverse(t, 1)], 2)],
  ['transpose', (t) => tf.transpose(t, [2, 0, 1])],
  ['gather', (t) => tf.gather(t, [3, 0, 3, 1], 1)],
])('pick does what %s does', (_name, move) => {
  const [images, shape] = [3, [5, 4, 3]]
  const input = tf.tensor(numbers(images * 60, 5), [images, ...shape])
  const table = tableOf(shape, move)
  const wanted = tf.stack(tf.unstack(input).map(move))
  memory.clear()
  const [source, at] = [memory.put(input.dataSync() as Float32Array), memory.put(table)]
  const found = memory.result(images * table.length, (to) =>
    memory.kernels.pick(source, to, at, table.length, 1, 1, images, 60, table.length),
  )
  expect(found).toEqual([...wanted.dataSync()])
})
