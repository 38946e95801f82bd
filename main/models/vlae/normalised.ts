/**
 * Weight normalisation, w = g · v/‖v‖ for each output, and its data-dependent initialisation (Salimans & Kingma 2016,
 * "Weight normalization", eq. 2 and §3).
 */
import { add, div, greater, mean, mul, neg, onesLike, reshape, sqrt, square, sub, sum, where, type Tensor } from '@tensorflow/tfjs-core' // prettier-ignore
import { entryOf } from '../../optimizers/named'
import type { Parameter } from '../layers'
import type { Tensors } from '../model'

/** What a network computes with. */
export interface Pass {
  readonly parameters: Tensors
  /**
   * Only while a network is initialised: takes the gains and biases that layers find for themselves. Layers then
   * compute with those, and need only their directions among the parameters.
   */
  readonly found?: Tensors
}

/** A piece of a network: its parameters, and what it computes with them. */
export interface Piece<Input = Tensor, Output = Tensor> {
  readonly parameters: readonly Parameter[]
  apply(pass: Pass, input: Input): Output
}

/** A layer, and what it multiplies with and adds. */
export interface Normalised<Input = Tensor> extends Piece<Input> {
  /** g · v/‖v‖, its masks applied, of each direction. */
  weights(pass: Pass): Some<Tensor>
  bias(pass: Pass): Tensor
}

/** One or more. */
export type Some<T> = readonly [T, ...T[]]

/** One of the tensors v of a layer; most have one. */
export interface Direction {
  readonly parameter: Parameter
  /** The axis of the outputs. */
  readonly axis: number
  /** 1 for weights that are there and 0 for the others, of a shape that broadcasts to v's. */
  readonly mask?: () => Tensor
}

export interface NormalisedOptions<Input> {
  readonly name: string
  readonly outputs: number
  /** Of all of them together ‖v‖ is taken. */
  readonly directions: Some<Direction>
  /** The linear map of these weights, outputs last: [B, …, outputs]. */
  readonly map: (input: Input, weights: Some<Tensor>) => Tensor
  /** How PyTorch lays out a number for each output; in order, if not given. */
  readonly torch?: Parameter['torch']
  /** The deviation of the outputs when training starts. */
  readonly scale?: number
  /** Outputs are multiplied with g/‖v‖ in place of weights: for layers that have more weights than a batch has outputs. */
  readonly scalesOutputs?: boolean
}

/** Beside ‖v‖²: an output that a mask lets see nothing has none. */
const epsilon = 1e-8

/**
 * map(x; g · v/‖v‖) + b. Initialised, with t = map(x; v/‖v‖): g = scale / σ[t] and b = −g · μ[t], so that over the
 * batch and all places each output has mean 0 and deviation `scale`.
 */
export function normalised<Input = Tensor>(options: NormalisedOptions<Input>): Normalised<Input> {
  const { name, outputs, directions, map, scale = 1, scalesOutputs = false } = options
  const { torch = { shape: [outputs], view: [outputs], permute: [0] } } = options
  const [gain, bias] = [`${name}.g`, `${name}.b`]

  /** Each v with its mask. */
  function masked({ parameters }: Pass): Some<Masked> {
    return changed(directions, (direction) => {
      const v = entryOf(parameters, direction.parameter.name)
      return { direction, v: direction.mask ? mul(v, direction.mask()) : v }
    })
  }

  /** factor/‖v‖; factor: [outputs], or 1. */
  function scales(all: Some<Masked>, factor: Tensor | number): Tensor {
    const squares = all.map(({ direction, v }) => sum(square(v), others(direction)))
    return div(factor, sqrt(add(squares.reduce((a, b) => add(a, b)), epsilon))) // prettier-ignore
  }

  function weightsOf(pass: Pass, factor: Tensor | number): Some<Tensor> {
    const all = masked(pass)
    const scale = scales(all, factor)
    return changed(all, ({ direction, v }) => mul(v, reshape(scale, broadcast(direction))))
  }

  /** Of passes that are under way. */
  const known = new WeakMap<Pass, Some<Tensor>>()

  /** Made once in a pass: where pixels are drawn, a layer is applied a hundred times. */
  function weights(pass: Pass): Some<Tensor> {
    const made = known.get(pass) ?? weightsOf(pass, entryOf(pass.parameters, gain))
    known.set(pass, made)
    return made
  }

  /** map(x; v), each output times its factor/‖v‖. */
  function scaled(pass: Pass, input: Input, factor: Tensor | number): Tensor {
    const all = masked(pass)
    const y = map(
      input,
      changed(all, ({ v }) => v),
    )
    return mul(y, scales(all, factor))
  }

  return {
    parameters: [
      ...directions.map(({ parameter }) => parameter),
      // until they are found of images: outputs about as large as the inputs are
      { name: gain, shape: [outputs], torch, initial: { value: scale } },
      { name: bias, shape: [outputs], torch, initial: { value: 0 } },
    ],
    weights,
    bias: ({ parameters }) => entryOf(parameters, bias),
    apply(pass, input) {
      if (pass.found === undefined) {
        const { parameters } = pass
        const y = scalesOutputs ? scaled(pass, input, entryOf(parameters, gain)) : map(input, weights(pass))
        return add(y, entryOf(parameters, bias))
      }
      const t = scalesOutputs ? scaled(pass, input, 1) : map(input, weightsOf(pass, 1))
      const places = t.shape.slice(0, -1).map((_, axis) => axis)
      const average = mean(t, places)
      const deviation = sqrt(mean(square(sub(t, average)), places))
      // an output that is always the same stays as it is
      const spread = where(greater(deviation, 1e-6), deviation, onesLike(deviation))
      const g = div(scale, spread)
      const b = neg(mul(g, average))
      Object.assign(pass.found, { [gain]: g, [bias]: b })
      return add(mul(t, g), b)
    },
  }
}

/** To go on with what was found, in layers whose weights were used before. */
export function settled({ parameters, found }: Pass): Pass {
  return { parameters: { ...parameters, ...found } }
}

/** One after another. */
export function sequence(...pieces: readonly Piece[]): Piece {
  return {
    parameters: pieces.flatMap(({ parameters }) => parameters),
    apply: (pass, input) => pieces.reduce((x, piece) => piece.apply(pass, x), input),
  }
}

/** A direction, and its v with its mask. */
interface Masked {
  readonly direction: Direction
  readonly v: Tensor
}

function changed<T, R>([first, ...others]: Some<T>, change: (thing: T) => R): Some<R> {
  return [change(first), ...others.map((other) => change(other))]
}

function others({ parameter, axis }: Direction): number[] {
  return parameter.shape.flatMap((_, i) => (i === axis ? [] : [i]))
}

function broadcast({ parameter, axis }: Direction): number[] {
  return parameter.shape.map((length, i) => (i === axis ? length : 1))
}
