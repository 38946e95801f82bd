/** A traced graph in float64, node by node and number by number, by what ONNX says of each operation: what passes are compared with. */
import type { Graph, Node, Value } from '../../../main/engine/trace/graph'
import { present, pairs } from '../../../preload/present'
import { sizeOf } from '../trace/kernel-case'

interface Numbers {
  readonly shape: readonly number[]
  readonly at: Float64Array
}

const elementwise: Readonly<Record<string, (...args: number[]) => number>> = {
  Add: (a, b) => a! + b!,
  Sub: (a, b) => a! - b!,
  Mul: (a, b) => a! * b!,
  Div: (a, b) => a! / b!,
  Max: Math.max,
  Min: Math.min,
  Pow: (a, b) => a! ** b!,
  Greater: (a, b) => Number(a! > b!),
  GreaterOrEqual: (a, b) => Number(a! >= b!),
  Less: (a, b) => Number(a! < b!),
  LessOrEqual: (a, b) => Number(a! <= b!),
  Equal: (a, b) => Number(a === b),
  And: (a, b) => Number(a !== 0 && b !== 0),
  Not: (a) => Number(a === 0),
  Where: (condition, a, b) => (condition === 0 ? b! : a!),
  Clip: (x, low, high) => Math.min(Math.max(x!, low!), high!),
  Abs: Math.abs,
  Exp: Math.exp,
  Log: Math.log,
  Neg: (x) => -x!,
  Relu: (x) => Math.max(x!, 0),
  Sigmoid: (x) => 1 / (1 + Math.exp(-x!)),
  Sqrt: Math.sqrt,
  Tanh: Math.tanh,
}

const reductions: Readonly<Record<string, (all: number[]) => number>> = {
  ReduceSum: (all) => all.reduce((sum, x) => sum + x, 0),
  ReduceMean: (all) => all.reduce((sum, x) => sum + x, 0) / all.length,
  ReduceMax: (all) => Math.max(...all),
}

/** @returns by the outputs' names. @throws Error for an operation that is not here */
export function inFloat64(
  { inputs, outputs, nodes }: Graph,
  given: Readonly<Record<string, ArrayLike<number>>>,
): Record<string, Float64Array> {
  const known = new Map<Value, Numbers>(
    inputs.map((value) => [
      value,
      { shape: value.shape, at: Float64Array.from(present(given[value.name], value.name)) },
    ]),
  )
  const numbersOf = (value: Value): Numbers =>
    known.get(value) ?? { shape: value.shape, at: Float64Array.from(present(value.data, value.name) as ArrayLike<number>, Number) } // prettier-ignore
  for (const node of nodes) known.set(node.output, computed(node, node.inputs.map(numbersOf)))
  return Object.fromEntries(outputs.map(({ name, value }) => [name, numbersOf(value).at]))
}

function computed({ op, attributes, output: { shape, type } }: Node, inputs: readonly Numbers[]): Numbers {
  const [x, second, third, fourth, fifth] = inputs as [Numbers, ...Numbers[]]
  const float = (name: string) => (attributes[name] as { float: number }).float
  const each = (numberAt: (place: number[]) => number): Numbers => ({ shape, at: Float64Array.from(placesOf(shape), numberAt) }) // prettier-ignore
  const one = elementwise[op]
  if (one) return each((place) => one(...inputs.map((input) => spread(input, place))))
  const reduced = reductions[op]
  if (reduced) {
    const axes = new Set(second!.at)
    const groups = new Map<string, number[]>()
    for (const place of placesOf(x.shape)) {
      const key = place.filter((_, axis) => !axes.has(axis)).join()
      groups.set(key, [...(groups.get(key) ?? []), read(x, place)])
    }
    // what is kept comes in the order of the result
    return { shape, at: Float64Array.from(groups.values(), reduced) }
  }
  if (op === 'Reshape') return { shape, at: x.at }
  if (op === 'Cast')
    return { shape, at: x.at.map((value) => (type === 'bool' ? Number(value !== 0) : type === 'int32' ? Math.trunc(value) : value)) } // prettier-ignore
  if (op === 'Elu') return { shape, at: x.at.map((value) => (value > 0 ? value : float('alpha') * Math.expm1(value))) }
  if (op === 'HardSigmoid')
    return { shape, at: x.at.map((value) => Math.min(1, Math.max(0, float('alpha') * value + float('beta')))) }
  if (op === 'Expand') return each((place) => spread(x, place))
  if (op === 'Tile') return each((place) => read(x, place.map((at, axis) => at % x.shape[axis]!))) // prettier-ignore
  if (op === 'Transpose') {
    const order = attributes['perm'] as readonly number[]
    return each((place) => read(x, x.shape.map((_, axis) => place[order.indexOf(axis)]!))) // prettier-ignore
  }
  if (op === 'Slice') {
    const steps = fifth?.at ?? second!.at.map(() => 1)
    const cut = new Map([...fourth!.at].map((axis, i) => [axis, { begin: second!.at[i]!, step: steps[i]! }]))
    const from = ({ begin, step }: { begin: number; step: number }, length: number) =>
      begin < 0 ? Math.min(begin + length, step < 0 ? length - 1 : length) : Math.min(begin, step < 0 ? length - 1 : length) // prettier-ignore
    return each((place) =>
      read(
        x,
        place.map((at, axis) => {
          const along = cut.get(axis)
          return along ? from(along, x.shape[axis]!) + at * along.step : at
        }),
      ),
    )
  }
  if (op === 'Pad') {
    const moved = (place: number[]) => place.map((at, axis) => at - second!.at[axis]!)
    const inside = (place: number[]) => place.every((at, axis) => at >= 0 && at < x.shape[axis]!)
    return each((place) => (inside(moved(place)) ? read(x, moved(place)) : (third?.at[0] ?? 0)))
  }
  if (op === 'Gather' && second!.shape.length === 1) {
    const axis = attributes['axis'] as number
    const picked = (at: number) => (second!.at[at]! + x.shape[axis]!) % x.shape[axis]!
    return each((place) => read(x, place.with(axis, picked(place[axis]!))))
  }
  if (op === 'Concat') {
    const axis = attributes['axis'] as number
    return each((place) => {
      let at = place[axis]!
      const part = inputs.find(({ shape }) => at < shape[axis]! || ((at -= shape[axis]!), false))
      return read(present(part, 'part'), place.with(axis, at))
    })
  }
  if (op === 'MatMul' || op === 'Gemm') {
    const turned = (name: string, [row, column]: [number, number]) => (attributes[name] === 1 ? [column, row] : [row, column]) // prettier-ignore
    const inner = x.shape.at(attributes['transA'] === 1 ? -2 : -1)!
    return each((place) => {
      const [outer, [row, column]] = [place.slice(0, -2), place.slice(-2) as [number, number]]
      const left = (i: number) => under(x.shape, [...outer, ...turned('transA', [row, i])])
      const right = (i: number) => under(second!.shape, [...outer, ...turned('transB', [i, column])])
      const [a, b, nextA, nextB] = [left(0), right(0), left(1), right(1)]
      let sum = 0
      for (let i = 0; i < inner; i++) sum += x.at[a + i * (nextA - a)]! * second!.at[b + i * (nextB - b)]!
      return sum
    })
  }
  if (op === 'ConvTranspose') {
    const [strides, pads] = [attributes['strides'], attributes['pads']] as [number[], number[]]
    const result = { shape, at: new Float64Array(sizeOf(shape)) }
    for (const [image, channel, row, column] of placesOf(x.shape) as Iterable<[number, number, number, number]>)
      for (const [, out, i, j] of placesOf([1, ...second!.shape.slice(1)]) as Iterable<
        [number, number, number, number]
      >) {
        const place = [image, out, row * strides[0]! + i - pads[0]!, column * strides[1]! + j - pads[1]!]
        if (place.every((at, axis) => at >= 0 && at < shape[axis]!))
          result.at[flat(shape, place)]! += read(x, [image, channel, row, column]) * read(second!, [channel, out, i, j])
      }
    return result
  }
  throw new Error(`${op} is not computed in float64`)
}

/** All places of a shape, row by row. */
function* placesOf(shape: readonly number[]): Generator<number[]> {
  const size = sizeOf(shape)
  for (let at = 0; at < size; at++) {
    let rest = at
    yield shape.toReversed().map((length) => {
      const place = rest % length
      rest = Math.floor(rest / length)
      return place
    }).toReversed() // prettier-ignore
  }
}

function flat(shape: readonly number[], place: readonly number[]): number {
  return pairs(shape, place).reduce((all, [length, at]) => all * length + at, 0)
}

function read({ shape, at }: Numbers, place: readonly number[]): number {
  return at[flat(shape, place)]!
}

/** At the place of a larger shape, over which it is repeated. */
function spread({ shape, at }: Numbers, place: readonly number[]): number {
  const near = place.slice(place.length - shape.length)
  return at[flat(shape, near.map((at, axis) => (shape[axis] === 1 ? 0 : at)))]! // prettier-ignore
}

/** Where a matrix has a number; of axes before its own that it lacks, or has once, it is there for all places. */
function under(shape: readonly number[], place: readonly number[]): number {
  const near = place.slice(place.length - shape.length)
  return flat(shape, near.map((at, axis) => (shape[axis] === 1 && axis < shape.length - 2 ? 0 : at))) // prettier-ignore
}
