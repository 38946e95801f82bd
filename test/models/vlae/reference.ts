/** The numbers of test/fixtures/vlae-reference.py: its hashed weights in our layouts, and how far ours are from PyTorch's. */
import { readFileSync } from 'node:fs'
import type { Parameter } from '../../../main/models/layers'
import { createLayout, fromTorch } from '../../../main/models/parameters'
import type { NetworkSettings } from '../../../main/models/vlae/network'
import { mix, project, weightsSalt } from '../hashed'
import { sizeOf } from './pieces'

/** A tensor of the fixture: its norm, and its values or its projections onto hashed vectors of ±1. */
interface Summary {
  readonly norm: number
  readonly values?: readonly number[]
  readonly projections?: readonly number[]
}

export type Name = 'local' | 'byClass' | 'factorised' | 'alone' | 'wide'

interface Fixture {
  readonly images: string
  readonly labels: readonly number[]
  readonly noise: string
  readonly models: Readonly<
    Record<
      Name,
      {
        readonly shapes: Readonly<Record<string, readonly number[]>>
        readonly reconstruction: readonly number[]
        readonly kl: readonly number[]
        readonly logits: Summary
        readonly gradients: Readonly<Record<string, Summary>>
      }
    >
  >
  readonly adamax: {
    readonly batch: number
    readonly start: readonly number[]
    readonly gradients: readonly (readonly number[])[]
    readonly states: readonly Readonly<Record<string, readonly number[]>>[]
  }
}

export const fixture = JSON.parse(
  readFileSync(new URL('../../fixtures/vlae-reference.json', import.meta.url), 'utf8'),
) as Fixture

const paper: NetworkSettings = {
  decoder: 'local',
  window: 'triangle',
  tied: false,
  prior: 'flow',
  hidden: [96, 96],
  condition: 'none',
}
export const settings: Readonly<Record<Name, NetworkSettings>> = {
  local: paper,
  byClass: { ...paper, hidden: [64, 80, 64], condition: 'label' },
  factorised: { ...paper, decoder: 'factorised', prior: 'gaussian' },
  alone: { ...paper, decoder: 'alone', prior: 'gaussian' },
  wide: { ...paper, window: 'wide', prior: 'gaussian' },
}

/** Pixels of 0 and 1, one-hot classes and noise, as the fixture has them. */
export const batch = {
  x: Float32Array.from(Buffer.from(fixture.images, 'base64'), (grey) => (grey > 127 ? 1 : 0)),
  y: Float32Array.from({ length: 20 }, (_, i) => (fixture.labels[Math.floor(i / 10)] === i % 10 ? 1 : 0)),
  noise: new Float32Array(Uint8Array.from(Buffer.from(fixture.noise, 'base64')).buffer),
  count: fixture.labels.length,
}

/** The fixture's weights as our parameters. */
export function referenceWeights(model: Name, parameters: readonly Parameter[]): Record<string, Float32Array> {
  const { shapes } = fixture.models[model]
  const names = Object.keys(shapes)
  return Object.fromEntries(
    parameters.map((parameter) => {
      const { name, places } = inTorch(parameter, shapes)
      const number = names.indexOf(name)
      const of = { v: (u: number) => u, g: (u: number) => 1 + 0.5 * u, b: (u: number) => 0.2 * u }[name.at(-1)!]!
      return [parameter.name, places.map((place) => of(mix(place, number, weightsSalt) / 2 ** 31 - 1))] as const
    }),
  )
}

/** ‖gradient − PyTorch's‖ / ‖PyTorch's‖, by PyTorch's parameters. */
export function gradientDistances(
  model: Name,
  parameters: readonly Parameter[],
  gradients: Readonly<Record<string, Float32Array>>,
): Record<string, number> {
  const { shapes, gradients: expected } = fixture.models[model]
  const whole = Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => [name, new Float32Array(sizeOf(shape))] as const),
  )
  for (const parameter of parameters) {
    const { name, places } = inTorch(parameter, shapes)
    places.forEach((place, i) => (whole[name]![place] = gradients[parameter.name]![i]!))
  }
  return Object.fromEntries(
    Object.entries(expected).map(([name, summary], number) => [name, distance(whole[name]!, summary, number)]),
  )
}

/** ‖a − b‖ / ‖b‖, b from the fixture: exact, or estimated from the projections. */
export function distance(tensor: Float32Array, { norm, values, projections }: Summary, number: number): number {
  const actual = values ? tensor : project(tensor, number, 16)
  const squares = (values ?? projections!).reduce((sum, value, i) => sum + (actual[i]! - value) ** 2, 0)
  return Math.sqrt(values ? squares : squares / actual.length) / (norm || 1)
}

/**
 * The PyTorch parameter that ours is (a part of), and for each of our numbers its place there. Masked convolutions are whole
 * square filters there, of which ours have the rows down to the middle; the first one's channels are the map's and then the pixels.
 */
function inTorch(
  parameter: Parameter,
  shapes: Readonly<Record<string, readonly number[]>>,
): { name: string; places: Float32Array } {
  const { name, shape } = parameter
  const first = /^pixel\.first\.(v|map)$/.exec(name)?.[1]
  if (first === undefined && !/^pixel\.masked\.\d\.v$/.test(name)) {
    const numbered = Float32Array.from({ length: sizeOf(shape) }, (_, i) => i)
    return { name, places: fromTorch({ [name]: numbered }, createLayout([parameter])) }
  }
  const torchName = first === undefined ? name : 'pixel.first.v'
  const [, channels = 0, side = 0] = shapes[torchName]!
  const [, width, inputs, outputs] = shape as [number, number, number, number]
  const places = Float32Array.from({ length: sizeOf(shape) }, (_, i) => {
    const output = i % outputs
    const input = (Math.floor(i / outputs) % inputs) + (first === 'v' ? channels - 1 : 0)
    const tap = Math.floor(i / outputs / inputs)
    return ((output * channels + input) * side + Math.floor(tap / width)) * side + (tap % width)
  })
  return { name: torchName, places }
}
