/** Writes a graph as an ONNX model (opset 18), with the message types generated from ONNX's own schema. */
import { create, toBinary } from '@bufbuild/protobuf'
import {
  type Attribute,
  type Attributes,
  bytesOf,
  type ConstantData,
  type ElementType,
  type Graph,
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

/** An output's name in the model. A function may name an output as an input (state goes in and comes out); ONNX may not. */
export function outputName(name: string): string {
  return `${name}′`
}

/** The model's bytes, for InferenceSession.create. */
export function encodeModel(graph: Graph): Uint8Array {
  const nodes: NodeProto[] = []
  const initializer: TensorProto[] = []
  const written = new Set<Value>()
  const inputs = new Set(graph.inputs)
  const produced = new Set(graph.nodes.map((n) => n.output))
  // An output's value is computed under the output's own name, so that nothing has to be copied.
  const names = new Map<Value, string>()
  for (const { name, value } of graph.outputs) {
    if (produced.has(value) && !names.has(value)) names.set(value, outputName(name))
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
    if (names.get(value) === outputName(name)) continue
    need(value)
    nodes.push(create(NodeProtoSchema, { opType: 'Identity', input: [nameOf(value)], output: [outputName(name)] }))
  }
  const model = create(ModelProtoSchema, {
    irVersion: 8n,
    producerName: 'vlae-studio',
    opsetImport: [create(OperatorSetIdProtoSchema, { domain: '', version: 18n })],
    graph: create(GraphProtoSchema, {
      name: 'traced',
      node: nodes,
      initializer,
      input: [...inputs].map((value) => valueInfo(value.name, value)),
      output: graph.outputs.map(({ name, value }) => valueInfo(outputName(name), value)),
    }),
  })
  return toBinary(ModelProtoSchema, model)
}

function tensor({ name, shape, type }: Value, data: ConstantData): TensorProto {
  return create(TensorProtoSchema, {
    name,
    dims: shape.map(BigInt),
    dataType: dataTypes[type],
    rawData: bytesOf(data),
  })
}

function valueInfo(name: string, value: Value): ValueInfoProto {
  const dim = value.shape.map((d) =>
    create(TensorShapeProto_DimensionSchema, { value: { case: 'dimValue', value: BigInt(d) } }),
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
