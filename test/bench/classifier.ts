/**
 * An independent judge of samples: a small convolutional network that tells digits apart, trained on the real training
 * images and kept with its weights in a file. It shares nothing with the models that it judges but the engine.
 */
import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Scalar, Tensor, Tensor1D } from '@tensorflow/tfjs-core'
import type { Engine, Program, TensorSpec } from '../../main/engine/engine'
import { tf } from '../../main/engine/tfjs/tfjs'
import { readSafetensors, writeSafetensors } from '../../main/files/safetensors'
import type { Dataset, Split } from '../../main/mnist/types'
import { applyConvolution, applyDense, convolution, dense, initialise } from '../../main/models/layers'
import type { Tensors } from '../../main/models/model'
import { createLayout, views } from '../../main/models/parameters'
import { permutation, stream } from '../../main/models/random'
import { updateInPlace } from '../../main/optimizers/adam/fused'
import { scale } from '../../main/optimizers/adam/scale'

const classes = 10
const pixels = 784
const batch = 125
const epochs = 6
const learningRate = 1e-3

const parameters = [
  ...convolution('conv.0', 1, 32, 4),
  ...convolution('conv.2', 32, 64, 4),
  ...dense('hidden', [7, 7, 64], 256),
  ...dense('logits', 256, classes),
]
const layout = createLayout(parameters)

const inputs: Record<string, TensorSpec> = {
  ...Object.fromEntries(layout.entries.map(({ name, shape }) => [name, { shape, dtype: 'float32' as const }])),
  images: { shape: [batch, pixels], dtype: 'uint8' },
}

export interface Classifier {
  /** Share of the real test images that it recognises. */
  readonly accuracy: number
  /** [count, 784] grey levels → [count] digits. */
  classify(images: Uint8Array): Promise<Uint8Array>
}

/** The classifier in the file, or a new one that is then saved there. */
export async function loadClassifier(
  engine: Engine,
  data: Dataset,
  path: string,
  tell: (line: string) => void,
): Promise<Classifier> {
  const program = await engine.prepare((all) => ({ logits: logits(all) }), inputs)
  const weights = (await readWeights(path, data)) ?? (await train(engine, data, tell))
  const classify = (images: Uint8Array) => classifyAll(program, weights, images)
  const digits = await classify(data.test.images)
  const accuracy = digits.filter((digit, i) => digit === data.test.labels[i]).length / data.test.count
  await mkdir(dirname(path), { recursive: true })
  await writeSafetensors(path, [{ name: 'weights', dtype: 'F32', shape: [layout.size], data: weights }], {
    trainedOn: data.fingerprint,
  })
  return { accuracy, classify }
}

/** The saved weights, if they were learnt from this data. */
async function readWeights(path: string, data: Dataset): Promise<Float32Array | undefined> {
  const saved = await readSafetensors(path).catch(() => undefined)
  const weights = saved?.tensors.get('weights')?.data
  const fits = saved?.metadata['trainedOn'] === data.fingerprint && weights?.length === layout.size
  return fits ? (weights as Float32Array) : undefined
}

/** Adam on the sum of ten binary cross-entropies, the learning rate falling linearly to 0. */
async function train(engine: Engine, { train }: Dataset, tell: (line: string) => void): Promise<Float32Array> {
  const specs: Record<string, TensorSpec> = { ...inputs, labels: { shape: [batch], dtype: 'uint8' } }
  const program = await engine.prepare(gradient, specs)
  const state = {
    parameters: initialise(parameters, 0),
    firstMoment: new Float32Array(layout.size),
    secondMoment: new Float32Array(layout.size),
  }
  const flat = new Float32Array(layout.size)
  const into = views(flat, layout)
  const steps = Math.floor(train.count / batch)
  const images = new Uint8Array(batch * pixels)
  const labels = new Uint8Array(batch)
  for (let epoch = 0; epoch < epochs; epoch++) {
    const order = permutation(train.count, { seed: 0, stream: stream.order, counter: epoch })
    let loss = 0
    for (let step = 0; step < steps; step++) {
      gather(train, order.subarray(step * batch, (step + 1) * batch), images, labels)
      const result = await program.run({ ...views(state.parameters, layout), images, labels }, into)
      loss += result['loss']![0]!
      const done = epoch * steps + step
      const rate = learningRate * (1 - done / (epochs * steps))
      updateInPlace(state, [flat], scale(rate, done + 1), 0, layout.size)
    }
    tell(`classifier: epoch ${epoch + 1} of ${epochs}, loss ${(loss / steps).toFixed(4)}`)
  }
  return state.parameters
}

/** The loss's gradient by every parameter, under the parameters' names, and the mean loss. */
function gradient(all: Tensors): Tensors {
  const names = layout.entries.map(({ name }) => name)
  const targets = tf.oneHot(all['labels'] as Tensor1D, classes, 1, 0, 'float32')
  let loss: Tensor | undefined
  const objective = (...values: Tensor[]): Scalar => {
    const scores = logits({ ...all, ...Object.fromEntries(names.map((name, i) => [name, values[i]!])) })
    // kept: the gradient's own scope would free it
    const total = tf.keep(tf.div(tf.sum(tf.sub(tf.softplus(scores), tf.mul(targets, scores))), batch))
    loss = total
    return total as Scalar
  }
  const gradients = tf.grads(objective)(names.map((name) => all[name]!))
  return { ...Object.fromEntries(names.map((name, i) => [name, gradients[i]!])), loss: loss! }
}

/** One score a class, [batch, 10]: convolutions to 14×14×32 and 7×7×64, a hidden layer of 256. */
function logits(all: Tensors): Tensor {
  const image = tf.reshape(tf.div(tf.cast(all['images']!, 'float32'), 255), [batch, 28, 28, 1])
  const half = tf.relu(applyConvolution(all, 'conv.0', image))
  const quarter = tf.relu(applyConvolution(all, 'conv.2', half))
  const hidden = tf.relu(applyDense(all, 'hidden', tf.reshape(quarter, [batch, -1])))
  return applyDense(all, 'logits', hidden)
}

function gather(split: Split, order: Uint32Array, images: Uint8Array, labels: Uint8Array): void {
  order.forEach((image, i) => {
    images.set(split.images.subarray(image * pixels, (image + 1) * pixels), i * pixels)
    labels[i] = split.labels[image]!
  })
}

async function classifyAll(program: Program, weights: Float32Array, images: Uint8Array): Promise<Uint8Array> {
  const digits = new Uint8Array(images.length / pixels)
  for (let start = 0; start < digits.length; start += batch) {
    const end = Math.min(start + batch, digits.length)
    const some = new Uint8Array(batch * pixels)
    some.set(images.subarray(start * pixels, end * pixels))
    const scores = (await program.run({ ...views(weights, layout), images: some }))['logits']!
    for (let i = start; i < end; i++) {
      const own = scores.subarray((i - start) * classes, (i - start + 1) * classes)
      digits[i] = own.indexOf(Math.max(...own))
    }
  }
  return digits
}
