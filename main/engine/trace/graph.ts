/** The builder of an ONNX graph: values with known shapes, nodes in order, equal nodes shared (value numbering). */
import { present } from '../../../preload/present'

export type ElementType = 'float32' | 'int32' | 'int64' | 'uint8' | 'bool'
export type Attribute = number | string | readonly number[] | { readonly float: number }
export type Attributes = Readonly<Record<string, Attribute>>
export type ConstantData = Float32Array | Int32Array | BigInt64Array | Uint8Array

/** One tensor of the graph. */
export interface Value {
  readonly name: string
  readonly shape: readonly number[]
  readonly type: ElementType
  /** Set if its content is known while tracing. */
  readonly data?: ConstantData
}

export interface Node {
  readonly op: string
  readonly inputs: readonly Value[]
  readonly attributes: Attributes
  readonly output: Value
}

export interface NamedValue {
  readonly name: string
  readonly value: Value
}

/** A finished graph; nodes stand after what they need. */
export interface Graph {
  readonly inputs: readonly Value[]
  readonly outputs: readonly NamedValue[]
  readonly nodes: readonly Node[]
}

/** What a graph is made for: what is fast differs, the numbers do not but for their rounding. */
export type Target = 'cpu' | 'gpu'

/** Collects nodes. Two nodes of the same op, inputs and attributes are one (value numbering). */
export class GraphBuilder {
  private readonly nodes: Node[] = []
  private readonly inputs: Value[] = []
  private readonly known = new Map<string, Value>()
  private readonly producers = new Map<Value, Node>()
  private count = 0

  /** @param prefix of the names of values that have none: no input or output of a function has it */
  constructor(
    readonly target: Target = 'cpu',
    private readonly prefix = '%',
  ) {}

  input(name: string, shape: readonly number[], type: ElementType): Value {
    const value: Value = { name, shape, type }
    this.inputs.push(value)
    return value
  }

  constant(data: ConstantData, shape: readonly number[], type: ElementType): Value {
    // Shapes, axes, scalars and the places of pixels repeat; what is larger is not worth the comparison.
    const key = data.length <= 16_384 ? `constant ${type} ${shape.join()} ${textOf(data)}` : undefined
    const known = key === undefined ? undefined : this.known.get(key)
    if (known) return known
    const value: Value = { name: this.name(), shape, type, data }
    if (key !== undefined) this.known.set(key, value)
    return value
  }

  scalar(value: number, type: 'float32' | 'int32' = 'float32'): Value {
    return this.constant(type === 'float32' ? Float32Array.of(value) : Int32Array.of(value), [], type)
  }

  /** A vector of 64-bit whole numbers: what ONNX takes as shapes, axes and starts. */
  int64(values: readonly number[]): Value {
    return this.constant(BigInt64Array.from(values, BigInt), [values.length], 'int64')
  }

  node(
    op: string,
    inputs: readonly Value[],
    attributes: Attributes,
    shape: readonly number[],
    type: ElementType,
  ): Value {
    const key = keyOf(op, inputs, attributes, shape, type)
    const known = this.known.get(key)
    if (known) return known
    const output: Value = { name: this.name(), shape, type }
    const node = { op, inputs, attributes, output }
    this.nodes.push(node)
    this.producers.set(output, node)
    this.known.set(key, output)
    return output
  }

  /** What `node` would share, if it is there. */
  find(...node: Parameters<GraphBuilder['node']>): Value | undefined {
    return this.known.get(keyOf(...node))
  }

  /** The node that computes a value; undefined for inputs and constants. */
  producer(value: Value): Node | undefined {
    return this.producers.get(value)
  }

  /** What a value is made of, where a node of this op makes it: the node's first input. */
  madeOf(value: Value, op: string): Value | undefined {
    const producer = this.producers.get(value)
    return producer?.op === op ? producer.inputs[0] : undefined
  }

  finish(outputs: readonly NamedValue[]): Graph {
    return { inputs: this.inputs, outputs, nodes: this.nodes }
  }

  /** A name that no input or output of a function has. */
  private name(): string {
    return `${this.prefix}${this.count++}`
  }
}

function keyOf(...[op, inputs, attributes, shape, type]: Parameters<GraphBuilder['node']>): string {
  return `${op} ${inputs.map((i) => i.name).join()} ${JSON.stringify(attributes)} ${shape.join()} ${type}`
}

/** An output's name in the model. A function may name an output as an input (state goes in and comes out); ONNX may not. */
export function outputName(name: string): string {
  return `${name}′`
}

/** Bytes of a number. */
export const bytesOfOne: Readonly<Record<ElementType, number>> = { float32: 4, int32: 4, int64: 8, uint8: 1, bool: 1 }

/** The largest number that divides both. */
export function greatestCommonDivisor(a: number, b: number): number {
  while (b !== 0) [a, b] = [b, a % b]
  return a
}

export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((size, d) => size * d, 1)
}

/** An axis, counted from the first one: a negative one is counted from the last. */
export function fromFirst(axis: number, rank: number): number {
  return axis < 0 ? axis + rank : axis
}

/** A value's length along an axis, which may be counted from the last. @throws RangeError if it has no such axis */
export function lengthOf({ shape }: Value, axis: number): number {
  return present(shape.at(axis), `axis ${axis} of a value [${shape.join()}]`)
}

export function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((d, i) => d === b[i])
}

/** A constant's bytes: they tell −0 from 0, which its numbers as text do not. */
export function bytesOf(data: ConstantData): Uint8Array<ArrayBuffer> {
  return new Uint8Array(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength)
}

/** A constant's bytes, a character each: written as numbers, they take sixty times as long to make. */
function textOf({ buffer, byteOffset, byteLength }: ConstantData): string {
  return Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength).toString('latin1')
}

/** The single number a constant is filled with, if it is. */
export function fillOf(value: Value): number | undefined {
  const { data } = value
  if (!data || data instanceof BigInt64Array) return undefined
  const [first] = data
  for (let i = 1; i < data.length; i++) if (data[i] !== first) return undefined
  return first
}
