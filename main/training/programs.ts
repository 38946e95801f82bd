/** A model's functions, made ready once by an engine and called with a flat parameter vector. */
import type { DataArray, Engine, Program, TensorSpec } from '../engine/engine'
import type { Tensors } from '../models/model'
import type { Model } from '../models/model'
import { views } from '../models/parameters'
import { imageSize } from './batches'
import { once, releaseAll } from './once'

/** A function over a model's parameters (a flat vector) and other inputs, which has been made ready. */
export type Run = (parameters: Float32Array, inputs: Record<string, DataArray>) => Promise<Record<string, Float32Array>>

export interface Programs {
  readonly model: Model
  /** images [B, 784], labels [B], noise [B, noiseSize] → the parts of the loss by name, each [B]. */
  losses(batch: number): Promise<Run>
  /** The same inputs → marginal [B]. */
  marginal(batch: number): Promise<Run>
  /** labels [B], noise [B, latentSize] → pixels [B, 784]. */
  sample(batch: number): Promise<Run>
  /** images [B, 784] → pixels [B, 784]. */
  reconstruct(batch: number): Promise<Run>
  /**
   * Any other function of the model, for inputs of these shapes; what it allocates beside its results is freed.
   * @param name its own: it is prepared once for each name and shapes, and kept. Use few shapes
   */
  prepare(
    name: string,
    fn: (parameters: Tensors, inputs: Tensors) => Tensors,
    inputs: Record<string, TensorSpec>,
  ): Promise<Run>
  /** Lets go of all that was prepared. */
  release(): Promise<void>
}

/** Each program is prepared when it is first asked for, and kept: sessions are for the life of the worker. */
export function createPrograms(engine: Engine, model: Model): Programs {
  const prepared = new Map<string, Promise<Program>>()

  async function prepare(
    name: string,
    fn: (parameters: Tensors, inputs: Tensors) => Tensors,
    inputs: Record<string, TensorSpec>,
  ): Promise<Run> {
    const shapes = Object.values(inputs).map(({ shape }) => shape.join('×'))
    const program = await once(prepared, [name, ...shapes].join(' '), () => {
      const parameters = Object.fromEntries(
        model.layout.entries.map(({ name, shape }) => [name, { shape, dtype: 'float32' as const }]),
      )
      return engine.prepare((all) => fn(all, all), { ...parameters, ...inputs })
    })
    return (flat, data) => program.run({ ...views(flat, model.layout), ...data })
  }

  const images = (batch: number): TensorSpec => ({ shape: [batch, imageSize], dtype: 'uint8' })
  const labels = (batch: number): TensorSpec => ({ shape: [batch], dtype: 'uint8' })
  const noise = (batch: number, size: number): TensorSpec => ({ shape: [batch, size], dtype: 'float32' })
  const whole = (batch: number) => ({
    images: images(batch),
    labels: labels(batch),
    noise: noise(batch, model.noiseSize),
  })
  const batchOf = ({ images, labels, noise }: Tensors) => ({ images: images!, labels: labels!, noise: noise! })

  return {
    model,
    losses: (batch) => prepare('losses', (p, inputs) => model.losses(p, batchOf(inputs)), whole(batch)),
    marginal: (batch) =>
      prepare('marginal', (p, inputs) => ({ marginal: model.marginal(p, batchOf(inputs)) }), whole(batch)),
    sample: (batch) =>
      prepare('sample', (p, inputs) => ({ pixels: model.sample(p, inputs['labels']!, inputs['noise']!) }), {
        labels: labels(batch),
        noise: noise(batch, model.latentSize),
      }),
    reconstruct: (batch) =>
      prepare('reconstruct', (p, inputs) => ({ pixels: model.reconstruct(p, inputs['images']!) }), {
        images: images(batch),
      }),
    prepare,
    async release() {
      const programs = [...prepared.values()]
      prepared.clear()
      await releaseAll(programs)
    },
  }
}
