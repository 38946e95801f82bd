/**
 * A function of tensors as a graph for batches of any size. It is traced for two sizes, and what differs is written as what
 * it is of the size: a length that a reshape is left to find, or numbers computed of the input's own shape.
 */
import { pairs, present } from '../../../preload/present'
import type { TensorFunction, TensorSpec } from '../engine'
import { fillOf, type Graph, GraphBuilder, type Node, sameShape, type Value } from './graph'
import { optimise } from './passes'
import { trace } from './recorder'

/** Primes that no layer has for a length or a place: what is a multiple of them is one of the batch. */
const sizes = [1009, 1013] as const
type Both<T> = readonly [T, T]

/** A dimension: a number, or the batch. */
export type Dimension = number | 'batch'

export interface AnyBatch {
  readonly graph: Graph
  /** Of the graph's inputs and of what its outputs are. */
  dimensionsOf(value: Value): readonly Dimension[]
}

/**
 * @param inputs shapes without the batch, which comes before them
 * @param constants further inputs of the function, whose numbers are written into the graph
 * @throws AppError `engine/unknown-kernel`
 * @throws RangeError of a function that computes otherwise for one size than for another (a programming error)
 */
export function traceForAnyBatch(
  fn: TensorFunction,
  inputs: Readonly<Record<string, TensorSpec>>,
  constants: Readonly<Record<string, { readonly shape: readonly number[]; readonly data: Float32Array }>>,
): AnyBatch {
  const fixed = Object.entries(constants).map(([name, { shape }]): [string, TensorSpec] => [
    name,
    { shape, dtype: 'float32' },
  ])
  const [a, b] = sizes.map((size) => {
    const batched = Object.entries(inputs).map(([name, { shape, dtype }]): [string, TensorSpec] => [
      name,
      { shape: [size, ...shape], dtype },
    ])
    return optimise(trace(fn, Object.fromEntries([...batched, ...fixed])))
  }) as [Graph, Graph]
  const bound = new Map(
    a.inputs.map((value) => {
      const data = Object.hasOwn(constants, value.name) ? constants[value.name]?.data : undefined
      return [value, data === undefined ? value : { ...value, data }]
    }),
  )
  return new Merge(bound).merge([a, b])
}

/** Two traces of one function as one graph. */
class Merge {
  /** Makes what is computed of the batch's size alone. */
  private readonly ofSize = new GraphBuilder('cpu', '%size')
  private readonly nodes: Node[] = []
  /** Of values of the first trace, what stands for them. */
  private readonly merged: Map<Value, Value>
  private readonly inputs: readonly Value[]
  private readonly dimensions = new Map<Value, readonly Dimension[]>()

  constructor(bound: ReadonlyMap<Value, Value>) {
    this.merged = new Map(bound)
    this.inputs = [...bound.values()].filter(({ data }) => data === undefined)
  }

  merge([a, b]: Both<Graph>): AnyBatch {
    const twins = new Map<Value, Value>()
    for (const [value, twin] of pairs(a.inputs, b.inputs)) twins.set(value, twin)
    for (const [node, other] of pairs(a.nodes, b.nodes)) {
      if (node.op !== other.op || JSON.stringify(node.attributes) !== JSON.stringify(other.attributes))
        throw new RangeError(`${node.op} is ${other.op} for another batch`)
      const inputs = pairs(node.inputs, other.inputs).map((both) => this.operand(both, twins, node.op))
      twins.set(node.output, other.output)
      this.merged.set(node.output, node.output)
      this.nodes.push({ ...node, inputs })
    }
    const outputs = pairs(a.outputs, b.outputs).map(([{ name, value }, other]) => ({
      name,
      value: this.operand([value, other.value], twins, 'output'),
    }))
    for (const [value, twin] of [
      ...pairs(a.inputs, b.inputs),
      ...pairs(a.outputs, b.outputs).map(([x, y]) => [x.value, y.value] as const),
    ])
      // prettier-ignore
      this.dimensions.set(
        this.merged.get(value) ?? value,
        pairs(value.shape, twin.shape).map(([length, other]) => (length === other ? length : 'batch')),
      )
    return {
      graph: { inputs: this.inputs, outputs, nodes: [...this.ofSize.finish([]).nodes, ...this.nodes] },
      dimensionsOf: (value) => present(this.dimensions.get(value), `dimensions of ${value.name}`),
    }
  }

  /** What a node takes in place of a value of the first trace, and its twin of the second. */
  private operand([value, twin]: Both<Value>, twins: ReadonlyMap<Value, Value>, op: string): Value {
    if (value.data === undefined) {
      if (twins.get(value) !== twin) throw new RangeError(`${op} takes something else for another batch`)
      return present(this.merged.get(value), `value ${value.name}`)
    }
    const { data } = value
    const other = present(twin.data, 'constant for another batch')
    if (sameShape(value.shape, twin.shape) && data.every((number: number | bigint, i: number) => number === other[i]))
      return value
    if (data instanceof BigInt64Array && sameShape(value.shape, twin.shape)) return this.numbers([value, twin], op)
    const fill = fillOf(value)
    if (fill === undefined || fill !== fillOf(twin)) throw new RangeError(`${op} has other numbers for another batch`)
    return this.filled([value, twin], fill)
  }

  /** Whole numbers, each of the batch's size times one number plus another: a shape, or where to cut. */
  private numbers([value, twin]: Both<Value>, op: string): Value {
    const [one, other] = [value, twin].map(({ data }) => Array.from(data as BigInt64Array, Number)) as [number[], number[]] // prettier-ignore
    const times = pairs(one, other).map(([x, y]) => (y - x) / (sizes[1] - sizes[0]))
    const plus = pairs(one, times).map(([x, factor]) => x - factor * sizes[0])
    if (![...times, ...plus].every(Number.isInteger)) throw new RangeError(`${op} has other numbers for another batch`)
    const free = times.findIndex((factor) => factor !== 0)
    // a reshape finds one length itself
    if (op === 'Reshape' && times.filter((factor) => factor !== 0).length === 1)
      return this.ofSize.int64(one.with(free, -1))
    const scaled = this.ofSize.node('Mul', [this.size(), this.ofSize.int64(times)], {}, [times.length], 'int64')
    return this.ofSize.node('Add', [scaled, this.ofSize.int64(plus)], {}, [times.length], 'int64')
  }

  /** All of one number. */
  private filled([value, twin]: Both<Value>, fill: number): Value {
    const [one, other] = [value, twin].map(({ shape }) => this.ofSize.int64(shape)) as [Value, Value]
    const type = value.type === 'int32' ? 'int32' : 'float32'
    if (value.type !== type) throw new RangeError(`${value.type} of another shape for another batch`)
    const shape = this.numbers([one, other], 'Expand')
    return this.ofSize.node('Expand', [this.ofSize.scalar(fill, type), shape], {}, value.shape, type)
  }

  /** How many there are in the batch, a vector of one number. */
  private size(): Value {
    const first = present(this.inputs[0], 'input to take the size of the batch of')
    return this.ofSize.node('Shape', [first], { start: 0, end: 1 }, [1], 'int64')
  }
}
