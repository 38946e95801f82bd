/**
 * The encoder, five residual blocks from 28×28 pixels to a Gaussian of the code, and the decoder's first part, their
 * mirror, from a code to a map of 28×28 (Chen et al. 2016, app. A; Kingma et al. 2016, IAF, app. B).
 */
import { elu, reshape, sub, mul, type Tensor } from '@tensorflow/tfjs-core'
import type { Gaussian } from '../gaussian'
import { batchOf, type MapShape } from '../layers'
import { convolution, dense, residual, residualScale, transposedConvolution } from './linear'
import { sequence, type Piece } from './normalised'

/** Numbers of a code. */
export const codeSize = 64
const hidden = 450
const deepest: MapShape = [4, 4, 32]

/** q(z|x): images [B, 784] of 0 and 1 → mean and log-variance [B, 64]. 28×28×1 → 14×14×16 → 7×7×32 → 4×4×32 → 450. */
export function encoder(): Piece<Tensor, Gaussian> {
  const blocks = sequence(
    convolution('encoder.first', 1, 16),
    down('encoder.blocks.0', 16, 16),
    same('encoder.blocks.1', 16),
    down('encoder.blocks.2', 16, 32),
    same('encoder.blocks.3', 32),
    down('encoder.blocks.4', 32, 32),
  )
  const shared = dense('encoder.shared', deepest, hidden)
  const mean = dense('encoder.mean', hidden, codeSize)
  // near the same for all images at the start
  const logVariance = dense('encoder.logVariance', hidden, codeSize, { scale: residualScale })
  return {
    parameters: [blocks, shared, mean, logVariance].flatMap(({ parameters }) => parameters),
    apply(pass, images) {
      const pixels = sub(mul(reshape(images, [-1, 28, 28, 1]), 2), 1)
      const map = elu(blocks.apply(pass, pixels)) // [B, 4, 4, 32]
      const h = elu(shared.apply(pass, reshape(map, [batchOf(images), -1])))
      return { mean: mean.apply(pass, h), logVariance: logVariance.apply(pass, h) }
    },
  }
}

/** A code [B, 64] → a map [B, 28, 28, channels]: 450 → 4×4×32 → 7×7×32 → 14×14×16 → 28×28×16 → channels. */
export function decoder(channels: number): Piece {
  const first = dense('decoder.first', codeSize, hidden)
  const second = dense('decoder.second', hidden, deepest)
  const blocks = sequence(
    up('decoder.blocks.0', 32, 32, 7),
    same('decoder.blocks.1', 32),
    up('decoder.blocks.2', 32, 16, 14),
    same('decoder.blocks.3', 16),
    up('decoder.blocks.4', 16, 16, 28),
  )
  const map = convolution('decoder.map', 16, channels)
  return {
    parameters: [first, second, blocks, map].flatMap(({ parameters }) => parameters),
    apply(pass, code) {
      const h = elu(second.apply(pass, elu(first.apply(pass, code))))
      return map.apply(pass, elu(blocks.apply(pass, reshape(h, [-1, ...deepest]))))
    },
  }
}

function same(name: string, channels: number): Piece {
  return residual(convolution(`${name}.first`, channels, channels), last(name, channels))
}

function down(name: string, from: number, to: number): Piece {
  const strided = (part: string) => convolution(`${name}.${part}`, from, to, { stride: 2 })
  return residual(strided('first'), last(name, to), strided('skip'))
}

/** @param size of the map that it makes */
function up(name: string, from: number, to: number, size: number): Piece {
  const strided = (part: string) => transposedConvolution(`${name}.${part}`, from, to, { size })
  return residual(strided('first'), last(name, to), strided('skip'))
}

function last(name: string, channels: number): Piece {
  return convolution(`${name}.second`, channels, channels, { scale: residualScale })
}
