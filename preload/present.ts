/** What must be there though its type leaves that open: where it is not, that is a fault of the program, and named. */

/** @throws RangeError */
export function present<T>(thing: T | null | undefined, name: string): T {
  if (thing === null || thing === undefined) throw new RangeError(`there is no ${name}`)
  return thing
}

/** Two lists side by side. @throws RangeError if one of them is longer */
export function pairs<A, B>(left: readonly A[], right: readonly B[]): [A, B][] {
  if (left.length !== right.length) throw new RangeError(`there are ${right.length} beside ${left.length}`)
  return left.map((thing, i) => [thing, right[i] as B])
}
