/** The last pass: steps as calls of kernels and of ONNX Runtime, with all that they need to know. */
import { encodeChain } from '../kernels/encode'
import {
  bytesOf as bytesOfData,
  type ElementType,
  type Graph,
  GraphBuilder,
  outputName,
  type Value,
} from '../trace/graph'
import { encodeModel } from '../trace/onnx-model'
import { transpose } from '../trace/primitives'
import { type ChainAt, chainAt, resolved } from './chain-program'
import {
  type Combination,
  type Draft,
  type NodesStep,
  type Product,
  readByNodes,
  readsOf,
  seen,
  whole,
  writesOf,
} from './draft'
import { type Move, type Part, runsOf, spansOf } from './index-map'
import { type Address, cacheLine, own, type Places } from './places'

/** A tensor of a session. */
export interface TensorAt {
  readonly name: string
  readonly at: Address
  readonly shape: readonly number[]
  readonly type: ElementType
}

/** @param rest the kernel's other arguments, in their order */
export type Call =
  | { readonly kind: 'pick'; readonly source: Address; readonly target: Address; readonly table: Address; readonly rest: readonly [runs: number, length: number, targetStep: number, images: number, sourceStride: number, targetStride: number] } // prettier-ignore
  | { readonly kind: 'spans'; readonly source: Address; readonly target: Address; readonly table: Address; readonly rest: readonly [spans: number, images: number, sourceStride: number, targetStride: number] } // prettier-ignore
  | { readonly kind: 'transpose'; readonly source: Address; readonly target: Address; readonly rest: readonly [rows: number, columns: number, images: number, sourceStride: number, targetStride: number] } // prettier-ignore
  | { readonly kind: 'combine'; readonly source: Address; readonly target: Address; readonly table: Address; readonly rest: readonly [runs: number, length: number, images: number, sourceStride: number, targetStride: number] } // prettier-ignore
  | { readonly kind: 'chain'; readonly chain: ChainAt; readonly program: Address }
  | SessionCall

export interface SessionCall {
  readonly kind: 'product' | 'graph'
  /** Which of the plan's models. */
  readonly model: number
  readonly inputs: readonly TensorAt[]
  readonly outputs: readonly TensorAt[]
}

/** Of runs of one length, the share that runs of different lengths may be so that these are the faster ones. */
const mostSpans = 0.7

/** A plan: what is done, and what lies in a lane's own memory before it is done for the first time. */
export interface Calls {
  readonly calls: readonly Call[]
  readonly models: readonly Uint8Array[]
  readonly data: readonly { readonly offset: number; readonly bytes: Uint8Array }[]
  /** Where chains may work. */
  readonly scratch: Address
  /** Bytes of a lane's own memory. */
  readonly bytes: number
}

export function callsOf(draft: Draft, places: Places): Calls {
  return new Writer(draft, places).write()
}

/** How numbers are moved by a map. */
type Way =
  | { readonly kind: 'transpose'; readonly rows: number; readonly columns: number }
  | { readonly kind: 'spans'; readonly table: Address; readonly spans: number }
  | { readonly kind: 'pick'; readonly table: Address; readonly runs: number; readonly length: number }

class Writer {
  private readonly calls: Call[] = []
  private readonly models = new Map<string, number>()
  private readonly bytes: Uint8Array[] = []
  private readonly data: { offset: number; bytes: Uint8Array }[] = []
  private readonly constants = new Map<string, Address>()
  /** Of each map, by the rows that it fills and how far apart these are. */
  private readonly ways = new Map<Int32Array, Map<string, Way>>()
  private end: number
  private scratch = 0

  constructor(
    private readonly draft: Draft,
    private readonly places: Places,
  ) {
    this.end = places.bytes
  }

  write(): Calls {
    const read = readOutside(this.draft)
    for (const step of this.draft.steps) {
      if (step.kind === 'move') step.parts.forEach((part) => this.part(step, part))
      else if (step.kind === 'product') this.product(step)
      else if (step.kind === 'combination') this.combination(step)
      else if (step.kind === 'nodes') this.nodes(step, read)
      else {
        const chain = chainAt(step, (value) => this.at(value, true))
        const { words, scratch } = encodeChain(resolved(chain, () => 0))
        this.scratch = Math.max(this.scratch, scratch)
        this.calls.push({ kind: 'chain', chain, program: this.room(4 * words.length) })
      }
    }
    const scratch = this.room(this.scratch)
    const { calls, bytes, data } = this
    return { calls, models: bytes, data, scratch, bytes: this.end }
  }

  /** Where a value lies. @param asFloats of a constant, its numbers as floats */
  private at(value: Value, asFloats = false): Address {
    const at = this.places.of.get(value)
    if (at) return at
    if (!value.data || value.data instanceof BigInt64Array) throw new Error(`${value.name} lies nowhere`)
    const data = asFloats && !(value.data instanceof Float32Array) ? Float32Array.from(value.data) : value.data
    return this.constant(`${value.name} ${asFloats}`, bytesOfData(data))
  }

  private constant(key: string, bytes: Uint8Array): Address {
    const known = this.constants.get(key)
    if (known) return known
    const at = this.room(bytes.length)
    this.constants.set(key, at)
    this.data.push({ offset: at[1], bytes })
    return at
  }

  private room(bytes: number): Address {
    const offset = this.end
    this.end += cacheLine * Math.ceil(bytes / cacheLine)
    return [own, offset]
  }

  private part({ out }: Move, { source, map, begin, row, apart }: Part): void {
    const { from, images } = map
    const [here, there] = [this.at(source), shifted(this.at(out), 4 * begin)]
    const stride = (from.length / row) * apart
    const ways = this.ways.get(from) ?? new Map<string, Way>()
    this.ways.set(from, ways)
    const way = ways.get(`${row} ${apart}`) ?? this.wayOf(from, row, apart)
    ways.set(`${row} ${apart}`, way)
    if (way.kind === 'transpose') {
      this.calls.push({ kind: 'transpose', source: here, target: there, rest: [way.rows, way.columns, images, map.apart, stride] }) // prettier-ignore
      return
    }
    const { table } = way
    if (way.kind === 'spans')
      this.calls.push({ kind: 'spans', source: here, target: there, table, rest: [way.spans, images, map.apart, stride] }) // prettier-ignore
    else
      this.calls.push({ kind: 'pick', source: here, target: there, table, rest: [way.runs, way.length, way.length === row ? apart : way.length, images, map.apart, stride] }) // prettier-ignore
  }

  /** The fastest way to follow a map: chunks have the same one. */
  private wayOf(from: Int32Array, row: number, apart: number): Way {
    const turned = row === from.length ? transposed(from) : undefined
    if (turned) return { kind: 'transpose', ...turned }
    const { length, begins } = runsOf(from, row)
    const spans = apart === row || length < row ? spansOf(from) : undefined
    if (spans && spans.length / 2 < mostSpans * begins.length)
      return { kind: 'spans', table: this.table(spans), spans: spans.length / 2 }
    return { kind: 'pick', table: this.table(begins), runs: begins.length, length }
  }

  private table(numbers: Int32Array): Address {
    return this.constant(`table ${keyOf(numbers)}`, new Uint8Array(numbers.buffer))
  }

  private combination({ source, out, images, length, terms, parts, sourceRuns }: Combination): void {
    /** Where a run begins: in each part, all images lie one behind the other. */
    const placing = (runs: number, parts: number) => {
      const each = runs / parts
      return (run: number) => length * (Math.floor(run / each) * each * images + (run % each))
    }
    const [from, to] = [placing(sourceRuns, parts.source), placing(terms.length, parts.out)]
    const table: number[] = []
    for (const [run, { added, taken }] of terms.entries()) {
      table.push(to(run), added.length, taken.length)
      for (const places of [added, taken]) for (const place of places) table.push(from(place))
    }
    const strides = [(length * sourceRuns) / parts.source, (length * terms.length) / parts.out] as const
    this.calls.push({
      kind: 'combine',
      source: this.at(source),
      target: this.at(out),
      table: this.table(Int32Array.from(table)),
      rest: [terms.length, length, images, ...strides],
    })
  }

  private product({ a, b, out, rows, inner, columns, transA, transB, times }: Product): void {
    const many = times > 1 ? [times] : []
    const [left, right] = [[...many, ...(transA ? [inner, rows] : [rows, inner])], [...many, ...(transB ? [columns, inner] : [inner, columns])]] // prettier-ignore
    const shape = [...many, rows, columns]
    const type = 'float32'
    const model = this.model(`product ${[times, rows, inner, columns, transA, transB].join()}`, () => {
      const graph = new GraphBuilder()
      const [x, y] = [graph.input('a', left, type), graph.input('b', right, type)]
      const turned = (value: Value, turn: boolean) => (turn ? transpose(graph, value, [0, 2, 1]) : value)
      const value =
        times === 1 && (transA || transB)
          ? graph.node('Gemm', [x, y], { transA: +transA, transB: +transB }, shape, type)
          : graph.node('MatMul', [turned(x, transA), turned(y, transB)], {}, shape, type)
      return graph.finish([{ name: 'out', value }])
    })
    this.calls.push({
      kind: 'product',
      model,
      inputs: [
        { name: 'a', at: this.at(a), shape: left, type },
        { name: 'b', at: this.at(b), shape: right, type },
      ],
      outputs: [{ name: outputName('out'), at: this.at(out), shape, type }],
    })
  }

  private nodes(step: NodesStep, read: ReadonlySet<Value>): void {
    const inputs = readByNodes(step).filter(({ data }) => !data)
    const outputs = step.nodes.map(({ output }) => output).filter((value) => read.has(value))
    const graph: Graph = { inputs, outputs: outputs.map((value) => ({ name: value.name, value })), nodes: step.nodes }
    const tensor = (value: Value, name: string): TensorAt => ({
      name,
      at: this.at(seen(this.draft, value)),
      shape: value.shape,
      type: value.type,
    })
    this.calls.push({
      kind: 'graph',
      model: this.model(`nodes ${step.nodes[0].output.name}`, () => graph),
      inputs: inputs.map((value) => tensor(value, value.name)),
      outputs: outputs.map((value) => tensor(value, outputName(value.name))),
    })
  }

  private model(key: string, graph: () => Graph): number {
    const known = this.models.get(key)
    if (known !== undefined) return known
    this.models.set(key, this.bytes.length)
    return this.bytes.push(encodeModel(graph())) - 1
  }
}

/** Values that are read by another step than the one that makes them, or are outputs. */
function readOutside(draft: Draft): ReadonlySet<Value> {
  const read = new Set(draft.outputs.map(({ value }) => seen(draft, value)))
  for (const step of draft.steps) {
    const made = new Set(writesOf(step))
    for (const value of readsOf(draft, step)) if (!made.has(value)) read.add(whole(draft, value))
  }
  return read
}

function shifted([region, offset]: Address, bytes: number): Address {
  return [region, offset + bytes]
}

function keyOf(numbers: Int32Array): string {
  return Buffer.from(numbers.buffer).toString('base64')
}

/** The matrix that a map turns over, if that is what it does. */
function transposed(from: Int32Array): { readonly rows: number; readonly columns: number } | undefined {
  const columns = from[1] ?? 0
  const rows = from.length / columns
  if (from[0] !== 0 || columns < 2 || rows < 2 || !Number.isInteger(rows)) return undefined
  return from.every((at, i) => at === (i % rows) * columns + Math.floor(i / rows)) ? { rows, columns } : undefined
}
