/** Images drawn pass by pass, of a model whose drawing is too long to be one function: see `Drawing`. */
import type { Tensor } from '@tensorflow/tfjs-core'
import type { Named, TensorSpec } from '../engine/engine'
import { drawPixels } from '../models/draw-pixels'
import type { Drawing, Tensors } from '../models/model'
import { imageSize } from './batches'
import type { Programs, Run } from './programs'

/**
 * @param name of `begin`, which makes of the inputs what a code is decoded to; null: there is no code
 * @returns a function of the inputs, in whose `noise` [B, …] the last 784 numbers of a row are uniform → pixels [B, 784]
 */
export async function inPasses<Input extends string>(
  { prepare }: Pick<Programs, 'prepare'>,
  { waves, mapShape, logits }: Drawing,
  name: string,
  begin: ((parameters: Tensors, inputs: Named<Input | 'noise', Tensor>) => Tensor) | null,
  inputs: Named<Input | 'noise', TensorSpec>,
): Promise<Run<Input | 'noise', 'pixels'>> {
  const [batch, size] = inputs.noise.shape as [number, number]
  const decode = begin && (await prepare(name, (p, given) => ({ map: begin(p, given) }), inputs))
  const map: Record<string, TensorSpec> =
    begin === null ? {} : { map: { shape: [batch, ...mapShape], dtype: 'float32' } }
  const pass = await prepare<string, 'logits'>(
    'logits',
    (p, given) => ({ logits: logits(p, given['pixels']!, given['map']) }),
    { pixels: { shape: [batch, imageSize], dtype: 'float32' }, ...map },
  )
  return async (parameters, data) => {
    const decoded = decode === null ? {} : { map: (await decode(parameters, data)).map }
    const noise = data.noise as Float32Array
    const uniforms = new Float32Array(batch * imageSize)
    for (let i = 0; i < batch; i++)
      uniforms.set(noise.subarray((i + 1) * size - imageSize, (i + 1) * size), i * imageSize)
    const pixels = await drawPixels(
      uniforms,
      waves,
      async (pixels) => (await pass(parameters, { pixels, ...decoded })).logits,
    )
    return { pixels }
  }
}
