/** What each tfjs kernel is in ONNX. A kernel that is not here cannot be compiled. */
import type { GraphBuilder, Value } from './graph'
import { elementwise } from './kernels-elementwise'
import { linear } from './kernels-linear'
import { reductions } from './kernels-reduce'
import { shapes } from './kernels-shape'

/** The names of what tfjs gives its kernels: each gets those that are its own, and lists get numbers for names. */
type InputName = 'x' | 'a' | 'b' | 'dy' | 'y' | 'filter' | 'value' | 'input' | 'indices' | 'condition' | 't' | 'e'
export type KernelInputs = Readonly<Record<InputName, Value>>

/** Adds a kernel's nodes to the graph; inputs and attributes are named as tfjs names them. */
export type Emit = (graph: GraphBuilder, inputs: KernelInputs, attributes: Record<string, unknown>) => Value | Value[]

export const kernels: Readonly<Record<string, Emit | undefined>> = {
  ...elementwise,
  ...linear,
  ...reductions,
  ...shapes,
}
