/** Things by name. A lookup of one that is not there is a fault of the program, and names it. */

/** @throws RangeError */
export function entryOf<T>(things: Readonly<Record<string, T>>, name: string): T {
  const thing = things[name]
  if (thing === undefined)
    throw new RangeError(`there is no ${name}, but ${Object.keys(things).join(', ') || 'nothing'}`)
  return thing
}

/** Values under names, in the order of both. @throws RangeError if there are more of one than of the other */
export function named<T>(names: readonly string[], values: readonly T[]): Record<string, T> {
  if (names.length !== values.length) throw new RangeError(`${values.length} values for ${names.length} names`)
  return Object.fromEntries(values.map((value, i) => [names[i] as string, value]))
}

/** Something else of each, under the same name. */
export function mapped<T, R>(things: Readonly<Record<string, T>>, change: (thing: T) => R): Record<string, R> {
  return Object.fromEntries(Object.entries(things).map(([name, thing]) => [name, change(thing)]))
}
