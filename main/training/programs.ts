/** A model's functions, made ready once by an engine and called with a flat parameter vector. */
import type { Tensor } from '@tensorflow/tfjs-core'
import { present } from '../../preload/present'
import type { DataArray, Engine, Named, Program, TensorSpec } from '../engine/engine'
import type { Model, Tensors } from '../models/model'
import { views } from '../models/parameters'
import { imageSize } from './batches'
import { once, releaseAll } from './once'
import { drawn } from './passes'

/** A function over a model's parameters (a flat vector) and other inputs, which has been made ready. */
export type Run<Input extends string = string, Output extends string = string> = (
  parameters: Float32Array,
  inputs: Named<Input, DataArray>,
) => Promise<Named<Output, Float32Array>>

type BatchInput = 'images' | 'labels' | 'noise'

export interface Programs {
  readonly model: Model
  /** images [B, 784], labels [B], noise [B, noiseSize] → the parts of the loss by name, each [B]. */
  losses(batch: number): Promise<Run<BatchInput>>
  /** The same inputs → marginal [B]. */
  marginal(batch: number): Promise<Run<BatchInput, 'marginal'>>
  /** The inputs of `losses`, of a model that finds parameters of images → those, by their names. */
  find(batch: number): Promise<Run<BatchInput>>
  /** labels [B], noise [B, latentSize] → pixels [B, 784]. */
  sample(batch: number): Promise<Run<'labels' | 'noise', 'pixels'>>
  /** images [B, 784], noise [B, decodingUniforms] → pixels [B, 784]. */
  reconstruct(batch: number): Promise<Run<'images' | 'noise', 'pixels'>>
  /**
   * Any other function of the model, for inputs of these shapes; what it allocates beside its results is freed.
   * @param name its own: it is prepared once for each name and shapes, and kept. Use few shapes
   */
  prepare<Input extends string, Output extends string>(
    name: string,
    fn: (parameters: Tensors, inputs: Named<Input, Tensor>) => Named<Output, Tensor>,
    inputs: Named<Input, TensorSpec>,
  ): Promise<Run<Input, Output>>
  /** The same for a function that gives a row for each row of its inputs, whatever the others are: faster, where it can be. */
  rows: Programs['prepare']
  /** Lets go of all that was prepared. */
  release(): Promise<void>
}

/** Each program is prepared when it is first asked for, and kept: sessions are for the life of the worker. */
export function createPrograms(engine: Engine, model: Model): Programs {
  const prepared = new Map<string, Promise<Program>>()
  const parameters = Object.fromEntries(
    model.layout.entries.map(({ name, shape }) => [name, { shape, dtype: 'float32' as const }]),
  )

  const named = (name: string) => `${model.name}: ${name}`

  async function prepare<Input extends string, Output extends string>(
    name: string,
    fn: (parameters: Tensors, inputs: Named<Input, Tensor>) => Named<Output, Tensor>,
    inputs: Named<Input, TensorSpec>,
  ): Promise<Run<Input, Output>> {
    return made(name, inputs, () =>
      engine.prepare((all) => fn(all, all as Named<Input, Tensor>), { ...parameters, ...inputs }, named(name)),
    )
  }

  async function rows<Input extends string, Output extends string>(
    name: string,
    fn: (parameters: Tensors, inputs: Named<Input, Tensor>) => Named<Output, Tensor>,
    inputs: Named<Input, TensorSpec>,
  ): Promise<Run<Input, Output>> {
    const prepareRows = engine.prepareRows?.bind(engine)
    if (prepareRows === undefined) return prepare(name, fn, inputs)
    return made(name, inputs, () =>
      prepareRows({
        name: named(name),
        fn: (all) => fn(all, all as Named<Input, Tensor>),
        whole: parameters,
        rows: inputs,
        example: () => views(model.initialise(0), model.layout),
      }),
    )
  }

  async function made<Input extends string, Output extends string>(
    name: string,
    inputs: Named<Input, TensorSpec>,
    make: () => Promise<Program>,
  ): Promise<Run<Input, Output>> {
    const shapes = Object.values<TensorSpec>(inputs).map(({ shape }) => shape.join('×'))
    const program = await once(prepared, [name, ...shapes].join(' '), make)
    // an engine answers with what the function names
    return (flat, data) =>
      program.run({ ...views(flat, model.layout), ...data }) as Promise<Named<Output, Float32Array>>
  }

  const images = (batch: number): TensorSpec => ({ shape: [batch, imageSize], dtype: 'uint8' })
  const labels = (batch: number): TensorSpec => ({ shape: [batch], dtype: 'uint8' })
  const noise = (batch: number, size: number): TensorSpec => ({ shape: [batch, size], dtype: 'float32' })
  const whole = (batch: number) => ({
    images: images(batch),
    labels: labels(batch),
    noise: noise(batch, model.noiseSize),
  })

  /** As one function; of a model that draws pixels as several, some of which are for samples and reconstructions. */
  function pictures<Input extends string>(
    name: string,
    begin: ((parameters: Tensors, inputs: Named<Input | 'noise', Tensor>) => Tensor) | null | undefined,
    whole: (parameters: Tensors, inputs: Named<Input | 'noise', Tensor>) => Tensor,
    inputs: Named<Input | 'noise', TensorSpec>,
  ): Promise<Run<Input | 'noise', 'pixels'>> {
    if (model.drawing === undefined) return prepare(name, (p, given) => ({ pixels: whole(p, given) }), inputs)
    return drawn({ prepare }, model.drawing, name, begin ?? null, inputs)
  }

  return {
    model,
    losses: (batch) => rows('losses', (p, inputs) => model.losses(p, inputs), whole(batch)),
    marginal: (batch) => rows('marginal', (p, inputs) => ({ marginal: model.marginal(p, inputs) }), whole(batch)),
    find: (batch) =>
      prepare(
        'find',
        (p, inputs) => present(model.find?.(p, inputs), 'parameter that is found of images'),
        whole(batch),
      ),
    sample: (batch) =>
      pictures('sample', model.drawing?.sampled, (p, inputs) => model.sample(p, inputs.labels, inputs.noise), {
        labels: labels(batch),
        noise: noise(batch, model.latentSize),
      }),
    reconstruct: (batch) =>
      pictures(
        'reconstruct',
        model.drawing?.encoded,
        (p, inputs) => model.reconstruct(p, inputs.images, inputs.noise),
        {
          images: images(batch),
          noise: noise(batch, model.decodingUniforms ?? 0),
        },
      ),
    prepare,
    rows,
    async release() {
      const programs = [...prepared.values()]
      prepared.clear()
      await releaseAll(programs)
    },
  }
}
