/** What an optimizer is: how a gradient changes parameters, and what is kept from step to step for that. */
import type { Tensor } from '@tensorflow/tfjs-core'
import { entryOf } from './named'

/** Tensors by name. */
export type Tensors = Record<string, Tensor>

/** A vector that is kept beside the parameters: as many numbers as they are, all 0 before the first step but for averages. */
export interface KeptVector {
  readonly name: string
  /** It grows with the gradient (1), or with its square (2). */
  readonly power: 1 | 2
  /** None of its numbers is ever below 0. */
  readonly positive: boolean
}

export interface Optimizer {
  /** What saved states call it. */
  readonly name: string
  /** What a person calls it. */
  readonly title: string
  readonly kept: readonly KeptVector[]
  /**
   * The vector of those that holds averages of the parameters, where one does: what is shown, measured and saved as a
   * checkpoint in their place. It begins as they do.
   */
  readonly averages?: string
  /** The names of the numbers of an update that change from step to step. */
  readonly scalars: readonly string[]
  /** These numbers for the step-th update, from 1, in that order. @param images that its gradient is the sum over */
  scale(learningRate: number, step: number, images: number): readonly number[]
  /**
   * One update, as a pure function. All have the same names and shapes within.
   *
   * @param state the parameters and what is kept, by the vector's name
   * @returns the state after it
   */
  update(state: Readonly<Record<string, Tensors>>, gradients: Tensors, scalars: Tensors): Record<string, Tensors>
}

/** Something for each vector of a state: for the parameters, and for what is kept beside them. */
type Vectors<Kept extends string, T> = Readonly<Record<'parameters' | Kept, T>>

/**
 * An update that treats each parameter tensor by itself.
 *
 * @param change a parameter and what is kept beside it, by the vector's name, and its gradient → the same after the step
 */
export function eachParameter<Kept extends string>(
  state: Vectors<Kept, Tensors>,
  gradients: Tensors,
  change: (tensors: Vectors<Kept, Tensor>, gradient: Tensor) => Vectors<Kept, Tensor>,
): Record<'parameters' | Kept, Tensors> {
  type Name = 'parameters' | Kept
  const vectors = Object.keys(state) as Name[]
  const forEach = <T>(value: (vector: Name) => T) =>
    Object.fromEntries(vectors.map((vector) => [vector, value(vector)])) as Record<Name, T>
  const next = forEach((): Tensors => ({}))
  for (const name of Object.keys(state.parameters)) {
    const after = change(
      forEach((vector) => entryOf(state[vector], name)),
      entryOf(gradients, name),
    )
    for (const vector of vectors) Object.assign(next[vector], { [name]: after[vector] })
  }
  return next
}

/** The parameters and what is kept beside them, by name: each one flat vector in the order of the model's layout. */
export interface LearnerState extends Readonly<Record<string, Float32Array>> {
  readonly parameters: Float32Array
}

/** The names of a state's vectors, the parameters first. */
export function vectorNames({ kept }: Pick<Optimizer, 'kept'>): readonly string[] {
  return ['parameters', ...kept.map(({ name }) => name)]
}

/** These parameters before their first step. */
export function freshState(
  parameters: Float32Array,
  { kept, averages }: Pick<Optimizer, 'kept' | 'averages'>,
): LearnerState {
  const first = (name: string) => (name === averages ? parameters.slice() : new Float32Array(parameters.length))
  return { parameters, ...Object.fromEntries(kept.map(({ name }) => [name, first(name)] as const)) }
}

/** The parameters that are shown, measured and saved as a checkpoint. */
export function shownOf(state: LearnerState, { averages = 'parameters' }: Pick<Optimizer, 'averages'>): Float32Array {
  return entryOf(state, averages)
}

export function copyOf(state: LearnerState): LearnerState {
  return mapVectors(state, (vector) => vector.slice())
}

/** Takes a state's numbers over into vectors that stay where they are. */
export function copyInto(into: LearnerState, state: LearnerState): void {
  for (const [name, vector] of Object.entries(into)) vector.set(entryOf(state, name))
}

function mapVectors(state: LearnerState, change: (vector: Float32Array) => Float32Array): LearnerState {
  return Object.fromEntries(Object.entries(state).map(([name, vector]) => [name, change(vector)])) as LearnerState & {
    parameters: Float32Array
  }
}
