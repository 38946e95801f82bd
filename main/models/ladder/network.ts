/** The networks of `ladder`: encoder, prior and decoder, with the names and layouts of the PyTorch project. */
import { concat, matMul, relu, reshape, type Tensor } from '@tensorflow/tfjs-core'
import { classCount } from '../../../preload/classes'
import { imageSize, side } from '../../../preload/images'
import { entryOf } from '../../optimizers/named'
import type { Gaussian } from '../gaussian'
import {
  applyConvolution,
  applyDense,
  applyTransposedConvolution,
  batchOf,
  convolution,
  dense,
  table,
  transposedConvolution,
  type MapShape,
  type Parameter,
} from '../layers'
import type { Tensors } from '../model'

export const sizeZ1 = 32
export const sizeZ2 = 16
/** Something for each of the two latents. */
export interface Latents<Value> {
  readonly z1: Value
  readonly z2: Value
}

/** All parameters, in the order of PyTorch's state_dict; layers `width` times as wide, latents as they are. */
export function ladderParameters(condition: 'label' | 'none', width = 1): Parameter[] {
  const label = condition === 'label'
  const [half, quarter, hidden, prior] = [32 * width, 64 * width, 256 * width, 128 * width] as const
  const deepMap: MapShape = [7, 7, quarter]
  return [
    ...convolution('encoder.conv.0', 1, half, 4),
    ...convolution('encoder.conv.2', half, quarter, 4),
    ...dense('encoder.shared', deepMap, hidden),
    ...dense('encoder.mu1', hidden, sizeZ1),
    ...dense('encoder.logvar1', hidden, sizeZ1),
    ...dense('encoder.mu2', hidden, sizeZ2),
    ...dense('encoder.logvar2', hidden, sizeZ2),
    ...(label
      ? [
          table('prior_net.mu2', classCount, sizeZ2, { deviation: 0.05 }),
          table('prior_net.logvar2', classCount, sizeZ2, { deviation: 0 }),
        ]
      : []),
    ...dense('prior_net.net.0', label ? sizeZ2 + classCount : sizeZ2, prior),
    ...dense('prior_net.net.2', prior, prior),
    ...dense('prior_net.mu', prior, sizeZ1),
    ...dense('prior_net.logvar', prior, sizeZ1),
    ...dense('decoder.fc.0', sizeZ1 + sizeZ2, hidden),
    ...dense('decoder.fc.2', hidden, deepMap),
    ...transposedConvolution('decoder.deconv.1', quarter, half, 4),
    ...transposedConvolution('decoder.deconv.3', half, 1, 4),
  ]
}

/** q(z1|x) and q(z2|x): x [B, 784] in [0, 1]. */
export function encode(parameters: Tensors, x: Tensor): Latents<Gaussian> {
  const image = reshape(x, [-1, side, side, 1])
  const half = relu(applyConvolution(parameters, 'encoder.conv.0', image)) // [B, 14, 14, 32]
  const quarter = relu(applyConvolution(parameters, 'encoder.conv.2', half)) // [B, 7, 7, 64]
  const shared = relu(applyDense(parameters, 'encoder.shared', reshape(quarter, [batchOf(x), -1])))
  return {
    z1: {
      mean: applyDense(parameters, 'encoder.mu1', shared),
      logVariance: applyDense(parameters, 'encoder.logvar1', shared),
    },
    z2: {
      mean: applyDense(parameters, 'encoder.mu2', shared),
      logVariance: applyDense(parameters, 'encoder.logvar2', shared),
    },
  }
}

/** p(z1|z2,y), or p(z1|z2) without y: z2 [B, 16], y one-hot [B, 10]. */
export function priorZ1(parameters: Tensors, z2: Tensor, y: Tensor | undefined): Gaussian {
  const first = relu(applyDense(parameters, 'prior_net.net.0', y ? concat([z2, y], 1) : z2))
  const second = relu(applyDense(parameters, 'prior_net.net.2', first))
  return {
    mean: applyDense(parameters, 'prior_net.mu', second),
    logVariance: applyDense(parameters, 'prior_net.logvar', second),
  }
}

/** p(z2|y): the rows of the tables that y, one-hot [B, 10], picks. */
export function priorZ2(parameters: Tensors, y: Tensor): Gaussian {
  return {
    mean: matMul(y, entryOf(parameters, 'prior_net.mu2')),
    logVariance: matMul(y, entryOf(parameters, 'prior_net.logvar2')),
  }
}

/** p(x|z1,z2) as the logits of its Bernoulli pixels: [B, 784]. */
export function decode(parameters: Tensors, { z1, z2 }: Latents<Tensor>): Tensor {
  const hidden = relu(applyDense(parameters, 'decoder.fc.0', concat([z1, z2], 1)))
  const quarter = relu(applyDense(parameters, 'decoder.fc.2', hidden))
  const half = applyTransposedConvolution(
    parameters,
    'decoder.deconv.1',
    reshape(quarter, [batchOf(quarter), 7, 7, -1]),
  )
  const logits = applyTransposedConvolution(parameters, 'decoder.deconv.3', relu(half)) // [B, 28, 28, 1]
  return reshape(logits, [-1, imageSize])
}
