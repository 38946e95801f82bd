/**
 * Runs `ladder` on an engine and says how far its numbers are from PyTorch's, which test/fixtures/ladder-reference.py
 * computed in float64 from the same weights, images and noise.
 */
import { readFileSync } from 'node:fs'
import type { DataArray, Engine } from '../../../main/engine/engine'
import { gradientStep, prefixedViews, type StepFunction } from '../../../main/engine/step'
import { createModel } from '../../../main/models/create'
import type { Model, ParameterLayout } from '../../../main/models/model'
import { fromTorch, toTorch, views } from '../../../main/models/parameters'
import { freshState } from '../../../main/optimizers/optimizer'
import { mix, project, weightsSalt } from '../hashed'

export type Condition = 'label' | 'none'

/** Largest relative deviations from PyTorch. */
export interface Deviations {
  /** Of any loss part of any image. */
  readonly losses: number
  /** Of any image's bound on −log p(x). */
  readonly marginal: number
  /** ‖pixels − PyTorch's‖ / ‖PyTorch's‖ of `sample` and `reconstruct`. */
  readonly pixels: Readonly<Record<string, number>>
  /** ‖gradient − PyTorch's‖ / ‖PyTorch's‖, by parameter. */
  readonly gradients: Readonly<Record<string, number>>
}

/** The same after training steps of the engine's learner. */
export interface TrainingDeviations {
  /** Of any loss part, summed over the batch, by step. */
  readonly sums: readonly number[]
  /** Of the first step's gradients, as the first moment shows them, by parameter. */
  readonly gradients: Readonly<Record<string, number>>
  /** Of what all steps together changed, by parameter. */
  readonly updates: Readonly<Record<string, number>>
}

/** A tensor of the fixture: its norm, and its values or its projections onto hashed vectors of ±1. */
interface Summary {
  readonly norm: number
  readonly values?: readonly number[]
  readonly projections?: readonly number[]
}

type Losses = Readonly<Record<'reconstruction' | 'klZ1' | 'klZ2', readonly number[]>>

interface Fixture {
  readonly learningRate: number
  readonly klWeight: number
  readonly images: string
  readonly labels: readonly number[]
  readonly noise: string
  readonly conditions: Readonly<
    Record<
      Condition,
      {
        readonly shapes: Readonly<Record<string, readonly number[]>>
        readonly steps: readonly Losses[]
        readonly marginal: readonly number[]
        readonly pixels: Readonly<Record<'sample' | 'reconstruct', Summary>>
        readonly gradients: Readonly<Record<string, Summary>>
        readonly updates: Readonly<Record<string, Summary>>
      }
    >
  >
  readonly adam: {
    readonly start: readonly number[]
    readonly gradients: readonly (readonly number[])[]
    readonly changes: readonly (readonly number[])[]
  }
}

export const fixture = JSON.parse(
  readFileSync(new URL('../../fixtures/ladder-reference.json', import.meta.url), 'utf8'),
) as Fixture

const images = Uint8Array.from(Buffer.from(fixture.images, 'base64'))
const labels = Uint8Array.from(fixture.labels)
const noise = new Float32Array(Uint8Array.from(Buffer.from(fixture.noise, 'base64')).buffer)
const count = labels.length
/** Rows of padding that a batch ends with: they must count for nothing. */
const padding = 1
const batch = count + padding

/** The batch of the fixture, unpadded: images and labels as tensors take them. */
export const referenceBatch = { images, labels, noise, count }

/** How far losses, marginal, pixels and gradients are from PyTorch's. */
export async function deviations(engine: Engine, condition: Condition): Promise<Deviations> {
  const model = createModel({ condition })
  const expected = fixture.conditions[condition]
  const parameters = referenceParameters(condition)

  const forward = await run(engine, forwardFunction(model), {
    ...views(parameters, model.layout),
    images,
    labels,
    noise,
  })
  const gradients = await run(engine, gradientStep(model, batch), {
    ...prefixedViews('parameters', parameters, model),
    ...paddedBatch(model.noiseSize),
    weights: new Float32Array(batch).fill(1, 0, count),
    partWeights: Float32Array.from(model.partWeights({ klWeight: fixture.klWeight }, {})),
  })
  const flat = new Float32Array(model.layout.size)
  for (const { name, offset } of model.layout.entries) flat.set(gradients[`gradients/${name}`]!, offset)
  const { sample, reconstruct } = expected.pixels
  return {
    losses: Math.max(...Object.entries(expected.steps[0]!).map(([name, values]) => relative(forward[name]!, values))),
    marginal: relative(forward['marginal']!, expected.marginal),
    pixels: {
      sample: distance(forward['sample']!, sample, 0),
      reconstruct: distance(forward['reconstruct']!, reconstruct, 0),
    },
    gradients: compare(flat, model.layout, expected.gradients),
  }
}

/** Everything that a model computes forwards, as one function. */
function forwardFunction(model: Model): StepFunction {
  const { layout, noiseSize } = model
  return {
    inputs: {
      ...Object.fromEntries(layout.entries.map(({ name, shape }) => [name, { shape, dtype: 'float32' as const }])),
      images: { shape: [count, 784], dtype: 'uint8' },
      labels: { shape: [count], dtype: 'uint8' },
      noise: { shape: [count, noiseSize], dtype: 'float32' },
    },
    fn: (all) => {
      const [images, labels, noise] = [all['images']!, all['labels']!, all['noise']!]
      return {
        ...model.losses(all, { images, labels, noise }),
        marginal: model.marginal(all, { images, labels, noise }),
        sample: model.sample(all, labels, noise),
        reconstruct: model.reconstruct(all, images, images),
      }
    },
  }
}

async function run(engine: Engine, { fn, inputs }: StepFunction, arrays: Record<string, DataArray>) {
  const program = await engine.prepare(fn, inputs)
  try {
    return await program.run(arrays)
  } finally {
    await program.release()
  }
}

/** How far the engine's learner is from PyTorch's Adam after the fixture's steps, all on the same batch. */
export async function trainingDeviations(engine: Engine, condition: Condition, lanes = 1): Promise<TrainingDeviations> {
  const model = createModel({ condition })
  const { layout, noiseSize, partWeights } = model
  const expected = fixture.conditions[condition]
  const start = referenceParameters(condition)
  const learner = await engine.learner({ model, batch, lanes })
  try {
    learner.load(freshState(start.slice(), model.optimizer))
    const { learningRate } = fixture
    const sums: number[] = []
    let gradients: Record<string, number> = {}
    for (const [i, parts] of expected.steps.entries()) {
      const input = {
        ...paddedBatch(noiseSize),
        count,
        partWeights: partWeights({ klWeight: fixture.klWeight }, {}),
        learningRate,
        step: i + 1,
      }
      const result = await learner.step(input)
      const deviation = (name: keyof Losses) => relative([result[name]!], [parts[name].reduce((sum, x) => sum + x)])
      sums.push(Math.max(deviation('reconstruction'), deviation('klZ1'), deviation('klZ2')))
      // m after the first step is (1 − β₁) times the gradient
      if (i === 0)
        gradients = compare(
          (await learner.state())['firstMoment']!.map((m) => m * 10),
          layout,
          expected.gradients,
        )
    }
    const change = (await learner.state()).parameters.map((value, i) => value - start[i]!)
    return { sums, gradients, updates: compare(change, layout, expected.updates) }
  } finally {
    await learner.release()
  }
}

/** The weights that the fixture was computed with, as our flat vector. */
export function referenceParameters(condition: Condition): Float32Array {
  const shapes = Object.entries(fixture.conditions[condition].shapes)
  const tensors = shapes.map(([name, shape], number) => {
    const fanIn = shape.slice(shape.length > 1 ? 1 : 0).reduce((product, length) => product * length, 1)
    const bound = /^prior_net\.(mu2|logvar2)$/.test(name) ? 1 : 2 / Math.sqrt(fanIn)
    const size = shape.reduce((product, length) => product * length, 1)
    const tensor = Float32Array.from({ length: size }, (_, i) => bound * (mix(i, number, weightsSalt) / 2 ** 31 - 1))
    return [name, tensor] as const
  })
  return fromTorch(Object.fromEntries(tensors), createModel({ condition }).layout)
}

function paddedBatch(noiseSize: number) {
  const padded = {
    images: new Uint8Array(batch * 784).fill(77),
    labels: new Uint8Array(batch),
    noise: new Float32Array(batch * noiseSize).fill(1),
  }
  padded.images.set(images)
  padded.labels.set(labels)
  padded.noise.set(noise)
  return padded
}

/** The distance of each parameter from the fixture. */
function compare(flat: Float32Array, layout: ParameterLayout, expected: Readonly<Record<string, Summary>>) {
  const tensors = toTorch(flat, layout)
  return Object.fromEntries(
    Object.entries(expected).map(([name, summary], number) => [name, distance(tensors[name]!, summary, number)]),
  )
}

/** ‖a − b‖ / ‖b‖, b from the fixture: exact, or estimated from the projections. */
function distance(tensor: Float32Array, { norm, values, projections }: Summary, number: number): number {
  const actual = values ? tensor : project(tensor, number, 32)
  const squares = (values ?? projections!).reduce((sum, value, i) => sum + (actual[i]! - value) ** 2, 0)
  return Math.sqrt(values ? squares : squares / actual.length) / norm
}

/** The largest |a − b| / |b|; infinite where a number is missing or is none. */
function relative(actual: ArrayLike<number>, expected: readonly number[]): number {
  if (actual.length !== expected.length) return Infinity
  return expected.reduce((worst, value, i) => {
    const deviation = Math.abs(actual[i]! - value) / Math.abs(value)
    return Number.isFinite(deviation) ? Math.max(worst, deviation) : Infinity
  }, 0)
}
