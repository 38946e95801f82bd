/** Writes a graph as an ONNX model (opset 18), with the message types generated from ONNX's own schema. */
import { create, toBinary } from '@bufbuild/protobuf'
import {
  type Attribute,
  type Attributes,
  bytesOf,
  type ConstantData,
  type ElementType,
  type Graph,
  outputName,
  type Value,
} from './graph'
import {
  type AttributeProto,
  AttributeProto_AttributeType,
  AttributeProtoSchema,
  GraphProtoSchema,
  ModelProtoSchema,
  type NodeProto,
  NodeProtoSchema,
  OperatorSetIdProtoSchema,
  type StringStringEntryProto,
  StringStringEntryProtoSchema,
  TensorProto_DataType,
  type TensorProto,
  TensorProtoSchema,
  TensorShapeProto_DimensionSchema,
  TensorShapeProtoSchema,
  TypeProto_TensorSchema,
  TypeProtoSchema,
  type ValueInfoProto,
  ValueInfoProtoSchema,
} from './onnx_pb'

const dataTypes: Record<ElementType, TensorProto_DataType> = {
  float32: TensorProto_DataType.FLOAT,
  int32: TensorProto_DataType.INT32,
  int64: TensorProto_DataType.INT64,
  uint8: TensorProto_DataType.UINT8,
  bool: TensorProto_DataType.BOOL,
}

/** How a model is written for others than this app. */
export interface ForOthers {
  /** Of the graph: letters, digits and underscores. */
  readonly name: string
  /** What it computes, for a person. */
  readonly about: string
  /** Of this app. */
  readonly version: string
  readonly epoch: number
  /** What else is to be known, by name. */
  readonly facts: Readonly<Record<string, string>>
  /** A number, or the name of a length that may be any. */
  dimensionsOf(value: Value): readonly (number | string)[]
}

/**
 * The model's bytes, for InferenceSession.create.
 *
 * @param others outputs have their own names, and inputs and outputs dimensions that may be any
 */
export function encodeModel(graph: Graph, others?: ForOthers): Uint8Array<ArrayBuffer> {
  const outputNameOf = others === undefined ? outputName : (name: string) => name
  const dimensionsOf = others === undefined ? ({ shape }: Value) => shape : (value: Value) => others.dimensionsOf(value)
  const nodes: NodeProto[] = []
  const initializer: TensorProto[] = []
  const written = new Set<Value>()
  const inputs = new Set(graph.inputs)
  const produced = new Set(graph.nodes.map((n) => n.output))
  // An output's value is computed under the output's own name, so that nothing has to be copied.
  const names = new Map<Value, string>()
  for (const { name, value } of graph.outputs) {
    if (produced.has(value) && !names.has(value)) names.set(value, outputNameOf(name))
  }
  const nameOf = (value: Value) => names.get(value) ?? value.name
  const need = (value: Value) => {
    if (!value.data || written.has(value)) return
    written.add(value)
    initializer.push(tensor(value, value.data))
  }
  for (const node of graph.nodes) {
    node.inputs.forEach(need)
    nodes.push(
      create(NodeProtoSchema, {
        opType: node.op,
        input: node.inputs.map(nameOf),
        output: [nameOf(node.output)],
        attribute: attributes(node.attributes),
      }),
    )
  }
  for (const { name, value } of graph.outputs) {
    if (names.get(value) === outputNameOf(name)) continue
    need(value)
    nodes.push(create(NodeProtoSchema, { opType: 'Identity', input: [nameOf(value)], output: [outputNameOf(name)] }))
  }
  const model = create(ModelProtoSchema, {
    irVersion: 8n,
    producerName: 'vlae-studio',
    opsetImport: [create(OperatorSetIdProtoSchema, { domain: '', version: 18n })],
    ...(others && {
      producerVersion: others.version,
      modelVersion: BigInt(others.epoch),
      docString: others.about,
      metadataProps: Object.entries(others.facts).map((entry) => stringEntry(entry)),
    }),
    graph: create(GraphProtoSchema, {
      name: others?.name ?? 'traced',
      node: nodes,
      initializer,
      input: [...inputs].map((value) => valueInfo(value.name, value, dimensionsOf(value))),
      output: graph.outputs.map(({ name, value }) => valueInfo(outputNameOf(name), value, dimensionsOf(value))),
    }),
  })
  return toBinary(ModelProtoSchema, model) as Uint8Array<ArrayBuffer>
}

function tensor({ name, shape, type }: Value, data: ConstantData): TensorProto {
  return create(TensorProtoSchema, {
    name,
    dims: shape.map(BigInt),
    dataType: dataTypes[type],
    rawData: bytesOf(data),
  })
}

function stringEntry([key, value]: [string, string]): StringStringEntryProto {
  return create(StringStringEntryProtoSchema, { key, value })
}

function valueInfo(name: string, value: Value, dimensions: readonly (number | string)[]): ValueInfoProto {
  const dim = dimensions.map((d) =>
    create(TensorShapeProto_DimensionSchema, {
      value: typeof d === 'string' ? { case: 'dimParam', value: d } : { case: 'dimValue', value: BigInt(d) },
    }),
  )
  const tensorType = create(TypeProto_TensorSchema, {
    elemType: dataTypes[value.type],
    shape: create(TensorShapeProtoSchema, { dim }),
  })
  return create(ValueInfoProtoSchema, {
    name,
    type: create(TypeProtoSchema, { value: { case: 'tensorType', value: tensorType } }),
  })
}

function attributes(values: Attributes): AttributeProto[] {
  return Object.entries(values).map(([name, value]) =>
    create(AttributeProtoSchema, { name, ...attribute(name, value) }),
  )
}

function attribute(name: string, value: Attribute) {
  // Cast's target is an element type, written by name in the graph.
  if (name === 'to') return { type: AttributeProto_AttributeType.INT, i: BigInt(dataTypes[value as ElementType]) }
  if (typeof value === 'number') return { type: AttributeProto_AttributeType.INT, i: BigInt(value) }
  if (typeof value === 'string')
    return { type: AttributeProto_AttributeType.STRING, s: new TextEncoder().encode(value) }
  if ('float' in value) return { type: AttributeProto_AttributeType.FLOAT, f: value.float }
  return { type: AttributeProto_AttributeType.INTS, ints: value.map(BigInt) }
}
