/**
 * What a fused chain is: operations on [rows, columns], number by number, some of whose results are stored or added up.
 * All of them are done to one block of numbers before the next, so what is between them never leaves the nearest cache.
 */

/**
 * The operations by name, with as many inputs as they take, and attributes. Truth is 1 or 0, as a float: a cast of a
 * comparison to floats is nothing.
 */
export const operations = {
  copy: { inputs: 1, attributes: [] },
  neg: { inputs: 1, attributes: [] },
  abs: { inputs: 1, attributes: [] },
  relu: { inputs: 1, attributes: [] },
  not: { inputs: 1, attributes: [] },
  exp: { inputs: 1, attributes: [] },
  log: { inputs: 1, attributes: [] },
  sqrt: { inputs: 1, attributes: [] },
  sigmoid: { inputs: 1, attributes: [] },
  tanh: { inputs: 1, attributes: [] },
  /** x for x ≥ 0, α(eˣ − 1) below. */
  elu: { inputs: 1, attributes: ['alpha'] },
  /** αx + β, at least 0 and at most 1. */
  hardSigmoid: { inputs: 1, attributes: ['alpha', 'beta'] },
  clip: { inputs: 1, attributes: ['min', 'max'] },
  add: { inputs: 2, attributes: [] },
  sub: { inputs: 2, attributes: [] },
  mul: { inputs: 2, attributes: [] },
  div: { inputs: 2, attributes: [] },
  min: { inputs: 2, attributes: [] },
  max: { inputs: 2, attributes: [] },
  greater: { inputs: 2, attributes: [] },
  greaterOrEqual: { inputs: 2, attributes: [] },
  less: { inputs: 2, attributes: [] },
  lessOrEqual: { inputs: 2, attributes: [] },
  equal: { inputs: 2, attributes: [] },
  and: { inputs: 2, attributes: [] },
  /** x where y > 0, and 0 elsewhere: the gradient of relu. */
  gate: { inputs: 2, attributes: [] },
  /** dy, y → dy · min(max(y + 1, 0), 1): the gradient of elu from its result. */
  eluGrad: { inputs: 2, attributes: [] },
  /** x, e^−|x| → 1/(1 + e⁻ˣ). */
  sigmoidBy: { inputs: 2, attributes: [] },
  /** The second where the first is not 0, and the third elsewhere. */
  where: { inputs: 3, attributes: [] },
  /** xy + z, both rounded. */
  mulAdd: { inputs: 3, attributes: [] },
} as const satisfies Record<string, { readonly inputs: 1 | 2 | 3; readonly attributes: readonly string[] }>

export type Operation = keyof typeof operations

/** What lies in memory is read as floats, whatever it is. */
export const numberTypes = ['float32', 'int32', 'uint8'] as const
export type NumberType = (typeof numberTypes)[number]

/** Something that is read: a number for each place, for each column, for each row, or one for all. */
export type Operand =
  | {
      readonly per: 'place' | 'column' | 'row' | 'all'
      /** The byte where it begins. */
      readonly at: number
      /** `float32` if nothing else is said. */
      readonly type?: NumberType
    }
  | { readonly constant: number }

export interface Step {
  readonly op: Operation
  /** Values by number: the operands first, then the results of the steps before this one. */
  readonly of: readonly number[]
  /** In the order that `operations` has them. */
  readonly attributes?: readonly number[]
  /** The byte where the result is stored, a number for each place, if it is needed after the chain. */
  readonly to?: number
}

/** Numbers added up in an order that depends on nothing but rows, columns and the chain. */
export interface Sum {
  /** One number a column (the sum over rows: a bias' gradient), one a row, or one for all. */
  readonly per: 'column' | 'row' | 'all'
  /** The value by its number. */
  readonly of: number
  /** The byte where the sums begin. */
  readonly to: number
  /** Added to what is there, instead of in its place. */
  readonly onto?: boolean
}

/**
 * What is stored may take the place of an operand `per: 'place'`, from the same byte on, and of nothing else that is read.
 * Nothing is read or written behind the last number, whatever rows and columns are.
 */
export interface Chain {
  readonly rows: number
  readonly columns: number
  readonly operands: readonly Operand[]
  readonly steps: readonly Step[]
  readonly sums?: readonly Sum[]
}
