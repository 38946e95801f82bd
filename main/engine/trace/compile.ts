/** From a plain function over tensors to the bytes of an ONNX model. */
import type { TensorFunction, TensorSpec } from '../engine'
import type { Target } from './graph'
import { encodeModel } from './onnx-model'
import { optimise } from './passes'
import { trace } from './recorder'

/** A compiled function, as it can be sent to another thread. */
export interface CompiledModel {
  readonly bytes: Uint8Array
  readonly inputs: Readonly<Record<string, TensorSpec>>
  /** Shapes of the outputs, all float32. */
  readonly outputs: Readonly<Record<string, readonly number[]>>
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
  const graph = optimise(trace(fn, inputs, target))
  const outputs = Object.fromEntries(graph.outputs.map(({ name, value }) => [name, value.shape]))
  return { bytes: encodeModel(graph), inputs, outputs }
}
