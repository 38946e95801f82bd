/** The compiler: from a plain function over tensors to the bytes of an ONNX model. */
import type { TensorFunction, TensorSpec } from '../engine'
import { traceForAnyBatch } from './any-batch'
import { cut } from './cut'
import type { Graph, Target } from './graph'
import { encodeModel, type ForOthers } from './onnx-model'
import { optimise } from './passes'
import { trace } from './recorder'
import { roomOf } from './room'

/** A compiled function, as it can be sent to another thread. */
export interface CompiledModel {
  readonly bytes: Uint8Array
  readonly inputs: Readonly<Record<string, TensorSpec>>
  /** Shapes of the outputs, all float32. */
  readonly outputs: Readonly<Record<string, readonly number[]>>
  /** Bytes that are in use at once at most, beside inputs and outputs. */
  readonly room: number
}

/** A function's graph in two parts. */
export interface Parts {
  readonly first: Graph
  readonly rest: Graph
  /** Inputs of the second part: the function's, and what it needs of the first. */
  readonly inputs: Readonly<Record<string, TensorSpec>>
  /** Shapes of what the second needs of the first, all float32: outputs there, and inputs here. */
  readonly kept: Readonly<Record<string, readonly number[]>>
}

/**
 * Traces `fn` once for inputs of these shapes.
 * @throws AppError `engine/unknown-kernel` naming a kernel that has no ONNX form here.
 */
export function compile(
  fn: TensorFunction,
  inputs: Readonly<Record<string, TensorSpec>>,
  target?: Target,
): CompiledModel {
  return modelOf(traced(fn, inputs, target), inputs)
}

/** A function's graph. @throws AppError `engine/unknown-kernel` */
export function traced(fn: TensorFunction, inputs: Readonly<Record<string, TensorSpec>>, target?: Target): Graph {
  return optimise(trace(fn, inputs, target))
}

/**
 * The same in two parts, the first of which gives the outputs that are named.
 *
 * @param movesAgain whether the second part moves numbers again, rather than taking them from the first one
 * @throws AppError `engine/unknown-kernel`
 */
export function tracedInParts(
  fn: TensorFunction,
  inputs: Readonly<Record<string, TensorSpec>>,
  names: readonly string[],
  movesAgain = false,
): Parts {
  const graph = traced(fn, inputs)
  const { first, rest } = cut(graph, names, movesAgain)
  const crossing = rest.inputs.slice(graph.inputs.length)
  const specs = crossing.map(({ name, shape }): [string, TensorSpec] => [name, { shape, dtype: 'float32' }])
  return {
    first,
    rest,
    inputs: { ...inputs, ...Object.fromEntries(specs) },
    kept: Object.fromEntries(crossing.map(({ name, shape }) => [name, shape])),
  }
}

/** A graph as a model for ONNX Runtime. */
export function modelOf(graph: Graph, inputs: Readonly<Record<string, TensorSpec>>): CompiledModel {
  const outputs = Object.fromEntries(graph.outputs.map(({ name, value }) => [name, value.shape]))
  return { bytes: encodeModel(graph), inputs, outputs, room: roomOf(graph) }
}

/** A function for batches of any size, as a file for others. @throws AppError `engine/unknown-kernel` */
export function compileForOthers(
  fn: TensorFunction,
  {
    inputs,
    constants,
  }: {
    readonly inputs: Parameters<typeof traceForAnyBatch>[1]
    readonly constants: Parameters<typeof traceForAnyBatch>[2]
  },
  about: Omit<ForOthers, 'dimensionsOf'>,
): Uint8Array<ArrayBuffer> {
  const { graph, dimensionsOf } = traceForAnyBatch(fn, inputs, constants)
  return encodeModel(graph, { ...about, dimensionsOf })
}
