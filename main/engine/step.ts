/**
 * The training step as plain functions over tensors: what engines run or compile.
 *
 * Many tensors cross under names with a prefix: `parameters/encoder.conv.0.weight`.
 */
import type { Scalar, Tensor } from '@tensorflow/tfjs-core'
import { imageSize } from '../../preload/images'
import type { Model, Tensors } from '../models/model'
import { views } from '../models/parameters'
import { entryOf, named } from '../optimizers/named'
import { vectorNames } from '../optimizers/optimizer'
import type { Named, StepSums, TensorFunction, TensorSpec } from './engine'
import { tf } from './tfjs/tfjs'

/** What crosses of a batch, beside the groups of parameters and vectors. */
type BatchInputs = 'images' | 'labels' | 'noise' | 'weights'
type StepTensors = Tensors & Named<BatchInputs | 'partWeights', Tensor>

/** Most of its inputs have the names of a layout, which are known only when it runs: strings. */
export interface StepFunction {
  readonly fn: TensorFunction
  readonly inputs: Readonly<Record<string, TensorSpec>>
}

/**
 * One batch's gradient.
 *
 * Inputs: `parameters/…`; `images` [batch, 784] uint8; `labels` [batch]; `noise` [batch, noiseSize];
 * `weights` [batch], 1 for an image and 0 for padding; `partWeights` [parts].
 * Outputs: `sums` [parts], Σ weights · losses of each part of the model's, in nats, and `gradients/…` of
 * Σ partWeights · sums.
 */
export function gradientStep(model: Model, batch: number): StepFunction {
  return {
    inputs: { ...group('parameters', model), ...batchInputs(model, batch) },
    fn: (inputs) => {
      const { gradients, sums } = gradientsOf(model, inputs as StepTensors)
      return { ...prefixed('gradients', gradients), sums }
    },
  }
}

/** What a batch costs: `sums` of these parts, of the inputs of gradientStep but `partWeights`. Nothing else is computed. */
export function measuringStep(model: Model, batch: number, parts = model.measuredFirst): StepFunction {
  const { partWeights: _, ...inputs } = batchInputs(model, batch)
  return {
    inputs: { ...group('parameters', model), ...inputs },
    fn: (inputs) => ({
      sums: tf.stack(sumsOf(model, parts, picked(inputs, 'parameters', model), inputs as StepTensors)),
    }),
  }
}

/**
 * One whole step of training: gradient, and the update by the model's optimizer.
 *
 * Inputs: the vectors of the state, each flat; those of gradientStep beside the parameters; `scale/…` [], the optimizer's
 * scalars. Outputs: the vectors after the step, and `sums`.
 */
export function trainingStep(model: Model, batch: number): StepFunction {
  const gradient = ofFlat(gradientStep(model, batch), model)
  const update = updateStep(model, model.layout.size)
  const { gradients: _, ...inputs } = update.inputs
  return {
    inputs: { ...inputs, ...gradient.inputs },
    fn: (inputs) => {
      const found = gradient.fn(inputs)
      const parts = model.layout.entries.map(({ name }) => tf.reshape(entryOf(found, `gradients/${name}`), [-1]))
      return { sums: entryOf(found, 'sums'), ...update.fn({ ...inputs, gradients: tf.concat(parts) }) }
    },
  }
}

/** The same with one input `parameters`, the flat vector, in place of its parts: what crosses is few and large. */
export function ofFlat({ fn, inputs }: StepFunction, { layout: { entries, size } }: Model): StepFunction {
  const others = Object.entries(inputs).filter(([name]) => !name.startsWith('parameters/'))
  return {
    inputs: { parameters: { shape: [size], dtype: 'float32' }, ...Object.fromEntries(others) },
    fn: (inputs) => {
      const { parameters: _, ...others } = inputs
      const flat = entryOf(inputs, 'parameters')
      const parts = entries.map(({ name, shape, offset, size }) => [
        name,
        tf.reshape(tf.slice(flat, [offset], [size]), [...shape]),
      ])
      return fn({ ...prefixed('parameters', Object.fromEntries(parts) as Tensors), ...others })
    },
  }
}

/**
 * An update by the model's optimizer, of vectors of any size.
 *
 * Inputs: those of the state and `gradients`, each [size], and `scale/…` [].
 * Outputs: the state's vectors after it.
 */
export function updateStep({ optimizer }: Model, size: number): StepFunction {
  const vectors = vectorNames(optimizer)
  const specs = (names: readonly string[], shape: readonly number[]) =>
    Object.fromEntries(names.map((name): [string, TensorSpec] => [name, { shape, dtype: 'float32' }]))
  return {
    inputs: { ...specs([...vectors, 'gradients'], [size]), ...prefixed('scale', specs(optimizer.scalars, [])) },
    fn: (inputs) => {
      const state = Object.fromEntries(vectors.map((name) => [name, { all: entryOf(inputs, name) }]))
      const scale = Object.fromEntries(optimizer.scalars.map((name) => [name, entryOf(inputs, `scale/${name}`)]))
      const next = optimizer.update(state, { all: entryOf(inputs, 'gradients') }, scale)
      return Object.fromEntries(vectors.map((name) => [name, entryOf(entryOf(next, name), 'all')]))
    },
  }
}

/** A flat vector's parts as arrays by the names that step functions use (views, no copies). */
export function prefixedViews(
  prefix: string,
  flat: Float32Array,
  { layout }: Pick<Model, 'layout'>,
): Record<string, Float32Array> {
  return prefixed(prefix, views(flat, layout))
}

/** A step function's `sums` by the names of their parts. */
export function namedSums(parts: readonly string[], sums: Float32Array): StepSums {
  return named(parts, [...sums])
}

function batchInputs(model: Model, batch: number): Named<BatchInputs | 'partWeights', TensorSpec> {
  return {
    images: { shape: [batch, imageSize], dtype: 'uint8' },
    labels: { shape: [batch], dtype: 'uint8' },
    noise: { shape: [batch, model.noiseSize], dtype: 'float32' },
    weights: { shape: [batch], dtype: 'float32' },
    partWeights: { shape: [model.parts.length], dtype: 'float32' },
  }
}

function group(prefix: string, { layout }: Model): Record<string, TensorSpec> {
  return Object.fromEntries(layout.entries.map(({ name, shape }) => [`${prefix}/${name}`, { shape, dtype: 'float32' }]))
}

function picked(inputs: Tensors, prefix: string, { layout }: Model): Tensors {
  return Object.fromEntries(layout.entries.map(({ name }) => [name, entryOf(inputs, `${prefix}/${name}`)]))
}

function prefixed<T>(prefix: string, values: Record<string, T>): Record<string, T> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [`${prefix}/${name}`, value]))
}

/** Of each of these parts of the loss, the sum over the batch's images. */
function sumsOf(
  model: Model,
  parts: readonly string[],
  parameters: Tensors,
  { weights, ...batch }: Named<BatchInputs, Tensor>,
): Tensor[] {
  const losses = model.losses(parameters, batch)
  return parts.map((part) => tf.sum(tf.mul(entryOf(losses, part), weights)))
}

function gradientsOf(model: Model, inputs: StepTensors): { gradients: Tensors; sums: Tensor } {
  const names = model.layout.entries.map(({ name }) => name)
  const taken: Tensors = {}
  const objective = (...parameters: Tensor[]): Scalar => {
    const sums = tf.stack(sumsOf(model, model.parts, named(names, parameters), inputs))
    // The gradient's own scope would free it.
    taken['sums'] = tf.keep(sums)
    return tf.sum(tf.mul(inputs.partWeights, sums))
  }
  const gradients = tf.grads(objective)(names.map((name) => entryOf(inputs, `parameters/${name}`)))
  return { gradients: named(names, gradients), sums: entryOf(taken, 'sums') }
}
