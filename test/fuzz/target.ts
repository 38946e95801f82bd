/** What can be fuzzed: a target makes inputs and tries them; what it throws is a finding. */
import type * as fc from 'fast-check'

export interface Target<Input = unknown> {
  readonly name: string
  /** Comes first, where something is needed that takes long to load. */
  load?(): Promise<void>
  /** Half of them near what the app writes itself: what is refused at the first byte finds nothing. */
  readonly inputs: fc.Arbitrary<Input>
  /** Its share of the runs beside other targets', 1 by default: more where an input costs little. */
  readonly cheap?: number
  /** Milliseconds that an input may take, where it is not a second: it waits for something, or is many at once. */
  readonly mostTime?: number
  /** Makes ready what every input needs. @param folder this target's own, empty: nothing is written outside of it */
  open(folder: string): Promise<Trial<Input>>
}

export interface Trial<Input = unknown> {
  /** Throws for what must not be: no answer, a wrong answer, or an error that a person cannot act on. */
  try(input: Input): void | Promise<void>
  /** Lets go of what `open` made. */
  close?(): void | Promise<void>
}

export function target<Input>(made: Target<Input>): Target {
  return made as Target
}
