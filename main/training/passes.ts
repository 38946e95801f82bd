/** Images whose pixels are drawn (`Drawing`): what a code is decoded to, and the drawing of it, which samples and reconstructions share. */
import type { Tensor } from '@tensorflow/tfjs-core'
import type { Named, TensorSpec } from '../engine/engine'
import type { Drawing, RowDrawing, Tensors } from '../models/model'
import { entryOf } from '../optimizers/named'
import { imageSize } from './batches'
import type { Programs, Run } from './programs'
import { inRows } from './row-by-row'

/**
 * @param name of `begin`, which makes of the inputs what a code is decoded to; null: there is no code
 * @returns a function of the inputs, in whose `noise` [B, …] the last 784 numbers of a row are uniform → pixels [B, 784]
 */
export async function drawn<Input extends string>(
  { prepare }: Pick<Programs, 'prepare'>,
  drawing: Drawing,
  name: string,
  begin: ((parameters: Tensors, inputs: Named<Input | 'noise', Tensor>) => Tensor) | null,
  inputs: Named<Input | 'noise', TensorSpec>,
): Promise<Run<Input | 'noise', 'pixels'>> {
  const [batch, size] = inputs.noise.shape as [number, number]
  const decode = begin && (await prepare(name, (p, given) => ({ map: begin(p, given) }), inputs))
  const map: Record<string, TensorSpec> =
    begin === null ? {} : { map: { shape: [batch, ...drawing.mapShape], dtype: 'float32' } }
  const { draw: how } = drawing
  const draw = await (typeof how === 'function'
    ? inOne({ prepare }, how, batch, map)
    : inRows({ prepare }, how, batch, map))
  return async (parameters, data) => {
    const decoded = decode === null ? {} : { map: (await decode(parameters, data)).map }
    const noise = data.noise as Float32Array
    const uniforms = new Float32Array(batch * imageSize)
    for (let i = 0; i < batch; i++)
      uniforms.set(noise.subarray((i + 1) * size - imageSize, (i + 1) * size), i * imageSize)
    return { pixels: await draw(parameters, uniforms, decoded) }
  }
}

/** Draws images of uniform numbers [B, 784], and with a code of its map. */
export type Draw = (
  parameters: Float32Array,
  uniforms: Float32Array,
  map: Readonly<Record<string, Float32Array>>,
) => Promise<Float32Array>

async function inOne(
  { prepare }: Pick<Programs, 'prepare'>,
  draw: Exclude<Drawing['draw'], RowDrawing>,
  batch: number,
  map: Readonly<Record<string, TensorSpec>>,
): Promise<Draw> {
  const run = await prepare<string, 'pixels'>(
    'draw',
    (p, given) => ({ pixels: draw(p, entryOf(given, 'uniforms'), given['map']) }),
    { uniforms: { shape: [batch, imageSize], dtype: 'float32' }, ...map },
  )
  return async (parameters, uniforms, map) => (await run(parameters, { uniforms, ...map })).pixels
}
