/** Picks the engine that trains. */
import type { Engine } from './engine'
import { OnnxEngine } from './onnx'

export async function createEngine({ lanes }: { readonly lanes: number }): Promise<Engine> {
  return new OnnxEngine(lanes)
}
